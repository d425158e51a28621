from django.db import migrations

from ledger.sql import append_only, laws


class Migration(migrations.Migration):
    dependencies = [("relief", "0001_initial"), ("access", "0001_initial"), ("catalog", "0001_initial")]

    operations = [
        *laws("projects.relief", "award_cap", "award_life", "maker_checker"),
        *append_only("relief_approval", (("id",), ("ref",), ("award_id", "version", "approver_id"))),
        *append_only("relief_approvalpolicy", (("id",),)),
        *append_only("relief_approvalstage", (("id",), ("policy_id", "number"))),
    ]
