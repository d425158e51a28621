from django.db import migrations

from ledger.sql import laws


class Migration(migrations.Migration):
    """The laws in the database. What they say stands in ``sql/``."""

    dependencies = [("matching", "0001_pools")]

    operations = laws("projects.matching", "pool_frozen", "rule_frozen", "match_law", "release_law")
