from django.db import migrations

from ledger.sql import append_only


class Migration(migrations.Migration):
    dependencies = [("checkout", "0001_initial")]

    operations = append_only("checkout_stripeevent", keys=(("id",), ("event_id",)))
