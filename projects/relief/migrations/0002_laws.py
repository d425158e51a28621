from django.db import migrations

from projects.relief.sql import law


class Migration(migrations.Migration):
    dependencies = [("relief", "0001_initial"), ("access", "0001_initial"), ("catalog", "0001_initial")]

    operations = [law("award_cap"), law("award_life"), law("maker_checker")]
