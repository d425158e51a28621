"""What `manage.py verify` asks of gifts: each stands in the books once, as large as it says."""

from collections.abc import Iterator

from ledger import transparency
from ledger.verify import Check, Finding
from projects.giving.models import Gift, Refund


def gifts_equal_their_entries() -> Iterator[Finding]:
    booked = {entry.document_ref: entry for entry in transparency.all_entries(kinds=("GIFT",))}
    for gift in Gift.objects.exclude(entry_id=None).only("ref", "entry_id", "amount_minor", "currency").iterator():
        entry = booked.pop(gift.ref, None)
        if entry is None:
            if gift.entry_id and transparency.position_of(gift.entry_id) is not None:
                yield Finding("giving_gift", gift.ref, "its entry in the log names another document")
        elif (entry.entry_id, entry.amount_minor, entry.currency) != (gift.entry_id, gift.amount_minor, gift.currency):
            yield Finding("giving_gift", gift.ref, "its entry, amount or currency is not that of the log")
    for ref in booked:
        yield Finding("giving_gift", ref, "the log has a gift that is not here")


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
