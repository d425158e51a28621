"""Money whose meaning is not known: opened with its entry, aged from its own day, answered once with another entry."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from ledger import periods, posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import transit
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.giving.bearing import GENERAL_FUND
from projects.settlement.models import UnexplainedItem
from projects.settlement.words import Answer

_record = audit.recorder("unexplained_item", organisation="organisation.ref")


def booked_on(book: str, on: date | None, at: datetime) -> date:
    """The day on which something is booked: its own, or today where its month is closed."""
    return booked_days(book, [on], at)[on]


def booked_days(book: str, days: Iterable[date | None], at: datetime) -> dict[date | None, date]:
    """The same for many days, by one question: a stretch of a file has a year of them."""
    today, asked = localtime(at).date(), set(days)
    closed = periods.closed_among(book=book, days=[on for on in asked if on is not None])
    return {on: today if on is None or on > today or on in closed else on for on in asked}


class Money(Protocol):
    """A row or a line whose meaning is not known, written or not yet."""

    @property
    def ref(self) -> str: ...
    @property
    def net_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def on(self) -> date | None: ...


def post_suspense(thing: Money, organisation: Any, *, channel: str, by: Any, at: datetime, key: str = "") -> UUID:
    """Post money in suspense; the entry. The item is opened once the row or line is written.

    ``key`` names the event where it is not the coming of the row or line itself.
    """
    draft = transit.suspense_in(
        book=organisation.book_code,
        fund=GENERAL_FUND,
        amount_minor=thing.net_minor,
        currency=thing.currency,
        effective_on=booked_on(organisation.book_code, thing.on, at),
        document_ref=thing.ref,
        channel=channel,
    )
    return posting.post(draft, by=by.ref, at=at, key=f"suspense:{key or thing.ref}").entry_id


def open_item(organisation: Any, *, at: datetime, row: Any = None, line: Any = None) -> UnexplainedItem:
    """One thing on the list of what nobody has explained."""
    thing = row or line
    return UnexplainedItem.objects.create(
        organisation=organisation,
        row=row,
        line=line,
        problem=thing.problem,
        amount_minor=thing.net_minor,
        currency=thing.currency,
        on=thing.on or localtime(at).date(),
        opened_at=at,
        entry_id=thing.entry_id,
    )


def solve_as_gift(item: UnexplainedItem, *, project: Any, note: str, by: Any, at: datetime) -> None:
    """It was a gift: to a project, or to the charity itself."""
    organisation = _check(item, note, by, at)
    if item.amount_minor <= 0:
        raise Refused("suspense_not_a_gift", _r("Money that left cannot have been a gift."))
    if project is not None and project.organisation_id != organisation.pk:
        raise Refused("project_of_another", _r("This project belongs to another charity."))
    with transaction.atomic():
        _locked(item)
        draft = transit.suspense_out(
            book=organisation.book_code,
            fund=project.fund_code if project else GENERAL_FUND,
            amount_minor=item.amount_minor,
            currency=item.currency,
            effective_on=localtime(at).date(),
            document_ref=item.ref,
            restricted=project is not None,
            channel="bank" if item.line_id else "platform",
            held_in=GENERAL_FUND,
        )
        entry = posting.post(draft, by=by.ref, at=at, key=f"suspense_out:{item.ref}").entry_id
        _answer(item, Answer.GIFT, entry, note=note, by=by, at=at)


def solve_as_returned(item: UnexplainedItem, *, note: str, by: Any, at: datetime) -> None:
    """It went back to whoever sent it, or was booked elsewhere: the suspense is undone by its mirror."""
    _check(item, note, by, at)
    with transaction.atomic():
        _locked(item)
        entry = undo_entry(item, by=by, at=at)
        _answer(item, Answer.RETURNED, entry, note=note, by=by, at=at)


def undo_entry(item: UnexplainedItem, *, by: Any, at: datetime) -> UUID:
    """The mirror of the item's entry. Raises Refused("not_yet_in_log") until that has its place."""
    return posting.reverse(
        item.entry_id,
        document_ref=item.ref,
        effective_on=localtime(at).date(),
        by=by.ref,
        at=at,
        key=f"suspense_undone:{item.ref}",
    ).entry_id


def close_as_settlement(item: UnexplainedItem, *, entry_id: UUID, by: Any, at: datetime) -> None:
    """A platform's file came later and explains it."""
    _answer(item, Answer.SETTLEMENT, entry_id, note="", by=by, at=at)


def close_as_adjusted(item: UnexplainedItem, *, entry_id: UUID, note: str, by: Any, at: datetime) -> None:
    """A platform's file explains it together with a confirmed adjustment."""
    _answer(item, Answer.ADJUSTMENT, entry_id, note=note, by=by, at=at)


def _check(item: UnexplainedItem, note: str, by: Any, at: datetime) -> Any:
    require(by, "settlement.explain", organisation=item.organisation, on=localtime(at).date())
    if not note.strip():
        raise Refused("reason_needed", _r("Say why."))
    return item.organisation


def _locked(item: UnexplainedItem) -> None:
    # Two people may answer at once: the second waits here and is told.
    row = UnexplainedItem.objects.select_for_update().get(pk=item.pk)
    if row.solved_at is not None:
        raise Refused("suspense_solved", _r("Somebody has explained this line already."))


def _answer(item: UnexplainedItem, answer: str, entry: UUID, *, note: str, by: Any, at: datetime) -> None:
    UnexplainedItem.objects.filter(pk=item.pk, solved_at__isnull=True).update(
        answer=answer, answer_entry_id=entry, note=note.strip()[:500], solved_by_ref=by.ref, solved_at=at
    )
    item.refresh_from_db()
    _record(item, "suspense.answered", by=by, at=at, reason=note.strip()[:500], facts={"answer": str(answer)})
