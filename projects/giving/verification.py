"""What `manage.py verify` asks of gifts: each stands in the books once, as large as it says."""

from collections.abc import Iterator

from ledger.verify import Check, Finding
from ledger.verify.documents import rows_equal_entries
from projects.giving.models import Gift, Refund


def gifts_equal_their_entries() -> Iterator[Finding]:
    rows = Gift.objects.exclude(entry_id=None).only("ref", "entry_id", "amount_minor", "currency").iterator()
    return rows_equal_entries(rows, kind="GIFT", table="giving_gift", called="a gift")


def refunds_equal_what_went_back() -> Iterator[Finding]:
    sums: dict[int, int] = {}
    for gift_id, amount in Refund.objects.filter(state=Refund.State.POSTED).values_list("gift_id", "amount_minor"):
        sums[gift_id] = sums.get(gift_id, 0) + amount
    for gift in Gift.objects.filter(refunded_minor__gt=0).only("ref", "refunded_minor"):
        if sums.get(gift.pk, 0) != gift.refunded_minor:
            yield Finding("giving_gift", gift.ref, "what went back is not the sum of its refunds")


CHECKS = (
    Check("gifts", "-", "each gift has one entry, as large as the gift", gifts_equal_their_entries),
    Check("refunds", "-", "what went back of a gift is the sum of its refunds", refunds_equal_what_went_back),
)
