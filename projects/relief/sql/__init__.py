"""The laws of this app, one file per law and engine: the law above the line `-- reverse`, its undoing below."""

from pathlib import Path

from django.db import migrations

_HERE = Path(__file__).parent
_CUT = "-- reverse"


def law(name: str) -> migrations.RunPython:
    """The migration operation that puts this law into force on the engine at hand."""

    def run(editor, part: int) -> None:
        text = (_HERE / f"{name}.{editor.connection.vendor}.sql").read_text(encoding="utf-8")
        statement = text.split(_CUT)[part]
        if editor.connection.vendor == "sqlite":
            with editor.connection.cursor() as cursor:
                for piece in statement.split("\n\n"):
                    if piece.strip():
                        cursor.execute(piece)
        else:
            editor.execute(statement, params=None)

    return migrations.RunPython(lambda apps, editor: run(editor, 0), lambda apps, editor: run(editor, 1))
