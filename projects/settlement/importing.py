"""The import: a stretch of rows after the other, each in one transaction, from where the last one ended.

Killed at any point, a stretch has happened or it has not: raw rows, gifts, entries and the file's own `rows_done`
commit together. Whoever comes next (the worker, the command, a second press of the button) goes on from there; two at
once cannot both take the same stretch. While the database works on a stretch, in a thread with a connection of its own,
the next one is read and, on PostgreSQL, made into rows and entries; memory is that of two.

Once a stretch was new to the last row, PostgreSQL works on several at once (`_Line`), and that their money is new the
tables decide. They commit in their order, each with the file's own progress. Where something of one turns out to be
known it is taken again by itself, and every row of it is looked up.
"""

import gc
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction

from ledger.beside import Beside, beside
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import SystemActor
from projects.access.copying import Lines, copy_values, lines_of
from projects.audit import actions as audit
from projects.giving.platform_gifts import Unforeseen
from projects.settlement import bank_lines, completing, platform_rows
from projects.settlement.intake import measure, opened
from projects.settlement.mapping import read_mapping
from projects.settlement.models import RawRow, SettlementFile
from projects.settlement.parsing import Parser
from projects.settlement.platform_rows import Ready
from projects.settlement.raw import RAW_COLUMNS, Read, read_rows
from projects.settlement.reading import records
from projects.settlement.words import FileState, Source

log = logging.getLogger(__name__)

# Connections that write on PostgreSQL: one waits for its turn to commit, or for the disk, while the others work.
WRITERS = 3
# Rows of one transaction. Longer ones are quicker on SQLite, which waits for the disk at each commit; but it works in
# this process, and its pages lie in the same memory as the rows.
STRETCH = 4_000
# So long a stretch that went ahead waits for somebody else's row (PostgreSQL's form of a duration).
LONGEST_WAIT = "10s"
# So often a stretch is tried by itself.
TRIES = 4
# So many new objects are no reason to look for garbage: a stretch is made of about as many.
OBJECTS = 100_000
# The worker gives its other work a turn after so many stretches; each time the file is read again to there.
STRETCHES_AT_ONCE = 100
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
    with (
        _garbage_seldom(),
        opened(file) as stream,
        closing(records(stream, parser.mapping)) as rows,
        ExitStack() as stack,
    ):
        writers = [stack.enter_context(beside()) for _writer in range(WRITERS)]
        rest = read_rows(file.sha256, islice(rows, file.rows_done, None), parser)
        line = _Line(file, writers, by=by, at=at)
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


@contextmanager
def _garbage_seldom() -> Iterator[None]:
    """Rows by the thousand are no garbage, and Python would look through them again and again to learn it: a sixth of
    its time. They go when nobody holds them; only what holds itself waits a little longer.
    """
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@dataclass(slots=True)
class _Begun:
    """A stretch that is being taken. One that went ahead, as it was foreseen, has the keys of its money here."""

    stretch: Sequence[Read]
    ready: Ready | None
    done: Future[int]
    keys: frozenset[str] | None = None
    # How often it was tried by itself.
    tries: int = 1


