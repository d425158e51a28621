import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from ledger.sql import append_only


def pk(*columns):
    return models.CompositePrimaryKey(*columns, blank=True, editable=False, primary_key=True, serialize=False)


def to(model):
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=f"ledger.{model}"
    )


class Migration(migrations.Migration):
    """Full tiles of the log, and sums at every so many positions: tables that only grow."""

    dependencies = [("ledger", "0003_lots_and_uses")]

    operations = [
        migrations.CreateModel(
            name="LogTile",
            fields=[
                ("pk", pk("level", "number")),
                ("level", models.PositiveSmallIntegerField()),
                ("number", models.BigIntegerField()),
                ("root", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(("level__lt", 8), ("number__gte", 0)), name="ledger_tile_counted"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountSnapshot",
            fields=[
                ("pk", pk("fund_id", "account_id", "position")),
                ("position", models.BigIntegerField()),
                ("debit_minor", models.BigIntegerField()),
                ("credit_minor", models.BigIntegerField()),
                ("account", to("account")),
                ("fund", to("fund")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(("position__gt", 0), ("debit_minor__gte", 0), ("credit_minor__gte", 0)),
                        name="ledger_accountsnapshot_counted",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LineSnapshot",
            fields=[
                ("pk", pk("fund_id", "measure", "position")),
                ("measure", models.CharField(max_length=12)),
                ("position", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("entries", models.BigIntegerField()),
                ("fund", to("fund")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(("position__gt", 0), ("amount_minor__gte", 1), ("entries__gte", 1)),
                        name="ledger_linesnapshot_counted",
                    )
                ],
            },
        ),
        *append_only("ledger_logtile", [("level", "number")]),
        *append_only("ledger_accountsnapshot", [("fund_id", "account_id", "position")]),
        *append_only("ledger_linesnapshot", [("fund_id", "measure", "position")]),
    ]
