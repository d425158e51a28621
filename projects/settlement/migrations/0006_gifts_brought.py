from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Count, Sum

from ledger.sql import append_only


def count_what_was_brought(apps: Any, schema_editor: Any) -> None:
    """Files that ended before there was this table."""
    rows, brought = apps.get_model("settlement", "SettlementRow"), apps.get_model("settlement", "GiftsBrought")
    ended = rows.objects.filter(state="GIFT", project__isnull=False, file__state__in=["COMPLETE", "DIFFERS"])
    found = (
        ended.order_by().values("file_id", "project_id").annotate(gifts=Count("pk"), gifts_minor=Sum("amount_minor"))
    )
    brought.objects.bulk_create([brought(**one) for one in found], batch_size=500)


class Migration(migrations.Migration):
    """From a project to the files that brought gifts to it."""

    dependencies = [
        ("catalog", "0002_laws"),
        ("settlement", "0005_adjustments"),
    ]

    operations = [
        migrations.CreateModel(
            name="GiftsBrought",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gifts", models.PositiveIntegerField()),
                ("gifts_minor", models.BigIntegerField()),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="brought",
                        to="settlement.settlementfile",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.project"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("file", "project"), name="gifts_brought_once")],
            },
        ),
        migrations.RunPython(count_what_was_brought, migrations.RunPython.noop),
        *append_only("settlement_giftsbrought", (("id",), ("file_id", "project_id"))),
    ]
