"""What the form may promise before anybody pays: how much a gift would be matched with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from ledger.core.money import format_amount
from projects.giving.limits import limits_of
from projects.matching.queries import promise


@dataclass(frozen=True)
class Tile:
    """What one suggested amount would be matched with, and the pots' own sentence."""

    matched_minor: int
    text: str
    sentence: str


def tile_for(project: Any, amount_minor: int, at: datetime) -> Tile:
    """The promise for one amount; without an open pot it promises nothing and says nothing."""
    found = promise(project, amount_minor, at)
    if not found.is_open:
        return Tile(0, "", "")
    text = format_amount(found.matched_minor, found.currency, whole=True) if found.matched_minor else ""
    return Tile(found.matched_minor, text, found.sentence)


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