class _Line:
    """The stretches of a file on their way, in their order.

    The first is looked up; where nothing of it was known the next ones go ahead, as they were foreseen, as many as
    there are writers, until one of them comes out in another way.
    """

    def __init__(self, file: SettlementFile, writers: Sequence[Beside | None], **how: Any) -> None:
        self.file, self.how = file, how
        # SQLite draws primary keys in the transaction that writes them, and lets one write at a time.
        self.makes_ready = bool(writers[0]) and file.source == Source.PLATFORM and connection.vendor == "postgresql"
        self.writers = deque(writer for writer in (writers if self.makes_ready else writers[:1]) if writer)
        self.under_way: deque[_Begun] = deque()
        self.goes_ahead, self.may_go_ahead = False, self.makes_ready

    def take(self, stretch: Sequence[Read]) -> None:
        """Make a stretch ready, and begin to take it once there is a writer for it."""
        ready = None
        if self.makes_ready:
            ready = platform_rows.make_ready(self.file, [row.normal for row in stretch], **self.how)
        if not self.goes_ahead:
            self.settle()
        if ready and self.goes_ahead and ready.foresee(self.file):
            raw = lines_of(RawRow(file_id=self.file.pk), RAW_COLUMNS, [row.raw for row in stretch])
            while self.under_way and not self._has_room_for(ready.keys):
                self._settle_one()
            if self.goes_ahead:
                self._begin_ahead(stretch, ready, raw)
                return
            ready = None  # it was decided as it did not come out
        self.settle()
        self._begin(stretch, ready)

    def settle(self) -> None:
        """Wait for all that is under way; raises what stopped it."""
        while self.under_way:
            self._settle_one()

    def _has_room_for(self, keys: frozenset[str]) -> bool:
        """Whether a writer is free, and nobody writes the same money: it would wait for who waits for it."""
        if len(self.under_way) == len(self.writers):
            return False
        return all(begun.keys is not None and keys.isdisjoint(begun.keys) for begun in self.under_way)

    def _writer(self) -> Beside:
        self.writers.rotate()
        return self.writers[0]

    def _begin(self, stretch: Sequence[Read], ready: Ready | None, tries: int = 1) -> None:
        if not self.writers:
            self.file.rows_done = take_stretch(self.file, stretch, **self.how)
            return
        done = self._writer().submit(lambda: take_stretch(self.file, stretch, ready=ready, **self.how))
        self.under_way.append(_Begun(stretch, ready, done, tries=tries))

    def _begin_ahead(self, stretch: Sequence[Read], ready: Ready, raw: Lines) -> None:
        before = self.under_way[-1].done if self.under_way else None
        numbers = stretch[0].normal.number, stretch[-1].normal.number
        done = self._writer().submit(lambda: _take_ahead(self.file, numbers, raw, ready, before, **self.how))
        self.under_way.append(_Begun(stretch, None, done, ready.keys))

    def _settle_one(self) -> None:
        begun = self.under_way.popleft()
        try:
            self.file.rows_done = begun.done.result()
        except (IntegrityError, OperationalError, Unforeseen) as error:
            # By itself a stretch fails where another file brings the same money between its looking and its writing.
            if begun.keys is None and begun.tries == TRIES:
                raise
            log.info("rows from %d on are taken again, looked up: %s", begun.stretch[0].normal.number, error)
            self._again([begun, *self.under_way])
        else:
            if begun.ready and self.may_go_ahead:
                self.goes_ahead = begun.ready.all_new

    def _again(self, failed: Sequence[_Begun]) -> None:
        """Take stretches again, each by itself. Who waited for one that failed has failed with it."""
        self.goes_ahead = self.may_go_ahead = False
        self.under_way.clear()
        wait([begun.done for begun in failed])
        for begun in failed:
            self._begin(begun.stretch, None, begun.tries + 1 if begun.keys is None else 1)
            self.settle()


def _take_ahead(
    file: SettlementFile, numbers: tuple[int, int], raw: Lines, ready: Ready, before: Future[int] | None,
    *, by: Any, at: datetime,
) -> int:  # fmt: skip
    """Take a stretch as it was foreseen, while the one before it is still being written: its claim, and with it the
    commit, comes after that one's; how many rows are done then.
    """
    first, done = numbers
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Another file may bring the same money at this moment and wait for the stretch behind this one, which waits
            # here, where the database cannot see it.
            cursor.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
        raw.write()
        counts = platform_rows.take_foreseen(file, ready)
        if before is not None:
            before.result()
        _claim(file, first, done, at)
        _record(file, "settlement_file.rows_taken", by=by, at=at, facts={"from": first, "to": done, **counts})
    return done


def take_stretch(
    file: SettlementFile, stretch: Sequence[Read], *, by: Any, at: datetime, ready: Ready | None = None
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
