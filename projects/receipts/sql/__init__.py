"""The laws of receipts in the database: one file per law and engine.

A file holds the statements that make the law, then after `-- reverse` those that lift it.

| law | says |
| --- | --- |
| `receipt_law` | an issuer's serials of a year are 1, 2, 3 … without a gap; one receipt of a gift counts |
| `donor_kept` | the donor on a receipt is never changed or removed, but may be blanked once |
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


def law(name: str) -> migrations.RunPython:
    """The migration step that makes this law on whichever engine runs, and lifts it on the way back."""
    return migrations.RunPython(lambda apps, editor: _run(editor, name, 0), lambda apps, editor: _run(editor, name, 1))


def _run(editor, name: str, part: int) -> None:
    vendor = editor.connection.vendor
    text = (HERE / f"{name}.{vendor}.sql").read_text(encoding="utf-8").split("-- reverse\n")[part]
    for statement in _statements(text) if vendor == "sqlite" else [text]:
        # No parameters: a percent sign in the SQL is a percent sign.
        editor.execute(statement, params=None)


def _statements(text: str) -> Iterator[str]:
    """SQLite takes one statement at a time, and a trigger holds semicolons of its own."""
    pending = ""
    for line in text.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
