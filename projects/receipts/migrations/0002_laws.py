from django.db import migrations

from projects.receipts.sql import law


class Migration(migrations.Migration):
    """The laws in the database. What they say stands in ``sql/``."""

    dependencies = [("receipts", "0001_receipts")]

    operations = [law("receipt_law"), law("donor_kept")]
