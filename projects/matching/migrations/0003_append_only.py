from django.db import migrations

from ledger.sql import append_only


class Migration(migrations.Migration):
    """What was answered is never changed or removed."""

    dependencies = [("matching", "0002_laws"), ("ledger", "0002_laws")]

    operations = [
        *append_only("matching_match", [("id",), ("ref",), ("pool_id", "gift_ref"), ("pool_id", "place")]),
        *append_only("matching_matchrelease", [("id",), ("ref",), ("match_id", "refund_ref"), ("pool_id", "place")]),
        *append_only("matching_matchpayment", [("id",), ("ref",), ("pool_id", "bank_ref"), ("entry_id",)]),
    ]
