from django.db import migrations, models

CHANNEL = "channel = 'platform'"


class Migration(migrations.Migration):
    """A platform's number leaves the index of payments: its row in the list holds that it comes once."""

    dependencies = [("giving", "0019_gifts_refer")]

    operations = [
        migrations.AddField(
            model_name="gift",
            name="platform_ref",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        migrations.RunSQL(
            f"UPDATE giving_gift SET platform_ref = provider_ref, provider_ref = NULL WHERE {CHANNEL}",
            f"UPDATE giving_gift SET provider_ref = platform_ref WHERE {CHANNEL}",
        ),
    ]
