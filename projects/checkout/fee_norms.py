"""What a payment is estimated to cost, as dated data; and how much a donor adds so that the gift is left after it.

**An estimate, never a fact.** What the provider really kept is read from its balance transaction and booked as that
(`facts.Move`); nothing here reaches the books. Prices differ by account, card and country, so a charity with a
contract of its own replaces the table by `FEE_NORMS` in the settings.

Where `source` is `ASSUMED`, no public price was found and the figure is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.checkout.methods import ALIPAY, CARD, WECHAT_PAY

PARTS = 10_000
PUBLISHED = "Stripe's standard price for a card of the account's own country, as published in 2026"
ASSUMED = "no public price: assumed as for an account in Hong Kong"


@dataclass(frozen=True)
class FeeNorm:
    """From a day on: parts per ten thousand of what is paid, and a fixed part in minor units of its currency."""

    since: date
    bps: int
    fixed_minor: int
    source: str


Norms = Mapping[tuple[str, str], tuple[FeeNorm, ...]]
_DAY = date(2026, 1, 1)
NORMS: Norms = {
    (CARD, "USD"): (FeeNorm(_DAY, 290, 30, PUBLISHED),),
    (CARD, "CAD"): (FeeNorm(_DAY, 290, 30, PUBLISHED),),
    (CARD, "EUR"): (FeeNorm(_DAY, 150, 25, PUBLISHED),),
    (CARD, "GBP"): (FeeNorm(_DAY, 150, 20, PUBLISHED),),
    (CARD, "AUD"): (FeeNorm(_DAY, 170, 30, PUBLISHED),),
    (CARD, "SGD"): (FeeNorm(_DAY, 340, 50, PUBLISHED),),
    (CARD, "HKD"): (FeeNorm(_DAY, 340, 2_35, PUBLISHED),),
    (CARD, "JPY"): (FeeNorm(_DAY, 360, 0, PUBLISHED),),
    (CARD, "CNY"): (FeeNorm(_DAY, 340, 2_00, ASSUMED),),
    (CARD, "KRW"): (FeeNorm(_DAY, 340, 400, ASSUMED),),
    (CARD, "KWD"): (FeeNorm(_DAY, 340, 90, ASSUMED),),
    (ALIPAY, "CNY"): (FeeNorm(_DAY, 340, 2_00, ASSUMED),),
    (WECHAT_PAY, "CNY"): (FeeNorm(_DAY, 340, 2_00, ASSUMED),),
}


def norm_for(method: str, currency: str, on: date) -> FeeNorm | None:
    """The norm in force on a day for a way to pay (none chosen: the card) in a currency; none where none is known."""
    table: Norms = getattr(settings, "FEE_NORMS", NORMS)
    known = [norm for norm in table.get((method or CARD, currency), ()) if norm.since <= on]
    return max(known, key=lambda norm: norm.since) if known else None


def estimated_fee(total_minor: int, norm: FeeNorm) -> int:
    """What a payment of this size is thought to cost, in minor units, rounded up."""
    return -(-total_minor * norm.bps // PARTS) + norm.fixed_minor


def gross_up(gift_minor: int, norm: FeeNorm, *, step_minor: int = 1) -> int:
    """The smallest payment of which at least the gift is left after the estimated fee; a multiple of ``step_minor``.

    Whole numbers only: total − ⌈total·bps/10000⌉ − fixed ≥ gift says the same as total·(10000 − bps) ≥
    (gift + fixed)·10000, because gift and fixed are whole.
    """
    kept = PARTS - norm.bps
    total = -(-(gift_minor + norm.fixed_minor) * PARTS // kept)
    return -(-total // step_minor) * step_minor


def total_for(gift_minor: int, currency: str, method: str, *, on: date, step_minor: int) -> int:
    """What a donor pays who adds the fee, in minor units. Refused: ``cover_not_known``, where there is no norm."""
    norm = norm_for(method, currency, on)
    if norm is None:
        raise Refused(
            "cover_not_known", _r("For this way of paying the fee cannot be estimated. Please do not add it here.")
        )
    return gross_up(gift_minor, norm, step_minor=step_minor)
