"""Lines of a bank statement: a credit is a platform's payout where exactly one fits, else suspense that ages."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime

from projects.access.copying import among, copy_rows, new_ids
from projects.settlement.models import SettlementFile, StatementLine
from projects.settlement.parsing import NormalRow
from projects.settlement.raw import Keys
from projects.settlement.reconciling import Payable, fitting, post_payout
from projects.settlement.standing import counted_lines
from projects.settlement.suspense import open_item, post_suspense
from projects.settlement.words import LineState

KIND = "LINE"


def take(file: SettlementFile, rows: Sequence[NormalRow], *, by: Any, at: datetime) -> dict[str, int]:
    """Decide every line of a stretch and write it, inside the caller's transaction; how many of each state."""
    keys = Keys(file)
    made = [_written(file, row, keys, at) for row in rows]
    _mark_known(made, keys)
    taken: set[Payable] = set()
    for line, row in zip(made, rows, strict=True):
        if line.state:
            continue
        if line.amount_minor < 0:
            line.state = LineState.LEFT
        else:
            _book(file, line, row.memo, taken, by=by, at=at)
    copy_rows(StatementLine, made)
    for line in made:
        if line.state == LineState.SUSPENSE:
            open_item(file.organisation, line=line, at=at)
    return dict(Counter(str(line.state) for line in made))


def _written(file: SettlementFile, row: NormalRow, keys: Keys, at: datetime) -> StatementLine:
    rejected = row.rejected
    if not rejected and row.on is not None and row.on > localtime(at).date():
        rejected = "effective_in_future"
    return StatementLine(
        file=file,
        number=row.number,
        state=LineState.REJECTED if rejected else "",
        problem=rejected,
        line_id=row.row_id,
        dedupe_key=keys.of(KIND, row.row_id, row.number),
        amount_minor=row.amount_minor,
        currency=row.currency or file.currency,
        on=row.on,
    )


def _mark_known(made: Sequence[StatementLine], keys: Keys) -> None:
    for line, line_pk in zip(made, new_ids(StatementLine, len(made)), strict=True):
        line.pk = line_pk
    there = among(counted_lines(), "dedupe_key", [line.dedupe_key for line in made])
    first: dict[str, StatementLine] = {line.dedupe_key: line for line in there}
    for line in made:
        if line.state:
            continue
        before = first.setdefault(line.dedupe_key, line)
        if before is line:
            continue
        if (before.amount_minor, before.on) == (line.amount_minor, line.on):
            line.state, line.problem, line.duplicate_of = LineState.DUPLICATE, "known", before
        else:
            # Banks number some lines anew each day: another amount or day under one number is another line.
            line.dedupe_key = keys.of(KIND, "", line.number)


def _book(file: SettlementFile, line: StatementLine, memo: str, taken: set[Payable], *, by: Any, at: datetime) -> None:
    found = fitting(file.organisation, line, memo=memo, taken=taken)
    if isinstance(found, str):
        line.state, line.problem = LineState.SUSPENSE, found
        line.entry_id = post_suspense(line, file.organisation, channel="bank", by=by, at=at)
        return
    taken.add(found)
    line.state = LineState.SETTLEMENT
    line.settlement, line.payout_row = found.settlement, found.payout_row
    line.entry_id = post_payout(line, found, by=by, at=at)
