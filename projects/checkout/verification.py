"""What `manage.py verify` asks of payouts: each stands in the books as large as the provider says."""

from collections.abc import Iterator

from django.db.models import F, Sum

from ledger.verify import Check, Finding
from projects.checkout.models import PayoutShare, ProviderPayout

State = ProviderPayout.State


def payouts_equal_their_shares() -> Iterator[Finding]:
    posted = ProviderPayout.objects.filter(state__in=[State.POSTED, State.RETURNED])
    for ref in (
        posted.annotate(sum=Sum("shares__amount_minor")).exclude(sum=F("amount_minor")).values_list("ref", flat=True)
    ):
        yield Finding("checkout_providerpayout", ref, "it is not the sum of the charities' shares")
    away = PayoutShare.objects.filter(payout__state=State.RETURNED, returned_entry_id__isnull=True)
    for ref in away.values_list("payout__ref", flat=True):
        yield Finding("checkout_providerpayout", ref, "it came back, but a share of it is not in the books")


CHECKS = (
    Check("bank payouts", "-", "each payout of the provider is the sum of its shares", payouts_equal_their_shares),
)
