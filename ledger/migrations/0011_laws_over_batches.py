import django.db.models.deletion
from django.db import migrations, models

from ledger.sql import DropForeignKeys, Law, Lift


def reference(model, name, to, kind=models.ForeignKey, **more):
    """A reference that a law looks up by itself: its foreign key is not kept a second time."""
    field = kind(
        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=f"ledger.{to}", **more
    )
    return migrations.AlterField(model_name=model, name=name, field=field)


class Migration(migrations.Migration):
    """PostgreSQL: what the sequencer writes is looked at by the statement, so that a backlog goes as fast as a copy.

    SQLite has triggers for rows only; its tables stay as they are (a foreign key more than the model asks for).
    """

    dependencies = [("ledger", "0010_indexes_that_are_read")]

    operations = [
        Lift("l08_lots", edition=1),
        Lift("l09_log", edition=1),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                DropForeignKeys("lot", ["fund", "entry"]),
                DropForeignKeys("logleaf", ["entry", "notice"]),
            ],
            state_operations=[
                reference("lot", "fund", "fund", db_index=False),
                reference("lot", "entry", "journalentry"),
                reference("logleaf", "entry", "journalentry", models.OneToOneField, null=True),
                reference("logleaf", "notice", "notice", models.OneToOneField, null=True),
            ],
        ),
        Law("l08_lots", edition=2),
        Law("l09_log", edition=2),
        Law("l09_tiles"),
    ]
