from django.db import migrations

from projects.catalog.sql import law


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [law("project_moves"), law("project_keeps"), law("budget_frozen")]
