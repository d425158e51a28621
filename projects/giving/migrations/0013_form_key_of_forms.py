from django.db import migrations, models

from ledger.sql.tables import TriggersAside


class Migration(migrations.Migration):
    """Only what came by a form names one: an index of a million platform gifts that name none is not kept."""

    dependencies = [
        ("giving", "0012_card_guard"),
    ]

    operations = [
        TriggersAside(
            [
                migrations.AlterField(
                    model_name="gift",
                    name="form_key",
                    field=models.CharField(blank=True, max_length=64, null=True),
                ),
                migrations.AddConstraint(
                    model_name="gift",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("form_key__isnull", False)), fields=("form_key",), name="gift_one_form_key"
                    ),
                ),
            ]
        ),
    ]
