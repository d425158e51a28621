"""What `manage.py verify` asks of payouts: what the bank confirmed has left the books, and no award is paid twice."""

from collections import defaultdict
from collections.abc import Iterator

from ledger.verify import Check, Finding
from ledger.verify.documents import rows_equal_entries
from projects.payouts.models import Payout


def payouts_equal_their_entries() -> Iterator[Finding]:
    rows = Payout.objects.exclude(entry_id=None).only("ref", "entry_id", "amount_minor", "currency").iterator()
    return rows_equal_entries(rows, kind="PAYOUT", table="payouts_payout", called="a payout")


def no_award_is_paid_twice() -> Iterator[Finding]:
    paid: dict[str, int] = defaultdict(int)
    granted: dict[str, int] = {}
    rows = Payout.objects.exclude(entry_id=None).filter(return_entry_id=None)
    for ref, award, amount in rows.values_list("award__ref", "award__amount_minor", "amount_minor"):
        granted[ref] = award
        paid[ref] += amount
    for ref, amount in paid.items():
        if amount > granted[ref]:
            yield Finding("relief_award", ref, "more was paid than was awarded")


CHECKS = (
    Check("payouts", "-", "each payout in the books is one payout here, as large", payouts_equal_their_entries),
    Check("paid once", "-", "no award is paid more than it grants", no_award_is_paid_twice),
)
