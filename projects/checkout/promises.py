"""What the form may promise before anybody pays: how much a gift would be matched with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.core.money import format_amount
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
