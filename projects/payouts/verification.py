"""What `manage.py verify` asks of payouts: what the bank confirmed has left the books, and no award is paid twice."""

from collections.abc import Iterator

from django.db.models import F, Sum

from ledger.verify import Check, Finding
from ledger.verify.documents import rows_equal_entries
from projects.payouts.goods_models import GoodsIssue
from projects.payouts.models import Payout


def payouts_equal_their_entries() -> Iterator[Finding]:
    return rows_equal_entries(Payout, kind="PAYOUT", called="a payout")


def goods_handed_out_equal_their_entries() -> Iterator[Finding]:
    return rows_equal_entries(GoodsIssue, kind="IN_KIND_ISSUE", called="goods handed out")


def no_award_is_paid_twice() -> Iterator[Finding]:
    standing = Payout.objects.exclude(entry_id=None).filter(return_entry_id=None).order_by()
    paid = standing.values("award__ref", "award__amount_minor").annotate(paid=Sum("amount_minor"))
    for row in paid.filter(paid__gt=F("award__amount_minor")).iterator():
        yield Finding("relief_award", row["award__ref"], "more was paid than was awarded")


CHECKS = (
    Check("payouts", "-", "each payout in the books is one payout here, as large", payouts_equal_their_entries),
    Check(
        "goods", "-", "goods handed out in the books are one row here, as large", goods_handed_out_equal_their_entries
    ),
    Check("paid once", "-", "no award is paid more than it grants", no_award_is_paid_twice),
)
