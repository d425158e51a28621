from django.db import migrations

from ledger.sql import laws


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = laws("projects.catalog", "project_moves", "project_keeps", "budget_frozen")
