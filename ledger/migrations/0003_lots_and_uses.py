from django.db import migrations

from ledger.sql import Law, Lift


class Migration(migrations.Migration):
    """Lots are the sequencer's, uses the one door's: two laws that can be replaced each for itself."""

    dependencies = [("ledger", "0002_laws")]

    operations = [
        Lift("l08_lines", edition=1),
        Law("l08_lots", edition=1),
        Law("l08_uses", edition=1),
    ]
