"""Who may see the name becomes a choice of four: the column first."""

from django.db import migrations, models

CHOICES = [
    ("PUBLIC", "Show my name"),
    ("INITIALS", "Show my initials only"),
    ("HIDDEN", "Do not show my name to the public"),
    ("FINANCE", "Only those who keep the accounts may know"),
]


def choice():
    return models.CharField(choices=CHOICES, default="FINANCE", max_length=8, verbose_name="who may see the name")


class Migration(migrations.Migration):
    dependencies = [("giving", "0006_lean_indexes")]

    operations = [
        migrations.AddField(model_name="gift", name="visibility", field=choice()),
        migrations.AddField(model_name="pledge", name="visibility", field=choice()),
    ]
