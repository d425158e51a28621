from django.db import migrations

# References and tokens are random: nobody looks for one by its beginning.
RANDOM = (("giving_gift", "ref"), ("giving_gift", "trace_token"), ("giving_donor", "ref"))
PATTERN_INDEXES = """
SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_opclass o ON o.oid = i.indclass[0]
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = %s::regclass AND a.attname = %s AND o.opcname IN ('varchar_pattern_ops', 'text_pattern_ops')
"""


def drop(apps, schema_editor):
    """PostgreSQL: Django makes a second index of every unique text, for LIKE."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column in RANDOM:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(PATTERN_INDEXES, [table, column])
            names = [name for (name,) in cursor.fetchall()]
        for name in names:
            schema_editor.execute(f'DROP INDEX "{name}"', params=None)


class Migration(migrations.Migration):
    """Three indexes that nobody reads: each gift of a settlement file wrote a page of each."""

    dependencies = [("giving", "0017_fee_covered")]

    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
