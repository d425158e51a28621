"""The tests of ``test_posting`` once more, with the journal in partitions."""

import pytest
from django.db import connection

from tests.ledger.partitioned import divided, divided_still  # noqa: F401
from tests.ledger.test_posting import *  # noqa: F403

if connection.vendor != "postgresql":
    pytest.skip("SQLite has no partitions", allow_module_level=True)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("divided_still")]
