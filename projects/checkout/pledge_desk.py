"""What a donor may wish of a regular gift. It is written down, the provider is asked, its answer is read back.

A key names the pledge, the wish, and how many wishes were carried out before: the same wish twice is one request.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.checkout import billing_client, pledge_care, pledge_letters
from projects.checkout.models import PledgeCare
from projects.giving import pledges
from projects.giving import policies as giving_policies
from projects.giving.bearing import day_of
from projects.giving.limits import check_amount
from projects.giving.models import Pledge
from projects.giving.pledge_policies import AMOUNT, CANCEL, CARD, PAUSE, RESUME, SKIP, check_may

SESSION_MINUTES = 60
# A charge is left out by a pause that ends the day after it.
PAST_THE_CHARGE = timedelta(days=1)
BY_DONOR = "pledge.by_donor"


def begin(
    pledge: Pledge, *, title: str, description: str, success_url: str, cancel_url: str, by: Any, at: datetime
) -> str:
    """The address where the donor makes the first payment; empty when there is nothing to pay any more."""
    if pledge.state != Pledge.State.INITIATED:
        return ""
    if pledge.session_ref:
        return billing_client.read_page(pledge.session_ref).url
    page = billing_client.open_page(
        pledge_ref=pledge.ref,
        amount_minor=pledge.amount_minor,
        currency=pledge.currency,
        interval=pledge.interval,
        title=title,
        description=description,
        email=pledge.email,
        locale=_locale(pledge),
        # From the pledge's own moment, not from now: the same request twice must be the same request.
        expires_at=int((pledge.created_at + timedelta(minutes=SESSION_MINUTES)).timestamp()),
        success_url=success_url,
        cancel_url=cancel_url,
    )
    pledges.bind_pledge(pledge, session_ref=page.session_id, by=by, at=at)
    pledge_care.start_care(pledge, at=at)
    return page.url


def skip(pledge: Pledge, *, by: Any, at: datetime) -> None:
    """Leave out the next charge; the one after it comes as always."""
    check_may(pledge, SKIP)
    assert pledge.next_charge_at is not None  # check_may
    until = int((pledge.next_charge_at + PAST_THE_CHARGE).timestamp())
    _carry_out(pledge, SKIP, lambda ref, key: billing_client.pause(ref, resumes_at=until, key=key), by=by, at=at)


def pause(pledge: Pledge, *, by: Any, at: datetime) -> None:
    """No charge until the donor resumes."""
    check_may(pledge, PAUSE)
    _carry_out(pledge, PAUSE, lambda ref, key: billing_client.pause(ref, resumes_at=0, key=key), by=by, at=at)


def resume(pledge: Pledge, *, by: Any, at: datetime) -> None:
    """Charge again, also the next one where it was to be left out. Refused where the project takes no gifts now."""
    check_may(pledge, RESUME)
    giving_policies.check_project_takes_gifts(pledge.project, day_of(at))
    _carry_out(pledge, RESUME, lambda ref, key: billing_client.resume(ref, key=key), by=by, at=at)


def change_amount(pledge: Pledge, *, amount_minor: int, by: Any, at: datetime) -> None:
    """Another amount from the next charge on, within the bounds of one gift."""
    check_may(pledge, AMOUNT)
    check_amount(amount_minor, pledge.currency)
    if amount_minor == pledge.amount_minor:
        raise Refused("amount_unchanged", _r("This is the amount you give already."))
    pledges.promise_amount(pledge, amount_minor=amount_minor, by=by, at=at)

    def ask(ref: str, key: str) -> Any:
        made = billing_client.read_subscription(ref)
        return billing_client.change_amount(made, amount_minor=amount_minor, key=f"{key}:{amount_minor}")

    _at_provider(pledge, AMOUNT, ask, at=at)


def card_page(pledge: Pledge, *, back_url: str, by: Any, at: datetime) -> str:
    """The provider's page on which another card is put on file. What happened there is read when it is over."""
    check_may(pledge, CARD)
    pledges.ask(pledge, CARD, by=by, at=at)
    made = billing_client.read_subscription(pledge.subscription_ref or "")
    page = billing_client.open_card_page(
        pledge_ref=pledge.ref,
        subscription_id=made.subscription_id,
        customer_id=made.customer_id,
        currency=pledge.currency,
        locale=_locale(pledge),
        url=back_url,
        # Pages of this kind end after a day; who comes back later gets another.
        key=f"pledge:{pledge.ref}:card:{pledge.wishes}:{day_of(at).isoformat()}",
    )
    PledgeCare.objects.update_or_create(pledge=pledge, defaults={"card_page_ref": page.session_id})
    return page.url


def cancel(pledge: Pledge, *, by: Any, at: datetime) -> None:
    """End it now. What was given stays given."""
    check_may(pledge, CANCEL)
    _carry_out(pledge, CANCEL, lambda ref, key: billing_client.cancel(ref, reason=BY_DONOR, key=key), by=by, at=at)


def send_link(pledge: Pledge, *, at: datetime) -> None:
    """A fresh link to the pledge's page, to its own address and nowhere else."""
    pledge_letters.send(pledge, "pledge_link", at=at)


def _carry_out(pledge: Pledge, verb: str, ask: Callable[[str, str], Any], *, by: Any, at: datetime) -> None:
    pledges.ask(pledge, verb, by=by, at=at)
    _at_provider(pledge, verb, ask, at=at)


def _at_provider(pledge: Pledge, verb: str, ask: Callable[[str, str], Any], *, at: datetime) -> None:
    wish = pledge.wishes
    ask(pledge.subscription_ref or "", f"pledge:{pledge.ref}:{verb}:{wish}")
    pledges.count_wish(pledge, wish)
    pledge_care.follow(pledge, at=at)
    pledge.refresh_from_db()


def _locale(pledge: Pledge) -> str:
    with translation.override(pledge.language):
        return "zh" if (translation.get_language() or "").startswith("zh") else "en"
