"""Closing an accounting period: from then on no entry may be dated inside it (L7). A closed period stays closed.

With the closing the three statements of the period are put into the log by their digests, in each currency of the book:
from the next checkpoint on they are signed. They can be made again from the log at their position, byte for byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max, Min

from ledger import stated, statements
from ledger.answers import refusal_of
from ledger.balances import at_position
from ledger.books import book_row
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import JournalEntry, LogLeaf, Period
from ledger.policy.statements import KINDS
from ledger.posting import notice
from ledger.reports import require_green
from ledger.stated import StatedStatement


def close_period(*, book: str, starts_on: date, ends_on: date, by: str, at: datetime) -> None:
    """Close some days of a book and say so in the log. The same days again change nothing.

    Refused: ``period_malformed`` (backwards, or not over yet), ``period_closed_already`` (some of its days are),
    ``entries_waiting`` (entries of these days have no place in the log yet), ``verification_missing`` and
    ``verification_red`` (the latest kept report of verification is not newer than these days, or not green).
    """
    if starts_on > ends_on or ends_on >= at.date():
        raise Refused("period_malformed", _("A period ends after it starts, and is over before it is closed."))
    owner = book_row(book)
    facts = {"starts": starts_on.isoformat(), "ends": ends_on.isoformat()}
    try:
        with transaction.atomic():
            if Period.objects.filter(book=owner, starts_on=starts_on, ends_on=ends_on).exists():
                return
            require_green(after=ends_on)
            # First the row: its law waits for entries that are being written and keeps later ones out.
            Period.objects.create(book=owner, starts_on=starts_on, ends_on=ends_on, closed_at=at, closed_by=by)
            dated = JournalEntry.objects.filter(book=owner, effective_on__gte=starts_on, effective_on__lte=ends_on)
            waiting = dated.exclude(id__in=LogLeaf.objects.filter(entry__isnull=False).values("entry_id")).count()
            if waiting:
                raise Refused(
                    "entries_waiting",
                    _("%(count)s entries of this period have no place in the log yet; try again in a few seconds."),
                    count=waiting,
                )
            key = f"period:{starts_on}:{ends_on}"
            notice("PERIOD_CLOSED", book=book, effective_on=at.date(), facts=facts, by=by, at=at, key=key)
            _state(book, starts_on, ends_on, by=by, at=at)
    except IntegrityError as error:
        refusal = refusal_of(error)
        raise refusal from error


def _state(book: str, starts_on: date, ends_on: date, *, by: str, at: datetime) -> None:
    """Announce the period's statements, as of what is numbered now: every entry of the period is."""
    position, _root = at_position(None)
    for currency in statements.currencies(book):
        for kind in KINDS:
            made = statements.make(
                kind, book=book, currency=currency, starts_on=starts_on, ends_on=ends_on, position=position
            )
            broken = [one.code for one in made.identities if not one.holds]
            if broken:
                raise RuntimeError(f"{kind} in {currency} does not hold: {', '.join(broken)}")
            facts = {
                "statement": kind, "form": made.form, "currency": currency, "starts": starts_on.isoformat(),
                "ends": ends_on.isoformat(), "position": position, "digest": made.digest(),
            }  # fmt: skip
            key = f"statement:{kind}:{currency}:{starts_on}:{ends_on}"
            notice("STATEMENT", book=book, effective_on=at.date(), facts=facts, by=by, at=at, key=key)


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """A closed period with the statements that were put into the log when it was closed."""

    starts_on: date
    ends_on: date
    closed_at: datetime
    closed_by: str
    statements: tuple[StatedStatement, ...]


def closed_periods(*, book: str) -> list[ClosedPeriod]:
    """The closed periods of a book, newest first."""
    owner = book_row(book)
    rows = Period.objects.filter(book=owner).order_by("-starts_on")
    said: dict[tuple[date, date], list[StatedStatement]] = {}
    for one in stated.stated(book=book):
        said.setdefault((one.starts_on, one.ends_on), []).append(one)
    return [
        ClosedPeriod(
            row.starts_on, row.ends_on, row.closed_at, row.closed_by, tuple(said.get((row.starts_on, row.ends_on), ()))
        )
        for row in rows
    ]


def first_open_day(*, book: str) -> date | None:
    """The day from which the next period begins: after the last closed one, else the book's first; None if empty."""
    owner = book_row(book)
    last: date | None = Period.objects.filter(book=owner).aggregate(day=Max("ends_on"))["day"]
    if last:
        return last + timedelta(days=1)
    first: date | None = JournalEntry.objects.filter(book=owner).aggregate(day=Min("effective_on"))["day"]
    return first


def is_closed(*, book: str, on: date) -> bool:
    """Whether a day of a book is closed."""
    return Period.objects.filter(book=book_row(book), starts_on__lte=on, ends_on__gte=on).exists()


def closed_among(*, book: str, days: Iterable[date]) -> set[date]:
    """Which of some days of a book are closed, by one question."""
    asked = set(days)
    if not asked:
        return set()
    spans = Period.objects.filter(book=book_row(book), starts_on__lte=max(asked), ends_on__gte=min(asked))
    closed = list(spans.values_list("starts_on", "ends_on"))
    return {day for day in asked if any(starts <= day <= ends for starts, ends in closed)}
