from django.db import migrations

from projects.matching.sql import law


class Migration(migrations.Migration):
    """The laws in the database. What they say stands in ``sql/``."""

    dependencies = [("matching", "0001_pools")]

    operations = [law("pool_frozen"), law("rule_frozen"), law("match_law"), law("release_law")]
