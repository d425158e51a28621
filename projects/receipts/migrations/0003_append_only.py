from django.db import migrations

from ledger.sql import append_only


class Migration(migrations.Migration):
    """A receipt, its void and a waiver are never changed or removed."""

    dependencies = [("receipts", "0002_laws"), ("ledger", "0002_laws")]

    operations = [
        *append_only(
            "receipts_receipt",
            [("id",), ("ref",), ("check_code",), ("issuer_id", "year", "serial"), ("gift_ref", "edition")],
        ),
        *append_only("receipts_receiptvoid", [("id",), ("receipt_id",)]),
        *append_only("receipts_receiptwaiver", [("id",), ("gift_ref",)]),
    ]
