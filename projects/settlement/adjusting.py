"""A difference between a platform's rows and the bank's line, explained by two people and undone only by an answer.

gifts − fees − refunds ± the adjustment = the bank's line, exactly: a smaller or larger amount leaves a difference that
nobody has explained, and is refused. The line is then a platform's payout. Drafts book nothing.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.timezone import localtime

from ledger import periods, posting
from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import chart, transit
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.giving.bearing import GENERAL_FUND
from projects.giving.platform_gifts import CHANNEL
from projects.settlement import suspense
from projects.settlement.models import Adjustment, SettlementFile, StatementLine, UnexplainedItem
from projects.settlement.reconciling import Payable, post_payout
from projects.settlement.states import ADJUSTMENT_MOVES, LINE_MOVES
from projects.settlement.words import AdjustmentState, FileState, LineState, Reason, RowState, Source, Way

RIGHT = "settlement.explain"
S = AdjustmentState
ONE_WAY = {Reason.PLATFORM_FEE: Way.OUT, Reason.BANK_CHARGE: Way.OUT, Reason.PLATFORM_ADDED: Way.IN}
_record = audit.recorder("adjustment", organisation="organisation.ref")
_record_line = audit.recorder("statement_line", organisation="file.organisation.ref")


def draft_adjustment(
    line: StatementLine,
    *,
    payable: Payable,
    way: str,
    amount_minor: int,
    reason: str,
    note: str,
    evidence_ref: str,
    on: date,
    by: Any,
    at: datetime,
) -> Adjustment:
    """Write down why a line is more or less than its payout; nothing is booked before a second person confirms.

    ``amount_minor`` is positive, ``way`` says whether the bank brought more or less, ``on`` is the day of the booking.
    Refused: ``line_explained``, ``adjustment_waits``, ``payable_of_another``, ``payable_taken``,
    ``adjustment_does_not_close``, ``adjustment_too_large``, ``adjustment_reason_wrong``, ``reason_needed``,
    ``evidence_needed``, ``day_to_come``, ``period_closed``.
    """
    organisation = line.file.organisation
    require(by, RIGHT, organisation=organisation, on=localtime(at).date())
    made = Adjustment(
        organisation=organisation, line=line, settlement=payable.settlement, payout_row=payable.payout_row, way=way,
        amount_minor=amount_minor, currency=line.currency, on=on, reason=reason, note=note.strip()[:500],
        evidence_ref=evidence_ref.strip()[:120], drafted_by_ref=by.ref, drafted_at=at,
    )  # fmt: skip
    if ONE_WAY.get(Reason(reason), way) != way:
        raise Refused("adjustment_reason_wrong", _r("This reason does not fit the direction."))
    with transaction.atomic():
        _check_words(made)
        _check_day(made, at)
        _check_closes(_locked_line(made), made)
        _save(made, at=at, by=by)
    return made


def draft_answer(
    adjustment: Adjustment, *, note: str, evidence_ref: str, on: date, by: Any, at: datetime
) -> Adjustment:
    """Write down that a confirmed adjustment was wrong. Confirmed by a second person, it undoes it to the cent.

    Refused: ``adjustment_not_standing``, ``adjustment_waits``, and as a draft is for its words and its day.
    """
    require(by, RIGHT, organisation=adjustment.organisation, on=localtime(at).date())
    made = Adjustment(
        organisation=adjustment.organisation, line=adjustment.line, settlement=adjustment.settlement,
        payout_row=adjustment.payout_row, answers=adjustment, way=Way.OUT if adjustment.way == Way.IN else Way.IN,
        amount_minor=adjustment.amount_minor, currency=adjustment.currency, on=on, reason=adjustment.reason,
        note=note.strip()[:500], evidence_ref=evidence_ref.strip()[:120], drafted_by_ref=by.ref, drafted_at=at,
    )  # fmt: skip
    with transaction.atomic():
        _check_words(made)
        _check_day(made, at)
        _check_standing(_locked_line(made), made)
        _save(made, at=at, by=by)
    return made


def confirm_adjustment(adjustment: Adjustment, *, by: Any, at: datetime) -> Adjustment:
    """Somebody else has seen the evidence: it is booked, and the line is explained (or, by an answer, is not any more).

    Refused: ``maker_checker``, ``adjustment_decided``, ``period_closed``, ``not_yet_in_log``, and as a draft is where
    the line has moved on.
    """
    with transaction.atomic():
        adjustment = _locked(adjustment, by, at)
        if by.ref == adjustment.drafted_by_ref:
            raise Refused("maker_checker", _r("You drafted this adjustment. Somebody else of finance must confirm it."))
        _check_day(adjustment, at)
        line = _locked_line(adjustment)
        if adjustment.answers is None:
            _explain(line, adjustment, by=by, at=at)
        else:
            _reopen(line, adjustment, by=by, at=at)
    adjustment.refresh_from_db()
    return adjustment


def drop_adjustment(adjustment: Adjustment, *, reason: str, by: Any, at: datetime) -> Adjustment:
    """A draft is not booked: taken back by who wrote it, or turned down by another."""
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    with transaction.atomic():
        adjustment = _locked(adjustment, by, at)
        _decide(adjustment, S.DROPPED, by=by, at=at, why_dropped=reason.strip()[:500])
    adjustment.refresh_from_db()
    return adjustment


def payable_of(adjustment: Adjustment) -> Payable:
    return Payable(adjustment.settlement, adjustment.payout_row)


def standing(file: SettlementFile) -> list[Adjustment]:
    """Adjustments by which lines of the bank bring this file or payouts of it; those that were undone are not among
    them.
    """
    of_file = Q(settlement=file) | Q(payout_row__file=file)
    confirmed = Adjustment.objects.filter(of_file, state=S.CONFIRMED, answers__isnull=True)
    return list(confirmed.filter(line_entry_id=F("line__entry_id")))


# ---- what is refused ----


def _check_words(made: Adjustment) -> None:
    if not made.note:
        raise Refused("reason_needed", _r("Say why."))
    if not made.evidence_ref:
        raise Refused("evidence_needed", _r("Say where the evidence lies."))


def _check_day(made: Adjustment, at: datetime) -> None:
    if made.on > localtime(at).date():
        raise Refused("day_to_come", _r("This day has not come yet."))
    if periods.is_closed(book=made.organisation.book_code, on=made.on):
        raise Refused("period_closed", _r("The books of this day are closed. Choose a day in an open month."))


def _check_closes(line: StatementLine, made: Adjustment) -> None:
    payable = payable_of(made)
    file, due = payable.file, payable.due_minor
    if file.organisation_id != made.organisation_id:
        raise Refused("payable_of_another", _r("This payout belongs to another charity."))
    if line.state != LineState.SUSPENSE or not _open_items(line.pk).exists():
        raise Refused("line_explained", _r("This line of the bank is explained already."))
    if not _open(payable) or file.currency != line.currency:
        raise Refused("payable_taken", _r("This payout is not complete, or another line of the bank has brought it."))
    if made.amount_minor <= 0 or due + made.signed_minor != line.amount_minor:
        raise Refused(
            "adjustment_does_not_close",
            _r("The difference is %(difference)s. An adjustment must close it exactly."),
            difference=format_amount(line.amount_minor - due, line.currency),
        )
    if made.amount_minor >= due:
        raise Refused("adjustment_too_large", _r("An adjustment as large as the payout itself explains nothing."))


def _open(payable: Payable) -> bool:
    """Whether a file is complete and no line of the bank has brought it yet."""
    if payable.file.source != Source.PLATFORM or payable.file.state != FileState.COMPLETE:
        return False
    if payable.payout_row is not None:
        taken = StatementLine.objects.filter(payout_row=payable.payout_row).exists()
        return payable.payout_row.state == RowState.PAYOUT and not taken
    in_parts = payable.file.rows.filter(state=RowState.PAYOUT).exists()
    return not in_parts and not StatementLine.objects.filter(settlement=payable.settlement).exists()


def _check_standing(line: StatementLine, made: Adjustment) -> None:
    assert made.answers is not None
    stands = made.answers.state == S.CONFIRMED and made.answers.answers_id is None
    if not stands or line.state != LineState.SETTLEMENT or line.entry_id != made.answers.line_entry_id:
        raise Refused("adjustment_not_standing", _r("Only an adjustment that stands can be undone."))


# ---- what is written ----


def _save(made: Adjustment, *, by: Any, at: datetime) -> None:
    if Adjustment.objects.filter(line=made.line, state=S.DRAFTED).exists():
        raise Refused("adjustment_waits", _r("An adjustment of this line waits for a second person already."))
    made.save(force_insert=True)
    facts = {"way": str(made.way), "amount_minor": made.amount_minor, "reason": str(made.reason)}
    _record(made, "adjustment.drafted", by=by, at=at, reason=made.note, facts=facts)


def _explain(line: StatementLine, adjustment: Adjustment, *, by: Any, at: datetime) -> None:
    _check_closes(line, adjustment)
    item = _open_items(line.pk).get()
    suspense.undo_entry(item, by=by, at=at)
    entry = _post(adjustment, transit.adjusted_against(adjustment.reason, adjustment.signed_minor), by=by, at=at)
    payable, key = payable_of(adjustment), f"{line.ref}:{adjustment.ref}"
    paid = post_payout(line, payable, by=by, at=at, adjusted_minor=adjustment.signed_minor, key=key)
    _decide(adjustment, S.CONFIRMED, by=by, at=at, entry_id=entry, line_entry_id=paid)
    _move(line, LineState.SETTLEMENT, by=by, at=at, problem="", entry_id=paid,
          settlement=payable.settlement, payout_row=payable.payout_row)  # fmt: skip
    suspense.close_as_adjusted(item, entry_id=paid, note=adjustment.note, by=by, at=at)


def _reopen(line: StatementLine, adjustment: Adjustment, *, by: Any, at: datetime) -> None:
    _check_standing(line, adjustment)
    assert adjustment.answers is not None
    assert adjustment.answers.entry_id is not None
    assert line.entry_id is not None
    entry = _post(adjustment, _against(adjustment.answers.entry_id), by=by, at=at)
    today, ref = localtime(at).date(), adjustment.ref
    posting.reverse(line.entry_id, document_ref=ref, effective_on=today, by=by.ref, at=at, key=f"payout_undone:{ref}")
    key = f"{line.ref}:{ref}"
    held = suspense.post_suspense(line, adjustment.organisation, channel="bank", by=by, at=at, key=key)
    _decide(adjustment, S.CONFIRMED, by=by, at=at, entry_id=entry, line_entry_id=held)
    _move(line, LineState.SUSPENSE, by=by, at=at, problem="adjustment_undone", entry_id=held,
          settlement=None, payout_row=None)  # fmt: skip
    suspense.open_item(adjustment.organisation, line=line, at=at)


def _post(adjustment: Adjustment, against: str, *, by: Any, at: datetime) -> UUID:
    """Borne by the unrestricted fund, or standing as a shortfall where that has too little."""
    for account in (against, chart.DEFICIT):
        draft = transit.adjustment(
            book=adjustment.organisation.book_code,
            fund=GENERAL_FUND,
            amount_minor=adjustment.signed_minor,
            against=account,
            reason=adjustment.reason,
            currency=adjustment.currency,
            effective_on=adjustment.on,
            document_ref=adjustment.ref,
            channel=CHANNEL,
            answers=adjustment.answers.ref if adjustment.answers else "",
        )
        try:
            with transaction.atomic():
                return posting.post(draft, by=by.ref, at=at, key=f"adjustment:{adjustment.ref}").entry_id
        except Refused as refused:
            if account == chart.DEFICIT or refused.code != "fund_overspent":
                raise
    raise AssertionError("the second way has no condition")  # pragma: no cover


def _against(entry_id: UUID) -> str:
    """The account that bore or gained what an adjustment moved."""
    (line,) = posting.lines_of(entry_id)
    return line.credit if line.debit == chart.PLATFORM_CLEARING else line.debit


def _locked(adjustment: Adjustment, by: Any, at: datetime) -> Adjustment:
    rows = Adjustment.objects.select_for_update(of=("self",)).select_related("organisation", "answers")
    found = rows.get(pk=adjustment.pk)
    require(by, RIGHT, organisation=found.organisation, on=localtime(at).date())
    if found.state != S.DRAFTED:
        raise Refused("adjustment_decided", _r("This adjustment was decided already."))
    return found


def _locked_line(adjustment: Adjustment) -> StatementLine:
    """As it is now; whoever else explains it waits. The item comes first, as in every other way to explain it."""
    list(_open_items(adjustment.line_id).select_for_update())
    rows = StatementLine.objects.select_for_update(of=("self",)).select_related("file__organisation")
    return rows.get(pk=adjustment.line_id)


def _open_items(line_id: int) -> Any:
    return UnexplainedItem.objects.filter(line_id=line_id, solved_at__isnull=True)


def _decide(adjustment: Adjustment, state: AdjustmentState, *, by: Any, at: datetime, **values: Any) -> None:
    Adjustment.objects.filter(pk=adjustment.pk, state=S.DRAFTED).update(
        state=state, decided_by_ref=by.ref, decided_at=at, **values
    )
    event = ADJUSTMENT_MOVES[S.DRAFTED, state]
    _record(adjustment, event, by=by, at=at, reason=values.get("why_dropped", ""))


def _move(line: StatementLine, state: LineState, *, by: Any, at: datetime, **values: Any) -> None:
    event = LINE_MOVES[LineState(line.state), state]
    StatementLine.objects.filter(pk=line.pk, state=line.state).update(state=state, **values)
    line.refresh_from_db()
    _record_line(line, event, by=by, at=at)
