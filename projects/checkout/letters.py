"""What the donor gets in the hand: a receipt and a letter with the private link, in the language they gave in."""

from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from ledger.core.money import format_amount
from projects.giving.models import Gift


def receipt_for(gift: Gift, *, at: datetime) -> None:
    """Issue the receipt of a settled gift; asked again, it is the same receipt."""


def void_receipt(gift: Gift, *, at: datetime) -> None:
    """The gift has gone back whole: its receipt keeps its number and is void."""


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


def _send(gift: Gift, name: str) -> None:
    if not gift.email:
        return
    context = {
        "gift": gift,
        "amount": format_amount(gift.amount_minor, gift.currency),
        "refunded": format_amount(gift.refunded_minor, gift.currency),
        "link": private_link(gift),
        "project": gift.project,
        "charity": gift.organisation,
    }
    with translation.override(gift.language):
        subject = " ".join(render_to_string(f"checkout/mail/{name}_subject.txt", context).split())
        text = render_to_string(f"checkout/mail/{name}.txt", context)
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [gift.email])
