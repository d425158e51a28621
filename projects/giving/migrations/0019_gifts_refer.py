from django.db import migrations

from ledger.sql import DropForeignKeys, laws


class Migration(migrations.Migration):
    """On PostgreSQL whom a statement's gifts belong to is looked up together, not for each by three foreign keys."""

    dependencies = [
        ("giving", "0018_no_indexes_for_like"),
        ("catalog", "0002_laws"),
        ("organisations", "0002_laws"),
    ]

    operations = [
        DropForeignKeys("gift", ["donor", "organisation", "project"]),
        *laws("projects.giving", "gifts_refer"),
    ]
