from django.db import migrations, models

from ledger.sql import Law, Lift, taken_condition

TABLE = "checkout_stripeevent"


class Migration(migrations.Migration):
    """Messages were append-only; now their personal part may be blanked, once, and nothing else may change."""

    dependencies = [("checkout", "0004_pledges_and_held_money")]

    operations = [
        Lift("l03_append_only", table=TABLE, taken=taken_condition(TABLE, (("id",), ("event_id",)))),
        migrations.AddField("stripeevent", "erased_at", models.DateTimeField(blank=True, null=True)),
        Law("event_kept", of="projects.checkout"),
    ]
