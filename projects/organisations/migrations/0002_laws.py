from django.db import migrations

from projects.organisations.sql import law


class Migration(migrations.Migration):
    dependencies = [("organisations", "0001_initial")]

    operations = [law("organisation_moves"), law("jurisdiction_tree")]
