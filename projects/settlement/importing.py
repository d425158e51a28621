"""The import: a stretch of rows after the other, each in one transaction, from where the last one ended.

Killed at any point, a stretch has happened or it has not: raw rows, gifts, entries and the file's own `rows_done`
commit together. Whoever comes next (the worker, the command, a second press of the button) goes on from there; two at
once cannot both take the same stretch. While the database works on a stretch, in a thread with a connection of its own,
the next one is read and, on PostgreSQL, made into rows and entries; memory is that of two.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from ledger.beside import Beside, beside
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import SystemActor
from projects.access.copying import copy_values
from projects.audit import actions as audit
from projects.settlement import bank_lines, completing, platform_rows
from projects.settlement.intake import measure, opened
from projects.settlement.mapping import read_mapping
from projects.settlement.models import RawRow, SettlementFile
from projects.settlement.parsing import Parser
from projects.settlement.raw import RAW_COLUMNS, Read, read_rows
from projects.settlement.reading import records
from projects.settlement.words import FileState, Source

log = logging.getLogger(__name__)

# Rows of one transaction. Some keys are random: each commit writes a page of their index for nearly every one of them,
# so that larger stretches cost less; two of them are in memory.
STRETCH = 8_000
# The worker gives its other work a turn after so many stretches; each time the file is read again to there.
STRETCHES_AT_ONCE = 50
_record = audit.recorder("settlement_file", organisation="organisation.ref")


def import_rows(file: SettlementFile, *, at: datetime, stretches: int | None = None) -> bool:
    """Take in what is left of a file, at most so many stretches; True when there is more to do.

    Acts in the name of who started the import. A file that is done is left alone.
    """
    file.refresh_from_db()
    by = SystemActor(file.started_by_ref)
    if file.state == FileState.MEASURING:
        measure(file, by=by, at=at)
    if file.state != FileState.IMPORTING:
        return False
    if file.rows_done < file.rows_total and _take_what_is_left(file, stretches, by=by, at=at):
        return True
    if file.source == Source.PLATFORM:
        platform_rows.settle_waiting(file, by=by, at=at)
    completing.complete(file, by=by, at=at)
    return False


def _take_what_is_left(file: SettlementFile, stretches: int | None, *, by: Any, at: datetime) -> bool:
    """Stretch after stretch, at most so many; True when there is more."""
    parser = Parser(read_mapping(file.mapping_text))
    # The reader is closed before its file, also when a stretch fails.
    with opened(file) as stream, closing(records(stream, parser.mapping)) as rows, beside() as thread:
        rest = read_rows(file.sha256, islice(rows, file.rows_done, None), parser)
        line = _Line(file, thread, by=by, at=at)
        for taken, stretch in enumerate(_stretches(rest)):
            if taken == stretches:
                line.settle()
                return True
            line.take(stretch)
        line.settle()
    return False


def _stretches(rows: Iterator[Read]) -> Iterator[list[Read]]:
    while stretch := list(islice(rows, STRETCH)):
        yield stretch


class _Line:
    """The stretches of a file on their way, one at a time."""

    def __init__(self, file: SettlementFile, thread: Beside | None, **how: Any) -> None:
        self.file, self.thread, self.how = file, thread, how
        self.under_way: Future[int] | None = None

    def take(self, stretch: Sequence[Read]) -> None:
        """Make a stretch ready, and begin to take it once the one before is in the books."""
        ready = None
        # SQLite draws primary keys in the transaction that writes them.
        if self.thread and self.file.source == Source.PLATFORM and connection.vendor == "postgresql":
            ready = platform_rows.make_ready(self.file, [row.normal for row in stretch], **self.how)
        self.settle()
        if self.thread:
            self.under_way = self.thread.submit(lambda: take_stretch(self.file, stretch, ready=ready, **self.how))
        else:
            self.file.rows_done = take_stretch(self.file, stretch, **self.how)

    def settle(self) -> None:
        """Wait for the stretch that is under way; raises what stopped it."""
        if self.under_way is not None:
            under_way, self.under_way = self.under_way, None
            self.file.rows_done = under_way.result()


def take_stretch(
    file: SettlementFile, stretch: Sequence[Read], *, by: Any, at: datetime, ready: platform_rows.Ready | None = None
) -> int:
    """Raw rows, normal rows and postings of a stretch, all or nothing; how many rows are done then.

    ``ready`` is what was made of a platform's rows beforehand. Refused when another has taken it.
    """
    with transaction.atomic():
        first, done = stretch[0].normal.number, stretch[-1].normal.number
        _claim(file, first, done, at)
        copy_values(RawRow(file_id=file.pk), RAW_COLUMNS, [row.raw for row in stretch])
        rows = [row.normal for row in stretch]
        if file.source == Source.PLATFORM:
            counts = platform_rows.take(file, rows, by=by, at=at, ready=ready)
        else:
            counts = bank_lines.take(file, rows, by=by, at=at)
        _record(file, "settlement_file.rows_taken", by=by, at=at, facts={"from": first, "to": done, **counts})
    return done


def _claim(file: SettlementFile, first: int, done: int, at: datetime) -> None:
    # The condition decides who takes the stretch; on PostgreSQL the loser waits for the winner's commit and then fails.
    claimed = SettlementFile.objects.filter(pk=file.pk, state=FileState.IMPORTING, rows_done=first - 1).update(
        rows_done=done, progress_at=at
    )
    if not claimed:
        raise Refused("import_runs_elsewhere", _r("This file is being taken in by somebody else at this moment."))
