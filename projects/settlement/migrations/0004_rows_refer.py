from django.db import migrations

from ledger.sql import DropForeignKeys, Law


class Migration(migrations.Migration):
    """On PostgreSQL a statement's rows are looked up together, not each by a foreign key of its own."""

    dependencies = [("settlement", "0003_lean_rows"), ("catalog", "0002_laws")]

    operations = [
        DropForeignKeys("rawrow", ["file"]),
        DropForeignKeys("settlementrow", ["file", "project"]),
        Law("rows_refer", of="projects.settlement", edition=1),
    ]
