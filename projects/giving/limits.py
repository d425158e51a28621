"""What one gift may be, per currency that the ledger knows. No law gives these figures: they are a charity's
settings, kept as data.

The upper bound keeps a slipped finger from becoming a donation (Stripe itself ends at eight digits of the minor
unit); a larger gift is arranged by bank transfer.
`GIFT_LIMITS` in the settings replaces the table.
"""

from dataclasses import dataclass

from django.conf import settings

from ledger.core.money import exponent, format_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r


@dataclass(frozen=True)
class Limits:
    """Smallest and largest gift, and the amounts the form suggests; all in minor units."""

    least_minor: int
    most_minor: int
    suggested_minor: tuple[int, ...]


DEFAULT_LIMITS: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "CNY": (1_00, 500_000_00, (20_00, 50_00, 100_00, 500_00)),
    "HKD": (10_00, 500_000_00, (50_00, 100_00, 300_00, 1_000_00)),
    "USD": (1_00, 150_000_00, (5_00, 20_00, 50_00, 200_00)),
    "EUR": (1_00, 150_000_00, (5_00, 20_00, 50_00, 200_00)),
    "GBP": (1_00, 150_000_00, (5_00, 20_00, 50_00, 200_00)),
    "JPY": (100, 15_000_000, (500, 1_000, 3_000, 10_000)),
    "KRW": (1_000, 90_000_000, (5_000, 10_000, 30_000, 100_000)),
    "TWD": (30_00, 900_000_00, (100_00, 300_00, 500_00, 2_000_00)),
    "AUD": (2_00, 200_000_00, (10_00, 25_00, 50_00, 200_00)),
    "CAD": (2_00, 200_000_00, (10_00, 25_00, 50_00, 200_00)),
    "SGD": (2_00, 200_000_00, (10_00, 20_00, 50_00, 200_00)),
    "NZD": (2_00, 200_000_00, (10_00, 25_00, 50_00, 200_00)),
    "CHF": (1_00, 150_000_00, (10_00, 20_00, 50_00, 200_00)),
    "MYR": (5_00, 500_000_00, (20_00, 50_00, 100_00, 500_00)),
    "INR": (50_00, 900_000_00, (300_00, 500_00, 1_000_00, 5_000_00)),
    "THB": (20_00, 900_000_00, (100_00, 300_00, 500_00, 2_000_00)),
    "SEK": (10_00, 900_000_00, (50_00, 100_00, 300_00, 1_000_00)),
    "NOK": (10_00, 900_000_00, (50_00, 100_00, 300_00, 1_000_00)),
    "DKK": (10_00, 900_000_00, (50_00, 100_00, 300_00, 1_000_00)),
    "VND": (25_000, 99_000_000, (100_000, 200_000, 500_000, 2_000_000)),
    "CLP": (1_000, 90_000_000, (5_000, 10_000, 20_000, 100_000)),
    "KWD": (500, 50_000_000, (2_000, 5_000, 10_000, 50_000)),
    "BHD": (500, 50_000_000, (2_000, 5_000, 10_000, 50_000)),
    "OMR": (500, 50_000_000, (2_000, 5_000, 10_000, 50_000)),
    "JOD": (1_000, 90_000_000, (5_000, 10_000, 20_000, 100_000)),
    "TND": (2_000, 90_000_000, (10_000, 20_000, 50_000, 200_000)),
}


def limits_of(currency: str) -> Limits:
    """The bounds for a currency; a currency without bounds is not accepted."""
    table = getattr(settings, "GIFT_LIMITS", DEFAULT_LIMITS)
    if currency not in table:
        raise Refused("currency_unknown", _r("Gifts in %(currency)s are not accepted here."), currency=currency)
    least, most, suggested = table[currency]
    return Limits(least, most, tuple(suggested))


def step_minor(currency: str) -> int:
    """Amounts by card are multiples of this many minor units: cards know two decimals (Stripe's rule for three)."""
    return 10 if exponent(currency) == 3 else 1


def check_amount(amount_minor: int, currency: str) -> None:
    """Refuse an amount outside the bounds of its currency."""
    limits = limits_of(currency)
    if type(amount_minor) is not int or amount_minor <= 0:
        raise Refused("amount_not_positive", _r("Please give an amount above zero."))
    if amount_minor % step_minor(currency):
        raise Refused(
            "amount_too_fine_for_cards", _r("By card, the third decimal of %(currency)s is 0."), currency=currency
        )
    if amount_minor < limits.least_minor:
        raise Refused(
            "amount_too_small",
            _r("The smallest gift here is %(least)s."),
            least=format_amount(limits.least_minor, currency, whole=True),
        )
    if amount_minor > limits.most_minor:
        raise Refused(
            "amount_too_large",
            _r("The largest gift here is %(most)s. For more, please write to us."),
            most=format_amount(limits.most_minor, currency, whole=True),
        )
