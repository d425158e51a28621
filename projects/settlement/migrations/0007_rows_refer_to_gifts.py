from django.db import migrations

from ledger.sql import DropForeignKeys, Law, Lift

OWN = "projects.settlement"


class Migration(migrations.Migration):
    """On PostgreSQL the gifts of a statement's rows are looked up together too."""

    dependencies = [("settlement", "0006_gifts_brought"), ("giving", "0019_gifts_refer")]

    operations = [
        DropForeignKeys("settlementrow", ["gift"]),
        Lift("rows_refer", of=OWN, edition=1),
        Law("rows_refer", of=OWN),
    ]
