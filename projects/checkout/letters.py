"""What the donor gets in the hand: a receipt and a letter with the private link, in the language they gave in."""

from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from projects.access.actors import WORKER
from projects.giving.models import Gift
from projects.giving.pledge_links import path_of
from projects.receipts import actions as receipts


def receipt_for(gift: Gift, *, at: datetime) -> None:
    """Issue the receipt of a settled gift; asked again, it is the same receipt."""
    try:
        receipts.issue(gift=gift, by=WORKER, at=at)
    except Refused as refused:
        # The donor wants none, or the gift has gone back before there was one.
        if refused.code not in ("receipt_waived", "gift_refunded"):
            raise


def receipt_after_refund(gift: Gift, *, at: datetime) -> None:
    """The receipt must never say more than the charity kept: void, and issued anew for what is left."""
    receipts.answer_refund(gift=gift, by=WORKER, at=at)


def private_link(gift: Gift) -> str:
    """The address under which the donor follows this gift; who has it, sees it."""
    with translation.override(gift.language):
        home = settings.SITE_URL + "/" + translation.get_language()
    return f"{home}/gift/{gift.trace_token}/"


def send_thanks(gift: Gift) -> None:
    """The letter after the money has come. Without an address there is none; the thanks page has the link too."""
    _send(gift, "thanks")


def send_refunded(gift: Gift) -> None:
    """The letter after the money has gone back."""
    _send(gift, "refunded")


def _pledge_link(gift: Gift) -> str:
    """The page of the regular gift that this one belongs to; empty for a single gift."""
    if gift.pledge is None or not gift.settled_at:
        return ""
    return settings.SITE_URL + path_of(gift.pledge, at=gift.settled_at, language=gift.language)


def _send(gift: Gift, name: str) -> None:
    if not gift.email:
        return
    context = {
        "gift": gift,
        "amount": format_amount(gift.amount_minor, gift.currency),
        "refunded": format_amount(gift.refunded_minor, gift.currency),
        "link": private_link(gift),
        "pledge_link": _pledge_link(gift),
        "project": gift.project,
        "charity": gift.organisation,
    }
    with translation.override(gift.language):
        subject = " ".join(render_to_string(f"checkout/mail/{name}_subject.txt", context).split())
        text = render_to_string(f"checkout/mail/{name}.txt", context)
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [gift.email])
