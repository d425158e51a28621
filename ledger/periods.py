"""Closing an accounting period: from then on no entry may be dated inside it (L7). A closed period stays closed."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from ledger.answers import refusal_of
from ledger.books import book_row
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import JournalEntry, LogLeaf, Period
from ledger.posting import notice
from ledger.reports import require_green


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
    except IntegrityError as error:
        refusal = refusal_of(error)
        raise refusal from error


def is_closed(*, book: str, on: date) -> bool:
    """Whether a day of a book is closed."""
    return Period.objects.filter(book=book_row(book), starts_on__lte=on, ends_on__gte=on).exists()
