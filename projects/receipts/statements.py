"""A donor's receipts of some days, and their sum by currency. Read from the receipts each time; nothing is kept.

A day is the day the money arrived, as it stands on the receipt, both ends included. Valid receipts are counted and
nothing else; void ones are shown as void, beside the one that took their place, and gifts whose donor wanted no receipt
are named without being counted.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from ledger.core.money import format_amount
from projects.giving.models import Donor, Gift
from projects.receipts.models import Receipt


@dataclass(frozen=True, slots=True)
class Section:
    """The receipts in one currency, oldest first. ``total_minor``: of the valid ones, in minor units."""

    currency: str
    receipts: tuple[Receipt, ...]
    total_minor: int
    valid_count: int

    @property
    def total(self) -> str:
        return format_amount(self.total_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a donor is told of some days."""

    donor: Donor
    since: date
    until: date
    at: datetime
    sections: tuple[Section, ...]
    waived: tuple[Gift, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.sections or self.waived)


def statement_of(donor: Donor, *, since: date, until: date, at: datetime) -> Statement:
    """The statement as the receipts stand now (``at`` is printed on it)."""
    receipts = Receipt.objects.filter(gift__donor=donor, given_on__range=(since, until))
    waived = Gift.objects.filter(donor=donor, receipt_waiver__isnull=False, settled_at__isnull=False)
    listed = list(receipts.select_related("void", "issuer").order_by("currency", "given_on", "gift_id", "edition"))
    inside = [
        gift
        for gift in waived.select_related("project", "organisation").order_by("settled_at", "id")
        if since <= timezone.localtime(gift.settled_at).date() <= until
    ]
    return Statement(donor, since, until, at, _sections(listed), tuple(inside))


def _sections(receipts: list[Receipt]) -> tuple[Section, ...]:
    by_currency: dict[str, list[Receipt]] = {}
    for receipt in receipts:
        by_currency.setdefault(receipt.currency, []).append(receipt)
    return tuple(_section(currency, rows) for currency, rows in by_currency.items())


def _section(currency: str, rows: list[Receipt]) -> Section:
    valid = [row.amount_minor for row in rows if not row.is_void]
    return Section(currency, tuple(rows), sum(valid), len(valid))
