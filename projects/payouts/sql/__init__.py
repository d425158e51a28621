"""The laws of payouts in the database: one file per law and engine. See README.md for each in one line.

A file holds the statements that make the law, parted by `-- next`, then after `-- reverse` those that lift it.
"""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


def law(name: str) -> migrations.RunPython:
    """The migration step that makes this law on whichever engine runs, and lifts it on the way back."""

    def forwards(apps, schema_editor):
        _run(schema_editor, name, 0)

    def backwards(apps, schema_editor):
        _run(schema_editor, name, 1)

    return migrations.RunPython(forwards, backwards)


def _run(schema_editor, name: str, part: int) -> None:
    text = (HERE / f"{name}.{schema_editor.connection.vendor}.sql").read_text(encoding="utf-8")
    for statement in text.split("-- reverse\n")[part].split("-- next\n"):
        # No parameters: a percent sign in the SQL is a percent sign.
        schema_editor.execute(statement, params=None)
