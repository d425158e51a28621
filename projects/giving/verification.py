"""What `manage.py verify` asks of gifts: each stands in the books once, as large as it says."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from ledger.verify import Check, Finding
from ledger.verify.documents import rows_equal_entries
from projects.giving.models import Dispute, Gift, Refund, TakenBack


def gifts_equal_their_entries() -> Iterator[Finding]:
    yield from rows_equal_entries(Gift, kind="GIFT", called="a gift", where="d.channel <> 'goods'")
    yield from rows_equal_entries(Gift, kind="IN_KIND_GIFT", called="a gift in kind", where="d.channel = 'goods'")


def refunds_equal_what_went_back() -> Iterator[Finding]:
    posted = Refund.objects.filter(gift=OuterRef("pk"), state=Refund.State.POSTED).order_by().values("gift")
    sums = Coalesce(Subquery(posted.annotate(sum=Sum("amount_minor")).values("sum")), 0)
    touched = Gift.objects.filter(Q(refunded_minor__gt=0) | Q(pk__in=Refund.objects.values("gift")))
    for ref in touched.annotate(back=sums).exclude(back=F("refunded_minor")).values_list("ref", flat=True).iterator():
        yield Finding("giving_gift", ref, "what went back is not the sum of its refunds")


def parts_equal_what_was_taken() -> Iterator[Finding]:
    """Refunds and disputes whose money left: their parts add up; what came home did so wholly."""
    away, home = Q(state__in=["POSTED", "RETURNED"]), Q(state="RETURNED")
    yield from _parts(Refund.objects.all(), "refund", away, home)
    away, home = Q(withdrawn_at__isnull=False), Q(reinstated_at__isnull=False)
    yield from _parts(Dispute.objects.all(), "dispute", away, home)
    held = Dispute.objects.filter(gift=OuterRef("pk"), withdrawn_at__isnull=False, reinstated_at__isnull=True)
    touched = Gift.objects.filter(Q(disputed_minor__gt=0) | Q(pk__in=Dispute.objects.values("gift")))
    wrong = touched.annotate(held=_sum_of(held, "gift")).exclude(held=F("disputed_minor"))
    for ref in wrong.values_list("ref", flat=True).iterator():
        yield Finding("giving_gift", ref, "what banks hold is not the sum of its disputes")


def _parts(rows: QuerySet[Any], word: str, away: Q, home: Q) -> Iterator[Finding]:
    table, own = rows.model._meta.db_table, TakenBack.objects.filter(**{word: OuterRef("pk")})
    summed = rows.annotate(parts_sum=_sum_of(own, word))
    wrong = summed.filter(away).exclude(parts_sum=F("amount_minor")) | summed.exclude(away).exclude(parts_sum=0)
    for ref in wrong.values_list("ref", flat=True).iterator():
        yield Finding(table, ref, "what left the gift is not the sum of its parts")
    missing = Exists(own.filter(returned_entry_id__isnull=True))
    for ref in rows.filter(home).filter(missing).values_list("ref", flat=True).iterator():
        yield Finding(table, ref, "it came back, but a part of it is not in the books")


def _sum_of(rows: QuerySet[Any], owner: str) -> Coalesce:
    sums = rows.order_by().values(owner).annotate(sum=Sum("amount_minor")).values("sum")
    return Coalesce(Subquery(sums), 0)


CHECKS = (
    Check("gifts", "-", "each gift has one entry, as large as the gift", gifts_equal_their_entries),
    Check("refunds", "-", "what went back of a gift is the sum of its refunds", refunds_equal_what_went_back),
    Check("taken back", "-", "refunds and disputes are the sum of their parts", parts_equal_what_was_taken),
)
