"""Closing a month of an organisation's books. It is announced in the public log and never undone."""

import datetime
from calendar import monthrange

from django.db import transaction
from django.utils import timezone

from ledger import periods
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access import permissions
from projects.access.actors import Actor
from projects.audit import actions as audit
from projects.organisations.models import Organisation


def open_months(organisation: Organisation, *, on: datetime.date) -> list[datetime.date]:
    """The first days of the months that are over and not closed yet, oldest first."""
    day = periods.first_open_day(book=organisation.book_code)
    months = []
    while day is not None and last_day(day) < on:
        months.append(day.replace(day=1))
        day = last_day(day) + datetime.timedelta(days=1)
    return months


def close_month(organisation: Organisation, *, month: datetime.date, by: Actor, at: datetime.datetime) -> None:
    """Close the oldest open month: its days take no entry any more, and its statements go into the log.

    Refused: ``month_out_of_turn`` (an older one is open), and what `ledger.periods.close_period` refuses.
    """
    permissions.require(by, "books.close", organisation=organisation, on=timezone.localtime(at).date())
    # The books close by their own day, which ends at midnight UTC.
    months = open_months(organisation, on=at.astimezone(datetime.UTC).date())
    if month.replace(day=1) not in months[:1]:
        raise Refused("month_out_of_turn", _r("Months are closed one after the other, the oldest first."))
    # Days of a month that come before the book's first entry are closed with it.
    starts_on, ends_on = month.replace(day=1), last_day(month)
    with transaction.atomic():
        periods.close_period(book=organisation.book_code, starts_on=starts_on, ends_on=ends_on, by=by.ref, at=at)
        audit.record(
            by=by,
            at=at,
            event="books.month_closed",
            subject=("organisation", organisation.ref),
            organisation_ref=organisation.ref,
            facts={"starts": starts_on.isoformat(), "ends": ends_on.isoformat()},
        )


def last_day(day: datetime.date) -> datetime.date:
    """The last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])
