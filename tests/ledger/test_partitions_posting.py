"""The tests of ``test_posting`` once more, with the journal in partitions."""

import pytest

from tests.ledger.partitioned import divided, divided_still  # noqa: F401
from tests.ledger.test_posting import *  # noqa: F403

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("divided_still")]
