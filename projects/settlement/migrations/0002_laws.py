"""The laws of settlement, on the engine that runs."""

from django.db import migrations

from ledger.sql import Law, append_only, laws


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial")]

    operations = [
        *laws("projects.settlement", "raw_row_kept", "row_decided"),
        Law("line_decided", of="projects.settlement", edition=1),
        *laws("projects.settlement", "item_solved_once", "file_frozen"),
        *append_only("settlement_ownmapping", (("id",), ("organisation_id", "code"))),
    ]
