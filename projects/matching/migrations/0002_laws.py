from django.db import migrations

from ledger.sql import Law, laws


class Migration(migrations.Migration):
    """The laws in the database. What they say stands in ``sql/``."""

    dependencies = [("matching", "0001_pools")]

    operations = [
        *laws("projects.matching", "pool_frozen"),
        Law("rule_frozen", of="projects.matching", edition=1),
        Law("match_law", of="projects.matching", edition=1),
        *laws("projects.matching", "release_law"),
    ]
