"""What `manage.py verify` asks of receipts: numbers without a gap, none without its gift's money."""

from collections.abc import Iterator

from django.db.models import F

from ledger.verify import Check, Finding
from projects.receipts.models import Receipt
from projects.receipts.queries import gaps


def numbers_have_no_gap() -> Iterator[Finding]:
    for series in gaps():
        yield Finding("receipts_receipt", series, "the numbers are not 1, 2, 3 … without a gap")


def no_receipt_is_larger_than_its_gift() -> Iterator[Finding]:
    for number in Receipt.objects.filter(amount_minor__gt=F("gift__amount_minor")).values_list("number", flat=True):
        yield Finding("receipts_receipt", number, "the receipt is larger than its gift")


CHECKS = (
    Check("receipts", "-", "receipt numbers run without a gap, per issuer and year", numbers_have_no_gap),
    Check("receipted", "-", "no receipt is larger than its gift", no_receipt_is_larger_than_its_gift),
)
