"""The laws of payouts, on the engine that runs."""

from django.db import migrations

from ledger.sql import append_only, laws


class Migration(migrations.Migration):
    dependencies = [
        ("payouts", "0001_initial"),
        ("relief", "0001_initial"),
        ("catalog", "0001_initial"),
    ]

    operations = [
        *laws(
            "projects.payouts",
            "payout_never_changes",
            "payout_moves",
            "payout_within_award",
            "payout_in_batch",
            "batch_frozen",
        ),
        *append_only("payouts_payoutfile", (("id",), ("ref",), ("batch_id", "number"))),
        *append_only("payouts_resultfile", (("id",), ("ref",), ("organisation_id", "sha256"))),
        *append_only("payouts_resultline", (("id",), ("file_id", "number"))),
        *append_only("payouts_acknowledgement", (("id",), ("ref",))),
    ]
