from django.db import migrations, models

from ledger.sql import Law, append_only


class Migration(migrations.Migration):
    """What the log has signed and who has seen it."""

    dependencies = [("ledger", "0006_verification")]

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "origin", "size", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("origin", models.CharField(max_length=200)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                ("signed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "origin", "size", "witness", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("origin", models.CharField(max_length=200)),
                ("size", models.BigIntegerField()),
                ("witness", models.CharField(max_length=300)),
                ("line", models.CharField(max_length=500)),
            ],
        ),
        *append_only("ledger_checkpoint", [("origin", "size")]),
        *append_only("ledger_cosignature", [("origin", "size", "witness")]),
        Law("l09_checkpoints"),
    ]
