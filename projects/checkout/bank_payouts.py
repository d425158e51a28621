"""The provider's payouts to the bank: which gifts were in each, what each fund had in it, and what came back.

A payout is a list of the provider's movements. Each movement has entries in our books, so each fund's share is what
these entries moved on the account where the provider's money waits: nothing is computed from percentages, and the sum
must be the payout to the last unit. Where it is not, nothing is posted and a person has to look.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ledger import posting
from ledger.policy import chart, transit
from projects.access.actors import STRIPE
from projects.audit import actions as audit
from projects.checkout import care, pledge_care, stripe_client
from projects.checkout.facts import Move, PayoutFact
from projects.checkout.keeping import keep_moves
from projects.checkout.models import BalanceTransaction, GiftCare, PayoutShare, ProviderPayout
from projects.giving.bearing import day_of, moment_of, when_open
from projects.giving.models import Dispute, Gift, Refund

State = ProviderPayout.State
# How the provider's ids of payouts begin.
PAYOUT_PREFIX = "po_"
# By book and fund, in minor units; negative where a fund bore more than came in.
Shares = dict[tuple[str, str], int]


class Unclear(Exception):
    """A payout that the books cannot explain; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def follow_payout(payout_id: str, *, at: datetime) -> ProviderPayout:
    """Read a payout again and do what the books lack. Refused("not_yet_in_log"): a gift in it waits for its place."""
    fact = stripe_client.read_payout(payout_id)
    payout = _noted(fact, at)
    if fact.status == "canceled":
        return _cancel(payout, at)
    arrived = fact.status == "paid" or fact.home is not None
    if arrived and payout.state in (State.ON_ITS_WAY, State.NEEDS_REVIEW):
        payout = _explain(payout, fact, at)
    if fact.home is not None and payout.state == State.POSTED:
        payout = _bring_home(payout, fact.home, at)
    return payout


def _explain(payout: ProviderPayout, fact: PayoutFact, at: datetime) -> ProviderPayout:
    try:
        return _post(payout, fact, at)
    except Unclear:
        # Perhaps only the messages of its gifts are late: they are read, and then it is tried once more.
        _bring_gifts(fact.moves, at)
    try:
        return _post(payout, fact, at)
    except Unclear as unclear:
        return _hold(payout, unclear.reason, at)


def _noted(fact: PayoutFact, at: datetime) -> ProviderPayout:
    with transaction.atomic():
        payout, created = ProviderPayout.objects.get_or_create(
            provider_ref=fact.payout_id,
            defaults={
                "amount_minor": fact.amount_minor,
                "currency": fact.currency,
                "arrives_on": day_of(moment_of(fact.arrival)),
                "noted_at": at,
            },
        )
        if created:
            _record(payout, "provider_payout.noted", at)
    return payout


def _bring_gifts(moves: Iterable[Move], at: datetime) -> None:
    """Follow what is in a payout: gifts, and earlier payouts that came back (these may hold still earlier ones).

    Refused("not_yet_in_log") where a gift waits for its place: then so does the payout.
    """
    for earlier in sorted({move.source_id for move in moves if move.source_id.startswith(PAYOUT_PREFIX)}):
        follow_payout(earlier, at=at)
    for intent in sorted({move.intent_id for move in moves if move.intent_id}):
        gift = gift_of(intent, at=at)
        if gift is not None:
            care.follow(gift, at=at, back=True, intent_id=intent)
            if GiftCare.objects.filter(gift=gift, fee_done=False).exists():
                raise care.not_yet()


def gift_of(intent_id: str, *, at: datetime) -> Gift | None:
    """The gift of a payment: by what we noted, by the reference that we gave to the provider, or by its invoice."""
    gifts = Gift.objects.select_related("organisation", "donor")
    found = gifts.filter(provider_ref=intent_id).first()
    if found is not None:
        return found
    ref = stripe_client.read_intent(intent_id).gift_ref
    return gifts.filter(ref=ref).first() if ref else pledge_care.gift_behind(intent_id, at=at)


def _post(payout: ProviderPayout, fact: PayoutFact, at: datetime) -> ProviderPayout:
    with transaction.atomic():
        # Two messages of one payout at once: the second finds it posted.
        payout = ProviderPayout.objects.select_for_update(no_key=True).get(pk=payout.pk)
        if payout.state not in (State.ON_ITS_WAY, State.NEEDS_REVIEW):
            return payout
        keep_moves(None, fact.moves)
        shares = _shares(fact)
        for book in sorted({book for book, _fund in shares}):
            _post_share(payout, book, shares, at)
        BalanceTransaction.objects.filter(txn_id__in=[m.txn_id for m in fact.moves]).update(payout=payout)
        ProviderPayout.objects.filter(pk=payout.pk).update(state=State.POSTED, posted_at=at, review_reason="")
        payout.refresh_from_db()
        _record(payout, "provider_payout.posted", at)
    return payout


def _shares(fact: PayoutFact) -> Shares:
    """What each fund has in the payout. Unclear where the movements are not all ours to explain."""
    if not fact.automatic:
        raise Unclear("payout.not_automatic")
    sums: Shares = defaultdict(int)
    for move in fact.moves:
        moved, currencies = _moved_by(_entries_of(move))
        if currencies - {fact.currency}:
            raise Unclear("payout.other_currency")
        if sum(moved.values()) != move.net_minor:
            raise Unclear("payout.unexplained")
        for where, amount in moved.items():
            sums[where] += amount
    if sum(sums.values()) != fact.amount_minor:
        raise Unclear("payout.unexplained")
    return sums


