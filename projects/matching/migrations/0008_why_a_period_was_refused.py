from django.db import migrations, models

from ledger.sql.tables import TriggersAside


class Migration(migrations.Migration):
    dependencies = [("matching", "0007_formulas")]

    operations = [
        TriggersAside(
            [
                migrations.AddField(
                    model_name="formulaperiod",
                    name="answer",
                    field=models.CharField(blank=True, default="", max_length=500),
                )
            ]
        )
    ]
