from django.db import migrations

from ledger.sql import append_only

ROW = (("id",), ("ref",))
LINK = (("id",), ("stream", "position"), ("stream", "row_ref"), ("stream", "prev_hash"))


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        *append_only("audit_auditevent", keys=ROW),
        *append_only("audit_readlog", keys=ROW),
        *append_only("audit_chainlink", keys=LINK),
    ]
