"""What `manage.py verify` asks of settlement: no raw row was touched, and a complete file's rows are all of it."""

from collections.abc import Iterator

from django.db.models import Count

from ledger.verify import Check, Finding
from projects.settlement.completing import statement
from projects.settlement.models import RawRow, SettlementFile
from projects.settlement.raw import hashed_person, row_digest
from projects.settlement.words import FileState


def raw_rows_are_as_they_came() -> Iterator[Finding]:
    rows = RawRow.objects.order_by().values_list(
        "pk", "file__sha256", "number", "cells", "person", "salt", "person_hash", "digest"
    )
    for pk, sha256, number, cells, person, salt, person_hash, digest in rows.iterator(chunk_size=2_000):
        if row_digest(sha256, number, cells, person_hash) != digest:
            yield Finding("settlement_rawrow", str(pk), "its digest is not that of its cells")
        elif salt and hashed_person(person, salt) != person_hash:
            yield Finding("settlement_rawrow", str(pk), "a person's cells are not those that came")


def complete_files_have_all_their_rows() -> Iterator[Finding]:
    files = SettlementFile.objects.filter(state=FileState.COMPLETE).order_by("pk")
    for file in files.annotate(raw=Count("raw_rows")).iterator():
        counts, totals = statement(file)
        if (file.raw, sum(counts.values()), sum(totals.values())) != (
            file.rows_total,
            file.rows_total,
            file.total_minor,
        ):
            yield Finding("settlement_settlementfile", file.ref, "its rows are not those of its totals")


CHECKS = (
    Check("raw rows", "-", "each row of a platform or bank is as it came", raw_rows_are_as_they_came),
    Check(
        "settlement totals", "-", "a complete file has all its rows and its totals", complete_files_have_all_their_rows
    ),
)