def _entries_of(move: Move) -> list[tuple[str, UUID]]:
    """The entries (with their book) that stand for one movement of the provider."""
    out = move.amount_minor < 0
    refund = Refund.objects.filter(provider_ref=move.source_id).select_related("gift__organisation").first()
    if refund is not None:
        return _in_book(refund.gift, _parts(refund, out))
    dispute = Dispute.objects.filter(provider_ref=move.source_id).select_related("gift__organisation").first()
    if dispute is not None:
        fee = dispute.fee_entry_id if out else dispute.fee_back_entry_id
        return _in_book(dispute.gift, [*_parts(dispute, out), fee])
    earlier = ProviderPayout.objects.filter(provider_ref=move.source_id).first()
    if earlier is not None:
        rows = earlier.shares.filter(returned_entry_id__isnull=False)
        return [(share.book, share.returned_entry_id) for share in rows if share.returned_entry_id]
    row = BalanceTransaction.objects.filter(txn_id=move.txn_id).select_related("gift__organisation").first()
    gift = row.gift if row else None
    return _in_book(gift, [gift.entry_id, gift.fee_entry_id]) if gift else []


def _parts(back: Refund | Dispute, out: bool) -> list[UUID | None]:
    return list(back.parts.values_list("entry_id" if out else "returned_entry_id", flat=True))


def _in_book(gift: Gift, entries: Iterable[UUID | None]) -> list[tuple[str, UUID]]:
    return [(gift.organisation.book_code, entry_id) for entry_id in entries if entry_id]


def _moved_by(entries: Iterable[tuple[str, UUID]]) -> tuple[Shares, set[str]]:
    """What entries moved on the account where the provider's money waits, by book and fund, and in which currencies."""
    sums: Shares = defaultdict(int)
    currencies = set()
    for book, entry_id in entries:
        for line in posting.lines_of(entry_id):
            if chart.STRIPE_CLEARING in (line.debit, line.credit):
                sign = 1 if line.debit == chart.STRIPE_CLEARING else -1
                sums[book, line.fund] += sign * line.amount_minor
                currencies.add(line.currency)
    return sums, currencies


def _post_share(payout: ProviderPayout, book: str, shares: Shares, at: datetime) -> None:
    amounts = {fund: amount for (owner, fund), amount in shares.items() if owner == book and amount}
    if not amounts:
        return

    def post(day: date) -> UUID:
        draft = transit.provider_payout(
            book=book,
            amounts_by_fund=amounts,
            currency=payout.currency,
            effective_on=day,
            document_ref=payout.ref,
        )
        return posting.post(draft, by=STRIPE.ref, at=at, key=f"provider-payout:{payout.ref}").entry_id

    on = min(payout.arrives_on, day_of(at))
    entry_id = when_open(post, on=on, at=at)
    PayoutShare.objects.create(payout=payout, book=book, amount_minor=sum(amounts.values()), entry_id=entry_id)


def _bring_home(payout: ProviderPayout, home: Move, at: datetime) -> ProviderPayout:
    """The bank would not take it: each book's entry is mirrored, and the money waits at the provider again."""
    with transaction.atomic():
        payout = ProviderPayout.objects.select_for_update(no_key=True).get(pk=payout.pk)
        if payout.state != State.POSTED:
            return payout
        for share in payout.shares.all():

            def post(day: date, share: PayoutShare = share) -> UUID:
                return posting.reverse(
                    share.entry_id,
                    document_ref=payout.ref,
                    effective_on=day,
                    by=STRIPE.ref,
                    at=at,
                    key=f"provider-payout-home:{payout.ref}",
                ).entry_id

            entry_id = when_open(post, on=day_of(moment_of(home.created)), at=at)
            PayoutShare.objects.filter(pk=share.pk).update(returned_entry_id=entry_id)
        ProviderPayout.objects.filter(pk=payout.pk).update(state=State.RETURNED, returned_at=at)
        payout.refresh_from_db()
        _record(payout, "provider_payout.returned", at)
    return payout


def _cancel(payout: ProviderPayout, at: datetime) -> ProviderPayout:
    with transaction.atomic():
        if ProviderPayout.objects.filter(pk=payout.pk, state=State.ON_ITS_WAY).update(state=State.CANCELLED):
            _record(payout, "provider_payout.cancelled", at)
    payout.refresh_from_db()
    return payout


def _hold(payout: ProviderPayout, reason: str, at: datetime) -> ProviderPayout:
    with transaction.atomic():
        changed = ProviderPayout.objects.filter(pk=payout.pk).exclude(review_reason=reason)
        if changed.update(state=State.NEEDS_REVIEW, review_reason=reason):
            _record(payout, "provider_payout.held", at, reason=reason)
    payout.refresh_from_db()
    return payout


def _record(payout: ProviderPayout, event: str, at: datetime, reason: str = "") -> None:
    facts: dict[str, Any] = {"amount_minor": payout.amount_minor, "currency": payout.currency}
    audit.record(by=STRIPE, at=at, event=event, subject=("provider_payout", payout.ref), reason=reason, facts=facts)
