"""Who bears what a provider keeps or takes, and on which day an entry stands."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ledger import posting, transparency
from ledger.core.refusals import Refused
from projects.giving.models import Gift

GENERAL_FUND = "general"
# What the books answer where the general fund has another currency than the gift.
OTHER_CURRENCY = ("currency_differs", "account_unknown")
T = TypeVar("T")


def day_of(at: datetime) -> date:
    """The charity's calendar day of a moment."""
    return timezone.localtime(at).date()


def moment_of(seconds: int) -> datetime:
    """A provider's moment (seconds since 1970, UTC)."""
    return datetime.fromtimestamp(seconds, UTC)


def when_open(act: Callable[[date], T], *, on: date | None, at: datetime) -> T:
    """Post on the day the provider names; where that day's period is closed (news came late), on the day of ``at``."""
    try:
        with transaction.atomic():
            return act(on or day_of(at))
    except Refused as refused:
        if refused.code != "period_closed" or on is None:
            raise
        return act(day_of(at))


def borne_by(
    gift: Gift,
    recipe: Callable[..., Any],
    *,
    amount_minor: int,
    document_ref: str,
    key: str,
    by: Any,
    at: datetime,
    on: date | None = None,
) -> UUID | None:
    """Post a cost that a gift brought, and return its entry. None means "later".

    The general fund bears it, or it stands there as a shortfall; where that fund has another currency, the shortfall
    stands in the gift's own fund. While the gift itself (which may be the general fund's first money) has no place in
    the log, it is too early to say that nobody can bear it.
    """
    own = gift.project.fund_code if gift.project else GENERAL_FUND
    for fund, borne in ((GENERAL_FUND, True), (GENERAL_FUND, False), (own, False)):

        def post(day: date, fund: str = fund, borne: bool = borne) -> UUID:
            draft = recipe(
                book=gift.organisation.book_code,
                fund=fund,
                amount_minor=amount_minor,
                currency=gift.currency,
                effective_on=day,
                document_ref=document_ref,
                borne=borne,
            )
            return posting.post(draft, by=by.ref, at=at, key=key).entry_id

        try:
            with transaction.atomic():
                return when_open(post, on=on, at=at)
        except Refused as refused:
            if refused.code not in ("fund_overspent", *OTHER_CURRENCY):
                raise
            if refused.code == "fund_overspent" and (
                gift.entry_id is None or transparency.position_of(gift.entry_id) is None
            ):
                return None
    return None
