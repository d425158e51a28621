"""When a gift may do what it is asked to do. Each rule raises a sentence fit for the screen."""

from datetime import date
from typing import Any

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.giving.models import Gift
from projects.giving.states import DISPUTE_OPEN

OPEN_STATE = "OPEN"


def check_project_takes_gifts(project: Any, on: date) -> None:
    """Only an open project, inside its dates, takes gifts."""
    if project.state != OPEN_STATE:
        raise Refused("project_not_open", _r("This project is not taking gifts at the moment."))
    if project.starts_on and on < project.starts_on:
        raise Refused(
            "project_not_started", _r("This project takes gifts from %(day)s."), day=project.starts_on.isoformat()
        )
    if project.ends_on and on > project.ends_on:
        raise Refused("project_ended", _r("This project took gifts until %(day)s."), day=project.ends_on.isoformat())


def check_currency(project: Any, currency: str) -> None:
    """A project has one currency: its fund's."""
    if project.currency != currency:
        raise Refused("currency_mismatch", _r("This project takes gifts in %(currency)s."), currency=project.currency)


def check_cover(cover_minor: int, amount_minor: int) -> None:
    """What a donor adds for the payment fee is a part of the whole that is paid (both in minor units)."""
    if not 0 <= cover_minor < amount_minor:
        raise Refused("cover_wrong", _r("What is added for the payment fee must be a part of the whole."))


def check_same_money(gift: Gift, amount_minor: int, currency: str) -> None:
    """What the provider reports must be what we asked for, to the cent."""
    if amount_minor != gift.amount_minor or currency.upper() != gift.currency:
        raise Refused(
            "amount_mismatch",
            _r("The payment (%(reported)s %(reported_currency)s) is not the gift (%(asked)s %(currency)s)."),
            reported=amount_minor,
            reported_currency=currency.upper(),
            asked=gift.amount_minor,
            currency=gift.currency,
        )


def check_refundable(gift: Gift, amount_minor: int) -> None:
    """Only money that came in can go back, and only once: while a bank asks about a gift, it would pay twice."""
    if gift.state != Gift.State.SETTLED:
        raise Refused("gift_not_settled", _r("Only a gift that has been received can be refunded."))
    if gift.disputes.filter(state__in=DISPUTE_OPEN).exists():
        raise Refused("gift_disputed", _r("The donor's bank is asking about this gift; a refund now could pay twice."))
    if amount_minor <= 0 or amount_minor > gift.left_minor:
        raise Refused("refund_too_large", _r("More than is left of this gift cannot be refunded."))
