from django.db import migrations

from ledger.sql import Law, Lift


class Migration(migrations.Migration):
    """SQLite: the same laws of the seal and of lots, asked with less work for each row."""

    dependencies = [("ledger", "0012_narrow_rows")]

    operations = [
        Lift("l05_l07_l08_l11_seal", edition=2, engine="sqlite"),
        Lift("l08_lots", edition=3, engine="sqlite"),
        Law("l05_l07_l08_l11_seal", engine="sqlite"),
        Law("l08_lots", engine="sqlite"),
    ]
