import pytest
from django.utils import timezone


@pytest.fixture
def now():
    """The clock on the wall: whoever checks a signature looks at it too."""
    return timezone.now()
