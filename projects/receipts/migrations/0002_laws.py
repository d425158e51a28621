from django.db import migrations

from ledger.sql import laws


class Migration(migrations.Migration):
    """The laws in the database. What they say stands in ``sql/``."""

    dependencies = [("receipts", "0001_receipts")]

    operations = laws("projects.receipts", "receipt_law", "donor_kept")
