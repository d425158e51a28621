"""What `manage.py verify` asks of gifts: each stands in the books once, as large as it says."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from ledger.verify import Check, Finding
from ledger.verify.documents import rows_equal_entries
from projects.giving.models import Gift, Refund


def gifts_equal_their_entries() -> Iterator[Finding]:
    return rows_equal_entries(Gift, kind="GIFT", called="a gift")


def refunds_equal_what_went_back() -> Iterator[Finding]:
    posted = Refund.objects.filter(gift=OuterRef("pk"), state=Refund.State.POSTED).order_by().values("gift")
    sums = Coalesce(Subquery(posted.annotate(sum=Sum("amount_minor")).values("sum")), 0)
    touched = Gift.objects.filter(Q(refunded_minor__gt=0) | Q(Exists(Refund.objects.filter(gift=OuterRef("pk")))))
    for ref in touched.annotate(back=sums).exclude(back=F("refunded_minor")).values_list("ref", flat=True).iterator():
        yield Finding("giving_gift", ref, "what went back is not the sum of its refunds")


CHECKS = (
    Check("gifts", "-", "each gift has one entry, as large as the gift", gifts_equal_their_entries),
    Check("refunds", "-", "what went back of a gift is the sum of its refunds", refunds_equal_what_went_back),
)
