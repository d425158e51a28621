"""The import: a stretch of rows after the other, each in one transaction, from where the last one ended.

Killed at any point, a stretch has happened or it has not: raw rows, gifts, entries and the file's own `rows_done`
commit together. Whoever comes next (the worker, the command, a second press of the button) goes on from there; two at
once cannot both take the same stretch.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import SystemActor
from projects.access.copying import copy_rows, new_ids
from projects.audit import actions as audit
from projects.settlement import bank_lines, completing, platform_rows
from projects.settlement.intake import measure, opened
from projects.settlement.mapping import FileMapping, read_mapping
from projects.settlement.models import RawRow, SettlementFile
from projects.settlement.parsing import normal
from projects.settlement.raw import raw_rows
from projects.settlement.reading import Record, records
from projects.settlement.words import FileState, Source

log = logging.getLogger(__name__)

# Rows of one transaction. `platform_gifts.settle_many` takes no more at once.
STRETCH = 1_000
# The worker gives its other work a turn after so many stretches.
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
    mapping = read_mapping(file.mapping_text)
    taken = 0
    if file.rows_done < file.rows_total:
        # The reader is closed before its file, also when a stretch fails.
        with opened(file) as stream, closing(records(stream, mapping)) as rows:
            rest = islice(rows, file.rows_done, None)
            for stretch in _stretches(rest):
                if stretches is not None and taken >= stretches:
                    return True
                take_stretch(file, stretch, mapping, by=by, at=at)
                taken += 1
    if file.source == Source.PLATFORM:
        platform_rows.settle_waiting(file, by=by, at=at)
    completing.complete(file, by=by, at=at)
    return False


def _stretches(rows: Iterator[Record]) -> Iterator[list[Record]]:
    while stretch := list(islice(rows, STRETCH)):
        yield stretch


def take_stretch(
    file: SettlementFile, stretch: Sequence[Record], mapping: FileMapping, *, by: Any, at: datetime
) -> None:
    """Raw rows, normal rows and postings of a stretch, all or nothing. Refused when another has taken it."""
    with transaction.atomic():
        done = _claim(file, stretch, at)
        ids = new_ids(RawRow, len(stretch))
        copy_rows(RawRow, raw_rows(file, stretch, mapping, ids))
        rows = [normal(record, mapping) for record in stretch]
        take = platform_rows.take if file.source == Source.PLATFORM else bank_lines.take
        counts = take(file, rows, by=by, at=at)
        facts = {"from": stretch[0].number, "to": done, **counts}
        _record(file, "settlement_file.rows_taken", by=by, at=at, facts=facts)
    file.rows_done = done


def _claim(file: SettlementFile, stretch: Sequence[Record], at: datetime) -> int:
    done = stretch[-1].number
    # The condition decides who takes the stretch; on PostgreSQL the loser waits for the winner's commit and then fails.
    claimed = SettlementFile.objects.filter(
        pk=file.pk, state=FileState.IMPORTING, rows_done=stretch[0].number - 1
    ).update(rows_done=done, progress_at=at)
    if not claimed:
        raise Refused("import_runs_elsewhere", _r("This file is being taken in by somebody else at this moment."))
    return done
