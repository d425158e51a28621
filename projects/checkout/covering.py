"""What the form says of a payment fee that the donor adds: the estimate, and the total before anything is paid."""

import json
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from ledger.core.money import SYMBOLS, exponent, format_amount
from projects.checkout.fee_norms import norm_for
from projects.checkout.methods import CARD, methods_for
from projects.giving.limits import step_minor


def offer(currency: str, on: date) -> dict[str, Any] | None:
    """The box to tick, with what a script needs to show the total at once; none where no fee can be estimated."""
    norms = {method: norm for method in methods_for(currency) if (norm := norm_for(method, currency, on))}
    if CARD not in norms:
        return None
    card = norms[CARD]
    parts = [f"{card.bps / 100:g}%"]
    if card.fixed_minor:
        parts.append(format_amount(card.fixed_minor, currency))
    return {
        "estimate": " + ".join(parts),
        "since": card.since.isoformat(),
        "norms": json.dumps({method: [norm.bps, norm.fixed_minor] for method, norm in norms.items()}),
        "step": step_minor(currency),
        "places": exponent(currency),
        "mark": SYMBOLS.get(currency, f"{currency} "),
        "sentence": _sentence("{total}", "{gift}", "{cover}"),
    }


def total_sentence(gift_minor: int, total_minor: int, currency: str) -> str:
    """What is paid, in words; amounts in minor units."""
    shown = [format_amount(minor, currency) for minor in (total_minor, gift_minor, total_minor - gift_minor)]
    return _sentence(*shown)


def with_cover(text: str, cover_minor: int, currency: str) -> str:
    """A line of the payment page, with what of the amount (minor units) is added for the fee."""
    if not cover_minor:
        return text
    return _("%(text)s · %(cover)s of it for the payment fee") % {
        "text": text,
        "cover": format_amount(cover_minor, currency),
    }


def _sentence(total: str, gift: str, cover: str) -> str:
    values = {"total": total, "gift": gift, "cover": cover}
    return _("You pay %(total)s: your gift of %(gift)s, and %(cover)s for the payment fee.") % values
