"""The laws of payouts, on the engine that runs."""

from django.db import migrations

from ledger.sql import append_only
from projects.payouts.sql import law


class Migration(migrations.Migration):
    dependencies = [
        ("payouts", "0001_initial"),
        ("relief", "0001_initial"),
        ("catalog", "0001_initial"),
    ]

    operations = [
        law("payout_never_changes"),
        law("payout_moves"),
        law("payout_within_award"),
        law("payout_in_batch"),
        law("batch_frozen"),
        *append_only("payouts_payoutfile", (("id",), ("ref",), ("batch_id", "number"))),
        *append_only("payouts_resultfile", (("id",), ("ref",), ("organisation_id", "sha256"))),
        *append_only("payouts_resultline", (("id",), ("file_id", "number"))),
        *append_only("payouts_acknowledgement", (("id",), ("ref",))),
    ]
