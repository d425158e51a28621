"""The laws of this app in the database: one file per law and engine.

A file holds the statements that make the law, parted by `-- next`; after `-- reverse` those that lift it.
"""

from pathlib import Path
from typing import Any

from django.db import migrations

HERE = Path(__file__).parent


def law(name: str) -> migrations.RunPython:
    """The migration step that makes this law on whichever engine runs, and lifts it on the way back."""

    def run(schema_editor: Any, part: int) -> None:
        text = (HERE / f"{name}.{schema_editor.connection.vendor}.sql").read_text(encoding="utf-8")
        for statement in text.split("-- reverse\n")[part].split("-- next\n"):
            # No parameters: a percent sign in the SQL is a percent sign.
            schema_editor.execute(statement, params=None)

    return migrations.RunPython(lambda _apps, editor: run(editor, 0), lambda _apps, editor: run(editor, 1))
