"""Omissions healed: what the provider has done lately is listed again, whether its messages came or not.

`flow.sweep` comes back to gifts and messages that we know to be unfinished. This is for what we cannot know: a refund
or a dispute of a gift that was finished long ago, a payout or an invoice nobody told us of. Each that is found is read
again and followed; following what is done already does nothing.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ledger.core.refusals import Refused
from projects.checkout import bank_payouts, billing_client, care, pledge_care, stripe_client
from projects.checkout.models import GiftCare, ProviderPayout, SweepMark
from projects.checkout.stripe_client import ProviderDown

log = logging.getLogger(__name__)

MARK = "stripe"
PAUSE = timedelta(minutes=10)
# Listings are by the moment of making, and clocks differ: each round looks a day further back than the last one ended.
OVERLAP = timedelta(days=1)
FIRST_TIME = timedelta(days=30)
# A payout that was paid may still come back within this time.
PAYOUT_MAY_FAIL = timedelta(days=14)


def sweep_if_due(*, at: datetime) -> int:
    """One round, if the last is long enough ago and anything was ever paid through the provider."""
    mark = SweepMark.objects.filter(name=MARK).first()
    if (mark and mark.next_at > at) or not GiftCare.objects.exists():
        return 0
    since = (mark.seen_until if mark else at - FIRST_TIME) - OVERLAP
    # Planned before it is done: a round that fails is tried again after the pause, not each second.
    first = {"next_at": at + PAUSE, "seen_until": since + OVERLAP}
    SweepMark.objects.update_or_create(name=MARK, defaults={"next_at": at + PAUSE}, create_defaults=first)
    found, whole = sweep_since(since, at=at)
    if whole:
        SweepMark.objects.filter(name=MARK).update(seen_until=at)
    return found


def sweep_since(since: datetime, *, at: datetime) -> tuple[int, bool]:
    """Follow every invoice, refund, dispute and payout made since a moment, and every payout that may still change.

    How many things were looked at, and whether all of them could be: what waits for its place in the log, or failed, is
    looked at again next time.
    """
    moment = int(since.timestamp())
    try:
        intents = sorted(set(stripe_client.recent_intents(moment)))
        payouts = set(stripe_client.recent_payouts(moment)) | _unfinished_payouts(at)
        pledges = {bill.pledge_ref for bill in billing_client.recent_invoices(moment)}
    except ProviderDown:
        log.warning("The payment provider is out of reach; the sweep waits.")
        return 0, False
    done = [_try(partial(pledge_care.follow_ref, ref, at=at)) for ref in sorted(pledges)]
    done += [_follow_intent(intent, at) for intent in intents]
    done += [_try(partial(bank_payouts.follow_payout, payout, at=at)) for payout in sorted(payouts)]
    return len(done), all(done)


def _unfinished_payouts(at: datetime) -> set[str]:
    State = ProviderPayout.State
    waiting = ProviderPayout.objects.filter(state__in=[State.ON_ITS_WAY, State.NEEDS_REVIEW])
    young = ProviderPayout.objects.filter(state=State.POSTED, posted_at__gt=at - PAYOUT_MAY_FAIL)
    return set((waiting | young).values_list("provider_ref", flat=True))


def _follow_intent(intent_id: str, at: datetime) -> bool:
    gift = bank_payouts.gift_of(intent_id, at=at)
    return gift is None or _try(lambda: care.follow(gift, at=at, back=True, intent_id=intent_id))


def _try(act: Callable[[], Any]) -> bool:
    try:
        act()
    except Exception as error:
        # One thing's trouble must not keep the others waiting; only its kind is written, the text may hold anything.
        log.warning("sweep: %s", error.code if isinstance(error, Refused) else type(error).__name__)
        return False
    return True
