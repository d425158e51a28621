from django.db import migrations

from ledger.core.merkle import Frontier
from ledger.snapshots import write_snapshots, write_tiles

PAGE = 25_600


def fill(apps, schema_editor):
    """Books that were kept before these tables existed get what their sequencer would have written."""
    frontier = Frontier()
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT leaf_hash FROM ledger_logleaf WHERE position >= %s AND position < %s ORDER BY position",
                [frontier.size, frontier.size + PAGE],
            )
            hashes = [bytes(hashed) for (hashed,) in cursor.fetchall()]
            if not hashes:
                break
            write_tiles(cursor, frontier.extend(hashes))
        write_snapshots(cursor, 0, frontier.size, which=("accounts", "lines"))


class Migration(migrations.Migration):
    """Tiles and snapshots of what is in the log already."""

    dependencies = [("ledger", "0004_tiles_and_snapshots")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
