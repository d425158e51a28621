import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from ledger.snapshots import write_snapshots
from ledger.sql import append_only


def to(name):
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=f"ledger.{name}"
    )


def fill(apps, schema_editor):
    """Books that were kept before this table existed get what their sequencer would have written."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_logleaf")
        write_snapshots(cursor, 0, cursor.fetchone()[0], which=("days",))


class Migration(migrations.Migration):
    """Sums of days, of which statements at any date are made."""

    dependencies = [("ledger", "0008_laws_for_whole_statements")]

    operations = [
        migrations.CreateModel(
            name="DaySum",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "fund_id",
                        "day",
                        "debit_account_id",
                        "credit_account_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("position", models.BigIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("credit_account", to("account")),
                ("debit_account", to("account")),
                ("fund", to("fund")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(("position__gt", 0), ("amount_minor__gte", 1)), name="ledger_daysum_counted"
                    )
                ],
            },
        ),
        *append_only("ledger_daysum", [("fund_id", "day", "debit_account_id", "credit_account_id", "position")]),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
