from django.db import migrations

from ledger.sql import LAWS, PROTECTED, Law, append_only


class Migration(migrations.Migration):
    """The laws in the database. What they say stands in ``ledger/sql/``."""

    dependencies = [("ledger", "0001_books")]

    operations = [
        *[step for table, keys in PROTECTED.items() for step in append_only(table, keys)],
        *[Law(law) for law in LAWS[1:]],
    ]
