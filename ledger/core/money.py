"""Money: whole minor units with a currency. No floats anywhere.

Exponents are ISO 4217's number of decimal places; a currency that is not in the table is refused, never guessed.
"""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _

EXPONENTS: dict[str, int] = {
    "CNY": 2, "HKD": 2, "TWD": 2, "USD": 2, "EUR": 2, "GBP": 2, "AUD": 2, "CAD": 2, "SGD": 2, "CHF": 2, "NZD": 2,
    "MYR": 2, "INR": 2, "SEK": 2, "NOK": 2, "DKK": 2, "THB": 2,
    "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0,
    "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip

SYMBOLS = {"CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥"}

# RFC 8785 numbers are exact below 2**53; one entry may never be larger than this, so every sum of a book stays exact.
LARGEST_MINOR = 10**15

_PLAIN = re.compile(r"[0-9]{1,16}(\.[0-9]{1,6})?\Z")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,6})?\Z")
# Full-width digits and marks come from Chinese keyboards; they mean the same.
_NARROW = str.maketrans("０１２３４５６７８９．，－￥", "0123456789.,-¥")


def exponent(currency: str) -> int:
    """How many decimal places the currency has."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise Refused(
            "currency_unknown", _("The currency %(currency)s is not known here."), currency=currency[:8]
        ) from None


def parse_amount(text: str, currency: str) -> int:
    """What a person typed, as minor units; always positive.

    >>> parse_amount("1,234.50", "CNY")
    123450
    >>> parse_amount("￥２０", "CNY")
    2000
    """
    places = exponent(currency)
    typed = text.strip().translate(_NARROW).lstrip("¥$€£").strip()
    if typed.startswith("-"):
        raise Refused("amount_not_positive", _("The amount must be more than zero."))
    if not (_PLAIN.match(typed) or _GROUPED.match(typed)):
        raise Refused("amount_not_a_number", _("Type the amount as a number, for example 100 or 99.50."))
    try:
        value = Decimal(typed.replace(",", ""))
    except InvalidOperation:  # pragma: no cover - the patterns admit nothing else
        raise Refused("amount_not_a_number", _("Type the amount as a number, for example 100 or 99.50.")) from None
    minor = value.scaleb(places)
    if minor != minor.to_integral_value():
        raise Refused(
            "amount_too_fine",
            _("%(currency)s has %(places)s decimal places at most."),
            currency=currency,
            places=places,
        )
    if minor <= 0:
        raise Refused("amount_not_positive", _("The amount must be more than zero."))
    if minor > LARGEST_MINOR:
        raise Refused("amount_too_large", _("This amount is larger than one entry may hold."))
    return int(minor)


def decimal_text(minor: int, currency: str) -> str:
    """The amount with its decimal places and nothing else: ``-12.05``."""
    places = exponent(currency)
    sign = "-" if minor < 0 else ""
    digits = str(abs(minor)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def format_amount(minor: int, currency: str, *, whole: bool = False) -> str:
    """The amount for a reader: symbol (or code) first, groups of three. ``whole`` drops empty decimals.

    >>> format_amount(123450, "CNY")
    '¥1,234.50'
    >>> format_amount(2000, "CNY", whole=True)
    '¥20'
    """
    sign = "−" if minor < 0 else ""
    head, point, tail = decimal_text(abs(minor), currency).partition(".")
    if whole and not int(tail or "0"):
        point = tail = ""
    mark = SYMBOLS.get(currency, f"{currency} ")
    return f"{sign}{mark}{int(head):,}{point}{tail}"


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Hand out an amount by weights so that the parts add up to it exactly (largest remainder, ties to the first).

    >>> split(100, [1, 1, 1])
    [34, 33, 33]
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    parts = [amount_minor * weight // total for weight in weights]
    rest = amount_minor - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount_minor * weights[i] % total), i))
    for i in by_remainder[:rest]:
        parts[i] += 1
    return parts
