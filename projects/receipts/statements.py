"""A donor's receipts of some days, and their sum by currency. Read from the receipts each time; nothing is kept.

A day is the day the money arrived, as it stands on the receipt, both ends included. Valid receipts are counted and
nothing else; void ones are shown as void, beside the one that took their place, and gifts whose donor wanted no receipt
are named without being counted.

A charity's own statement of a donor holds that charity's receipts alone, and the name that stands on them: what the
donor gave elsewhere, and the name given there, are not this charity's to know.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from ledger.core.money import format_amount
from projects.giving.models import Donor, Gift
from projects.organisations.models import Organisation
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
    """What a donor is told of some days. ``issuer``: the one charity whose receipts it holds; None: everybody's."""

    donor: Donor
    name: str
    issuer: Organisation | None
    since: date
    until: date
    at: datetime
    sections: tuple[Section, ...]
    waived: tuple[Gift, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.sections or self.waived)


def statement_of(
    donor: Donor, *, since: date, until: date, at: datetime, issuer: Organisation | None = None
) -> Statement:
    """The statement as the receipts stand now (``at`` is printed on it); of one issuer's receipts where it is given."""
    receipts = Receipt.objects.filter(gift__donor=donor, given_on__range=(since, until))
    waived = Gift.objects.filter(donor=donor, receipt_waiver__isnull=False, settled_at__isnull=False)
    if issuer is not None:
        receipts, waived = receipts.filter(issuer=issuer), waived.filter(organisation=issuer)
    listed = receipts.select_related("void", "issuer", "donor").order_by("currency", "given_on", "gift_id", "edition")
    rows = list(listed)
    inside = [
        gift
        for gift in waived.select_related("project", "organisation").order_by("settled_at", "id")
        if since <= timezone.localtime(gift.settled_at).date() <= until
    ]
    name = donor.name if issuer is None else _name_on(rows)
    return Statement(donor, name, issuer, since, until, at, _sections(rows), tuple(inside))


def _name_on(receipts: list[Receipt]) -> str:
    """The name on the latest receipt that bears one."""
    named = [row for row in receipts if row.donor.name]
    return max(named, key=lambda row: (row.issued_at, row.pk)).donor.name if named else ""


def _sections(receipts: list[Receipt]) -> tuple[Section, ...]:
    by_currency: dict[str, list[Receipt]] = {}
    for receipt in receipts:
        by_currency.setdefault(receipt.currency, []).append(receipt)
    return tuple(_section(currency, rows) for currency, rows in by_currency.items())


def _section(currency: str, rows: list[Receipt]) -> Section:
    valid = [row.amount_minor for row in rows if not row.is_void]
    return Section(currency, tuple(rows), sum(valid), len(valid))
