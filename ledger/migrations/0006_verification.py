from django.db import migrations, models

from ledger.sql import append_only


class Migration(migrations.Migration):
    """Reports of verification are kept: append-only, each bound to the one before."""

    dependencies = [("ledger", "0005_fill_tiles_and_snapshots")]

    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("verified_at", models.DateTimeField()),
                ("verified_by", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("green", models.BooleanField()),
                ("outcomes", models.TextField()),
                ("digest", models.BinaryField()),
            ],
        ),
        *append_only("ledger_verification", [("number",)]),
    ]
