"""A donor's own gift: how it is found, and what its page is given to show."""

from typing import Any

from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger import reading
from ledger.core.money import format_amount
from projects.giving.models import Gift
from projects.receipts.bills import bill_of
from projects.receipts.models import Receipt
from projects.tracing import stories
from projects.tracing.story import GiftStory

# What can be said about a gift whose money is not (or no longer) in the books.
STATE_WORDS: dict[str, tuple[Any, Any, str]] = {
    Gift.State.INITIATED: (
        lambda: _("Waiting for the payment"),
        lambda: _("The payment is not confirmed yet. This page fills itself once it is; reload it in a minute."),
        "todo",
    ),
    Gift.State.NEEDS_REVIEW: (
        lambda: _("Held for review"),
        lambda: _("What the payment provider reported differs from the gift. A person looks at it; nothing is lost."),
        "todo c-bad",
    ),
    Gift.State.FAILED: (
        lambda: _("The payment failed"),
        lambda: _("No money was taken. You can give again from the project's page."),
        "c-bad",
    ),
    Gift.State.EXPIRED: (
        lambda: _("The payment was not finished in time"),
        lambda: _("No money was taken. You can give again from the project's page."),
        "c-left",
    ),
    Gift.State.SETTLED: (
        lambda: _("Your gift has arrived"),
        lambda: _("It is in the books and gets its place in the public log about a second later."),
        "c-gift",
    ),
    Gift.State.REFUNDED: (
        lambda: _("Your gift was paid back"),
        lambda: _("The books keep both: the gift and its way back."),
        "c-ink",
    ),
}


def by_token(token: str) -> Gift | None:
    return Gift.objects.select_related("project", "organisation").filter(trace_token=token).first()


def find(way: str, *, number: str = "", email: str = "", code: str = "") -> Gift | None:
    """The gift behind a receipt and its address, or behind a private code."""
    return by_token(code) if way == "code" else by_receipt(number, email)


def by_receipt(number: str, email: str) -> Gift | None:
    """Numbers run per charity, so the same one may stand on two charities' receipts; the address tells them apart."""
    if not number or not email:
        return None
    receipts = Receipt.objects.filter(number=number, gift__email__iexact=email).select_related("gift")
    latest = receipts.order_by("-issued_at").first()
    return latest.gift if latest else None


def receipt_of(gift: Gift) -> dict[str, Any]:
    """The gift's latest receipt, whether it still counts, and where its file is."""
    latest = gift.receipts.order_by("-edition").select_related("void").first()
    if latest is None:
        return {}
    return {"number": latest.number, "void": latest.state == Receipt.State.VOID, "url": _receipt_url(gift)}


def _receipt_url(gift: Gift) -> str:
    """The receipts' own address; nothing where that app does not answer."""
    url = f"{reverse('gift', args=[gift.trace_token])}receipt.pdf"
    try:
        resolve(url)
    except Resolver404:
        return ""
    return url


def story_of(gift: Gift) -> GiftStory | None:
    """The story where there is one to tell; without it the page shows the gift's state."""
    return stories.story_of_gift(gift, at=timezone.now())


def context(gift: Gift) -> dict[str, Any]:
    """The story where the gift is in the log; else its state in a sentence, with a way on."""
    story = story_of(gift)
    word, text, css = STATE_WORDS[gift.state]
    return {
        "gift": gift,
        "story": story,
        "proof": reading.entry(gift.entry_id) if story and gift.entry_id else None,
        "receipt": receipt_of(gift),
        "bill": bill_of(gift),
        "day": timezone.localtime(gift.settled_at or gift.created_at).date(),
        "headline": story.headline if story else _headline(gift, word()),
        "state_word": word(),
        "state_text": text(),
        "state_class": css,
    }


def _headline(gift: Gift, word: str) -> str:
    return f"{format_amount(gift.amount_minor, gift.currency)} · {word}"
