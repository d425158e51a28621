"""Goods that are given: what they are, what they are worth and how that was found; and where the books keep them.

Goods lie in a fund of their own beside the money of the same purpose: an award pays out what its fund holds, and
nobody can be paid in blankets.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger import books
from ledger.core.money import exponent, format_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.giving.hand_models import HandGift

# Of goods for the charity itself; those of a project lie in a fund named by its reference.
GENERAL_GOODS = "general-goods"
# A thousandth is the finest quantity: grams of a kilogram.
FINEST = Decimal("0.001")
MOST = Decimal(10) ** 9


@dataclass(frozen=True)
class Goods:
    """What was given. ``evidence_minor``: the value that the evidence states, in minor units."""

    description: str
    quantity: Decimal
    unit: str
    value_basis: str
    evidence_minor: int

    def facts(self) -> dict[str, Any]:
        """As they stand in the row of the gift."""
        return {
            "goods": self.description.strip(),
            "quantity": self.quantity,
            "unit": self.unit.strip(),
            "value_basis": self.value_basis,
            "evidence_minor": self.evidence_minor,
        }


def check(goods: Goods, amount_minor: int | None, currency: str) -> None:
    """Goods are named, counted and valued, and not above what the evidence says.

    Refused: ``goods_unnamed``, ``quantity_missing``, ``unit_missing``, ``value_missing``, ``value_basis_missing``,
    ``value_above_evidence``.
    """
    exponent(currency)
    check_count(goods.description, goods.quantity, goods.unit)
    for value in (amount_minor, goods.evidence_minor):
        if type(value) is not int or value <= 0:
            raise Refused("value_missing", _r("Goods are booked at a value: give it, and what the evidence says."))
    if goods.value_basis not in HandGift.ValueBasis.values:
        raise Refused("value_basis_missing", _r("Say how the value was found."))
    if amount_minor is not None and amount_minor > goods.evidence_minor:
        raise Refused(
            "value_above_evidence",
            _r("The evidence says %(evidence)s: the value cannot be more."),
            evidence=format_amount(goods.evidence_minor, currency),
        )


def check_count(description: str, quantity: Decimal, unit: str) -> None:
    """Goods are named and counted. Refused: ``goods_unnamed``, ``quantity_missing``, ``unit_missing``."""
    if not description.strip():
        raise Refused("goods_unnamed", _r("Say what was given."))
    if not quantity.is_finite() or not FINEST <= quantity < MOST or quantity % FINEST:
        raise Refused("quantity_missing", _r("Say how many, with at most three decimals."))
    if not unit.strip():
        raise Refused("unit_missing", _r("Say in what unit it was counted: pieces, boxes, kilograms …"))


def fund_of(project: Any) -> str:
    """The code of the fund in which goods for a project (or for the charity itself) lie."""
    return f"goods-{project.ref[:24]}" if project else GENERAL_GOODS


def open_fund(organisation: Any, project: Any, currency: str, *, by: Any, at: datetime) -> None:
    """Open that fund in the charity's book. The same again changes nothing."""
    books.open_fund(
        book=organisation.book_code,
        code=fund_of(project),
        restriction="PURPOSE" if project else "NONE",
        currency=currency,
        project_ref=project.ref if project else "",
        by=by.ref,
        at=at,
    )
