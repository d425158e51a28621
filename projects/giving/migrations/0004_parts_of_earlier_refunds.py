"""Refunds that were posted before their parts were written down: each has one, out of its gift's own entry."""

from django.db import migrations


def write_parts(apps, schema_editor):
    Refund = apps.get_model("giving", "Refund")
    TakenBack = apps.get_model("giving", "TakenBack")
    posted = Refund.objects.filter(state="POSTED", parts__isnull=True).select_related("gift")
    for refund in posted.iterator():
        TakenBack.objects.create(
            gift=refund.gift,
            refund=refund,
            amount_minor=refund.amount_minor,
            origin_entry_id=refund.gift.entry_id,
            entry_id=refund.entry_id,
        )


class Migration(migrations.Migration):
    dependencies = [("giving", "0003_disputes")]

    operations = [migrations.RunPython(write_parts, migrations.RunPython.noop)]
