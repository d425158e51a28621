"""What `manage.py verify` asks of settlement: no raw row was touched, a complete file's rows are all of it and what the
log says of them, and what the bank brought is its payout with its adjustment.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import Count, F, Q, Sum

from ledger import reading, transparency
from ledger.core.refusals import Refused
from ledger.policy import chart, transit
from ledger.verify import Check, Finding
from ledger.verify.documents import rows_equal_entries
from projects.giving.bearing import GENERAL_FUND
from projects.settlement.completing import statement
from projects.settlement.models import Adjustment, RawRow, SettlementFile, StatementLine, UnexplainedItem
from projects.settlement.raw import hashed_person, row_digest
from projects.settlement.reconciling import Payable
from projects.settlement.words import AdjustmentState, FileState, LineState, Source, Way

FILES_AT_ONCE = 200
NOTICE = "SETTLEMENT_COMPLETE"


def raw_rows_are_as_they_came() -> Iterator[Finding]:
    rows = RawRow.objects.order_by().values_list(
        "pk", "file__sha256", "number", "cells", "person", "salt", "person_hash", "digest"
    )
    for pk, sha256, number, cells, person, salt, person_hash, digest in rows.iterator(chunk_size=2_000):
        if row_digest(sha256, number, cells, person_hash) != digest:
            yield Finding("settlement_rawrow", str(pk), "its digest is not that of its cells")
        elif salt and hashed_person(person, salt) != person_hash:
            yield Finding("settlement_rawrow", str(pk), "a person's cells are not those that came")


# ---- files and what the log says of them ----


def complete_files_are_as_the_log_says() -> Iterator[Finding]:
    files = SettlementFile.objects.filter(state=FileState.COMPLETE).select_related("organisation").order_by("pk")
    rows = files.annotate(raw=Count("raw_rows")).iterator(chunk_size=FILES_AT_ONCE)
    while some := list(islice(rows, FILES_AT_ONCE)):
        said = transparency.sealed_notices([file.notice_id for file in some if file.notice_id])
        for file in some:
            for says in _faults(file, said.get(file.notice_id) if file.notice_id else None):
                yield Finding("settlement_settlementfile", file.ref, says)


def _faults(file: Any, notice: Any) -> Iterator[str]:
    counts, totals = statement(file)
    if (file.raw, sum(counts.values()), sum(totals.values())) != (file.rows_total, file.rows_total, file.total_minor):
        yield "its rows are not those of its totals"
    if notice is None or notice.kind != NOTICE or notice.book != file.organisation.book_code:
        yield "its statement is not in the log"
        return
    said = notice.facts
    of_file = {"digest": file.sha256, "source": file.source, "currency": file.currency, "rows": file.rows_total}
    if any(said[name] != value for name, value in {**of_file, "total": file.total_minor}.items()):
        yield "it is not the file of its statement in the log"
    elif file.source == Source.PLATFORM and (counts, totals) != (said["counts"], said["totals"]):
        yield "its rows did not end as the log says"
    elif file.source == Source.BANK and not _lines_as_said(file, counts, totals, said):
        yield "its lines did not end as the log says"


def _lines_as_said(file: Any, counts: dict[str, int], totals: dict[str, int], said: Any) -> bool:
    """A line in suspense may be explained after the statement, and no other line changes its state.

    What the two states come to together never changes; a line that never was in suspense was reconciled from the first.
    """
    movable = (LineState.SUSPENSE.value, LineState.SETTLEMENT.value)
    for now, then in ((counts, said["counts"]), (totals, said["totals"])):
        if _folded(now, movable) != _folded(then, movable):
            return False
    held = UnexplainedItem.objects.filter(line__file=file).values("line").distinct().count()
    at_once = sum(counts.get(state, 0) for state in movable) - held
    return at_once <= said["counts"].get(LineState.SETTLEMENT.value, 0)


def _folded(by_state: Any, together: tuple[str, ...]) -> dict[str, int]:
    rest = {state: number for state, number in by_state.items() if state not in together}
    return {**rest, "": sum(by_state.get(state, 0) for state in together)}


# ---- the bank's lines and adjustments ----


def lines_are_their_payouts() -> Iterator[Finding]:
    """rows ± adjustment = the line, for each line that is called explained."""
    lines = StatementLine.objects.filter(state=LineState.SETTLEMENT).select_related("settlement", "payout_row__file")
    stands = Q(adjustments__state=AdjustmentState.CONFIRMED, adjustments__line_entry_id=F("entry_id"))
    more = Sum("adjustments__amount_minor", filter=stands & Q(adjustments__way=Way.IN), default=0)
    less = Sum("adjustments__amount_minor", filter=stands & Q(adjustments__way=Way.OUT), default=0)
    for line in lines.annotate(adjusted=more - less).order_by("pk").iterator(chunk_size=2_000):
        if Payable(line.settlement, line.payout_row).due_minor + line.adjusted != line.amount_minor:
            yield Finding("settlement_statementline", line.ref, "it is not what its payout and adjustment come to")


def adjustments_equal_their_entries() -> Iterator[Finding]:
    yield from rows_equal_entries(Adjustment, kind="ADJUSTMENT", called="an adjustment")
    confirmed = Adjustment.objects.filter(state=AdjustmentState.CONFIRMED).select_related("line", "answers")
    for made in confirmed.order_by("pk").iterator(chunk_size=500):
        if made.decided_by_ref == made.drafted_by_ref:
            yield Finding("settlement_adjustment", made.ref, "it was confirmed by who drafted it")
        if not _moved_as_said(made):
            yield Finding("settlement_adjustment", made.ref, "its entry does not move what it says")
        if not _line_as_said(made):
            yield Finding("settlement_adjustment", made.ref, "its line was not booked with it")
    booked = Adjustment.objects.exclude(state=AdjustmentState.CONFIRMED).filter(entry_id__isnull=False)
    for ref in booked.values_list("ref", flat=True).iterator():
        yield Finding("settlement_adjustment", ref, "it is in the books, but nobody confirmed it")


def _moved_as_said(made: Adjustment) -> bool:
    entry = _entry(made.entry_id)
    if entry is None or len(entry.lines) != 2 or entry.effective_on != made.on:
        return False
    debit, credit = (line.account for line in entry.lines)
    came, against = (debit, credit) if made.way == Way.IN else (credit, debit)
    answers = made.answers.ref if made.answers else ""
    told = (entry.facts.get("reason"), entry.facts.get("answers", ""))
    funds = {line.fund for line in entry.lines}
    if (came, told, funds) != (chart.PLATFORM_CLEARING, (made.reason, answers), {GENERAL_FUND}):
        return False
    if made.answers is None:
        return against in (transit.adjusted_against(made.reason, made.signed_minor), chart.DEFICIT)
    before = _entry(made.answers.entry_id)
    return before is not None and against in {chart.DEFICIT, *(line.account for line in before.lines)}


def _line_as_said(made: Adjustment) -> bool:
    """The line's entry that came with it: the platform's payout, or suspense again, as large as the line."""
    entry = _entry(made.line_entry_id)
    kind = "PROVIDER_PAYOUT" if made.answers is None else "SUSPENSE_IN"
    if entry is None or (entry.kind, entry.document_ref) != (kind, made.line.ref):
        return False
    bank = sum(line.debit_minor - line.credit_minor for line in entry.lines if line.account == chart.BANK)
    return bank == made.line.amount_minor


def _entry(entry_id: Any) -> reading.EntryView | None:
    try:
        return reading.entry(entry_id)
    except Refused:
        return None


CHECKS = (
    Check("raw rows", "-", "each row of a platform or bank is as it came", raw_rows_are_as_they_came),
    Check(
        "settlement files",
        "-",
        "a complete file has all its rows, in the states that its statement in the log names",
        complete_files_are_as_the_log_says,
    ),
    Check("bank lines", "-", "an explained line is its payout with its adjustment", lines_are_their_payouts),
    Check("adjustments", "-", "each adjustment has one entry and two people", adjustments_equal_their_entries),
)
