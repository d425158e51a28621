from django.db import migrations

from ledger.sql import laws


class Migration(migrations.Migration):
    dependencies = [("organisations", "0001_initial")]

    operations = laws("projects.organisations", "organisation_moves", "jurisdiction_tree")
