"""When a regular gift may be changed, and how long before a charge the donor is told."""

from datetime import date, timedelta

from django.conf import settings

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.giving.models import Pledge

P = Pledge.State

SKIP, PAUSE, RESUME, AMOUNT, CARD, CANCEL = "skip", "pause", "resume", "amount", "card", "cancel"

# In which states a donor may wish for what.
ALLOWED: dict[str, frozenset[str]] = {
    SKIP: frozenset({P.ACTIVE}),
    PAUSE: frozenset({P.ACTIVE}),
    RESUME: frozenset({P.ACTIVE, P.PAUSED}),
    AMOUNT: frozenset({P.ACTIVE, P.PAUSED}),
    CARD: frozenset({P.ACTIVE, P.PAUSED, P.PAST_DUE}),
    CANCEL: frozenset({P.ACTIVE, P.PAUSED, P.PAST_DUE}),
}

# From which day on, and how many days before each charge the donor is told. No law of the places we know gives the
# figure, so it is the charity's choice; `PLEDGE_NOTICE_DAYS` in the settings replaces the table.
DEFAULT_NOTICE: tuple[tuple[date, int], ...] = ((date(2026, 1, 1), 7),)


def notice_ahead(on: date) -> timedelta:
    """How long before a charge the donor is told of it, by the row in force on a day."""
    table = getattr(settings, "PLEDGE_NOTICE_DAYS", DEFAULT_NOTICE)
    days = [days for since, days in sorted(table) if since <= on] or [table[0][1]]
    return timedelta(days=days[-1])


def may(pledge: Pledge, verb: str) -> bool:
    """Whether a wish makes sense now; screens offer what this allows."""
    if verb == SKIP and (pledge.skips_until or not pledge.next_charge_at):
        return False
    if verb == RESUME and pledge.state == P.ACTIVE and not pledge.skips_until:
        return False
    return pledge.state in ALLOWED[verb]


def check_may(pledge: Pledge, verb: str) -> None:
    """Refuse a wish that makes no sense now."""
    if pledge.state not in P.values or pledge.ended_at or not pledge.is_live:
        raise Refused("pledge_not_live", _r("This regular gift is not running."))
    if not may(pledge, verb):
        raise Refused(
            "pledge_not_now", _r("This cannot be done with the regular gift as it is now. Please look again.")
        )


def check_interval(interval: str) -> None:
    """Every month or every year; nothing else is offered."""
    if interval not in Pledge.Interval.values:
        raise Refused("interval_unknown", _r("Please choose once, every month or every year."))
