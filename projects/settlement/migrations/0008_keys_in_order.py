import hashlib

from django.db import migrations

from ledger.sql import Law, Lift

OWN = "projects.settlement"
TOGETHER = 1_000


def scattered(file, kind, row_id, number):
    """The names of money as they were until now: a digest of all of it."""
    whose = f"{file.organisation.ref}\n{file.provider}\n{kind}\n"
    name = f"id\n{row_id}" if row_id else f"place\n{file.sha256}\n{number}"
    return hashlib.sha256(f"{whose}{name}".encode()).hexdigest()


def in_order(file, kind, row_id, number):
    """Whose it is, then the provider's number itself: the numbers of a list lie together in the index."""
    whose = hashlib.sha256(f"{file.organisation.ref}\n{file.provider}\n{kind}".encode()).hexdigest()[:16]
    if not row_id:
        return f"{whose}@{file.sha256[:34]}:{number}"
    if len(row_id) <= 47:
        return f"{whose}={row_id}"
    return f"{whose}#{hashlib.sha256(row_id.encode()).hexdigest()[:47]}"


def renamed(model, number_of, kinds_of, old, new):
    rows = model.objects.select_related("file__organisation").order_by("pk")
    last = 0
    while some := list(rows.filter(pk__gt=last)[:TOGETHER]):
        last = some[-1].pk
        for row in some:
            for kind in kinds_of(row):
                for number in (number_of(row), ""):
                    if row.dedupe_key == old(row.file, kind, number, row.number):
                        row.dedupe_key = new(row.file, kind, number, row.number)
        model.objects.bulk_update(some, ["dedupe_key"])


def _rename(apps, old, new):
    rows, lines = (apps.get_model("settlement", name) for name in ("SettlementRow", "StatementLine"))
    renamed(rows, lambda row: row.row_id, lambda row: (row.kind, "reused"), old, new)
    renamed(lines, lambda line: line.line_id, lambda line: ("LINE",), old, new)


def forwards(apps, _schema_editor):
    _rename(apps, scattered, in_order)


def backwards(apps, _schema_editor):
    _rename(apps, in_order, scattered)


class Migration(migrations.Migration):
    """The name of a row's money keeps the order of the list that it came in: an index of digests was half of what a
    million gifts cost the database. The laws stand aside, because they let no row change.
    """

    dependencies = [("settlement", "0007_rows_refer_to_gifts")]

    operations = [
        Lift("row_decided", of=OWN),
        Lift("line_decided", of=OWN),
        migrations.RunPython(forwards, backwards),
        Law("line_decided", of=OWN),
        Law("row_decided", of=OWN),
    ]
