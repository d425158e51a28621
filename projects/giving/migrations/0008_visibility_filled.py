"""Old choices kept as strictly as they were: who did not want to be shown was shown to no one but finance."""

from django.db import migrations


def fill(apps, schema_editor):
    for name in ("Gift", "Pledge"):
        apps.get_model("giving", name).objects.filter(is_public=True).update(visibility="PUBLIC")


def empty(apps, schema_editor):
    for name in ("Gift", "Pledge"):
        rows = apps.get_model("giving", name).objects
        rows.filter(visibility="PUBLIC").update(is_public=True)
        rows.exclude(visibility="PUBLIC").update(is_public=False)


class Migration(migrations.Migration):
    dependencies = [("giving", "0007_visibility")]

    operations = [migrations.RunPython(fill, empty)]
