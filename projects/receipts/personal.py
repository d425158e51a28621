"""What receipts keep about a donor: the name on each, apart from its number."""

from datetime import datetime
from typing import Any

from projects.giving.models import Donor
from projects.giving.personal import Facts, Keeper, kept_by
from projects.receipts import actions, batches
from projects.receipts.models import OfficialBill, Receipt


def copy(donor: Donor) -> Facts:
    rows = Receipt.objects.filter(gift__donor=donor).select_related("donor", "void").order_by("id")
    issued = OfficialBill.objects.filter(gift__donor=donor).select_related("void").order_by("id")
    bills = [
        {
            "official_bill": bill.number,
            "code": bill.code,
            "check_code": bill.check_code,
            "gift": bill.gift_id,
            "amount_minor": bill.amount_minor,
            "currency": bill.currency,
            "issued_on": bill.issued_on.isoformat(),
            "state": bill.state,
        }
        for bill in issued
    ]
    return bills + [
        {
            "number": row.number,
            "gift": row.gift_ref,
            "amount_minor": row.amount_minor,
            "currency": row.currency,
            "issued_at": row.issued_at.isoformat(),
            "state": row.state,
            "name": row.donor.name,
        }
        for row in rows
    ]


def erase(donor: Donor, *, by: Any, at: datetime) -> None:
    for gift in donor.gifts.filter(receipts__isnull=False).distinct():
        actions.erase_donor(gift=gift, by=by, at=at)
    batches.forget_donor(donor, by=by, at=at)


def register() -> None:
    kept_by(Keeper("receipts", copy=copy, erase=erase))
