"""What our tables have of a gift, as `decisions` wants to see it; and the provider's movements, written down."""

from collections.abc import Iterable

from projects.checkout.decisions import Books
from projects.checkout.facts import Move
from projects.checkout.models import BalanceTransaction, GiftCare
from projects.giving.actions import PART_CAME
from projects.giving.bearing import moment_of
from projects.giving.models import Dispute, Gift


def books_of(gift: Gift) -> Books:
    """Where the books stand with a gift, its refunds and its disputes."""
    return Books(
        gift_ref=gift.ref,
        amount_minor=gift.amount_minor,
        currency=gift.currency,
        state=gift.state,
        intent_id=gift.provider_ref or "",
        fee_done=bool(gift.fee_entry_id) or GiftCare.objects.filter(gift=gift, fee_done=True).exists(),
        part_noted=gift.review_reason == PART_CAME,
        refunds=dict(gift.refunds.values_list("provider_ref", "state")),
        disputes={row.provider_ref: (row.state, _posted(row)) for row in gift.disputes.all()},
    )


def keep_moves(gift: Gift | None, moves: Iterable[Move]) -> None:
    """Write down movements as the provider states them: amounts in its currency, its fee, its rate. Once each."""
    for move in moves:
        BalanceTransaction.objects.get_or_create(
            txn_id=move.txn_id,
            defaults={
                "gift": gift,
                "source_ref": move.source_id,
                "category": move.category[:60],
                "amount_minor": move.amount_minor,
                "fee_minor": move.fee_minor,
                "net_minor": move.net_minor,
                "currency": move.currency,
                "rate": move.rate[:40],
                "moved_at": moment_of(move.created),
                "available_at": moment_of(move.available_on),
            },
        )


def _posted(dispute: Dispute) -> frozenset[str]:
    """Which of a dispute's movements the books have. A fee in another currency is done when it is written down."""
    done = {
        "DISPUTE_OUT": dispute.withdrawn_at,
        "DISPUTE_HOME": dispute.reinstated_at,
        "DISPUTE_FEE": dispute.fee_entry_id or (dispute.fee_currency != dispute.gift.currency and dispute.fee_minor),
        "DISPUTE_FEE_HOME": dispute.fee_back_entry_id or (dispute.fee_entry_id is None and dispute.fee_minor),
    }
    return frozenset(act for act, there in done.items() if there)
