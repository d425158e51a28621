"""What the form may promise before anybody pays: how much a gift would be matched with.

Pots match all that is paid, and hold for all of it: with the payment fee, where the donor adds it. So an amount has one
promise without the fee and one with it, and the page shows the one that is chosen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from projects.checkout.fee_norms import total_for
from projects.checkout.methods import methods_for
from projects.giving.limits import limits_of, step_minor
from projects.matching.queries import Promise, promise, promises

# Classes of the page's style sheet: shown while the fee is not added; while it is added, and paid in one of these ways.
ALWAYS, WITHOUT_FEE, WITH_FEE = "", "uncovered", "covered"


@dataclass(frozen=True)
class Tile:
    """What an amount would be matched with, the pots' own sentence, and when both are shown.

    ``paid`` is the amount they are worked out for: with the fee, where it is added.
    """

    matched_minor: int
    text: str
    sentence: str
    paid: str
    shown: str


def tiles_for(project: Any, amounts: Iterable[int], at: datetime, *, fee_offered: bool) -> dict[int, list[Tile]]:
    """The promises for each gift (minor units, without the fee). Without an open pot there is nothing to say."""
    currency, on = project.currency, timezone.localtime(at).date()
    paid = {gift: _paid(gift, currency, on) if fee_offered else {} for gift in amounts}
    wanted = sorted({*paid, *(total for totals in paid.values() for total in totals)})
    found = {one.amount_minor: one for one in promises(project, wanted, at)}
    return {gift: _tiles(gift, totals, found) for gift, totals in paid.items()}


def _paid(gift_minor: int, currency: str, on: date) -> dict[int, list[str]]:
    """What is paid for a gift with the fee, and the ways of paying that make it so much."""
    totals: dict[int, list[str]] = {}
    for method in methods_for(currency):
        try:
            total = total_for(gift_minor, currency, method, on=on, step_minor=step_minor(currency))
        except Refused:  # the form says so beside the box
            continue
        totals.setdefault(total, []).append(method)
    return totals


def _tiles(gift: int, totals: dict[int, list[str]], found: dict[int, Promise]) -> list[Tile]:
    ways = {total: " ".join([WITH_FEE, *(f"by-{method}" for method in methods)]) for total, methods in totals.items()}
    made = [_tile(found[gift], WITHOUT_FEE if ways else ALWAYS)]
    made += [_tile(found[total], shown) for total, shown in ways.items()]
    return [tile for tile in made if tile.sentence]


def _tile(found: Promise, shown: str) -> Tile:
    if not found.is_open:
        return Tile(0, "", "", "", shown)
    text = format_amount(found.matched_minor, found.currency, whole=True) if found.matched_minor else ""
    return Tile(found.matched_minor, text, found.sentence, format_amount(found.amount_minor, found.currency), shown)


def terms_for(project: Any, at: datetime) -> list[str]:
    """The open pots' terms in words, for an amount that is not known yet."""
    found = promise(project, limits_of(project.currency).least_minor, at)
    return [_terms(one.rule, one.left_minor, found.currency) for one in found.pools if one.left_minor]


def _terms(rule: Any, left_minor: int, currency: str) -> str:
    values = {"percent": f"{rule.ratio_bps / 100:g}", "left": format_amount(left_minor, currency, whole=True)}
    if rule.cap_per_gift_minor is None:
        return _("A sponsor adds %(percent)s%% of your gift while the pot lasts; %(left)s is left.") % values
    values["cap"] = format_amount(rule.cap_per_gift_minor, currency, whole=True)
    return (
        _("A sponsor adds %(percent)s%% of your gift, %(cap)s at most, while the pot lasts; %(left)s is left.") % values
    )
