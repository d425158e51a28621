"""The lives of a gift, a refund, a dispute and a pledge, as tables: (from, to) → the audit event of the move."""

from projects.giving.models import Dispute, Gift, HandGift, HandRefund, Pledge, Refund

S = Gift.State
R = Refund.State
D = Dispute.State
P = Pledge.State
H = HandGift.State
B = HandRefund.State

MOVES: dict[tuple[str, str], str] = {
    (S.INITIATED, S.SETTLED): "gift.settled",
    (S.INITIATED, S.FAILED): "gift.failed",
    (S.INITIATED, S.EXPIRED): "gift.expired",
    (S.INITIATED, S.NEEDS_REVIEW): "gift.held",
    # Providers report in any order, and money that has arrived is the stronger fact.
    (S.FAILED, S.SETTLED): "gift.settled",
    (S.FAILED, S.EXPIRED): "gift.expired",
    (S.FAILED, S.NEEDS_REVIEW): "gift.held",
    (S.EXPIRED, S.SETTLED): "gift.settled",
    (S.EXPIRED, S.NEEDS_REVIEW): "gift.held",
    (S.SETTLED, S.REFUNDED): "gift.refunded",
    # The refund came back: the charity has the money again.
    (S.REFUNDED, S.SETTLED): "gift.settled_again",
}

REFUND_MOVES: dict[tuple[str, str], str] = {
    (R.PENDING, R.POSTED): "gift.refund_posted",
    (R.PENDING, R.FAILED): "gift.refund_failed",
    # The provider may say "failed" before it shows that the money had left: the movement of money is the stronger fact.
    (R.FAILED, R.POSTED): "gift.refund_posted",
    (R.POSTED, R.RETURNED): "gift.refund_returned",
}

DISPUTE_MOVES: dict[tuple[str, str], str] = {
    (D.INQUIRY, D.INQUIRY_CLOSED): "dispute.inquiry_closed",
    (D.INQUIRY, D.NEEDS_RESPONSE): "dispute.escalated",
    (D.INQUIRY, D.UNDER_REVIEW): "dispute.answered",
    (D.INQUIRY, D.WON): "dispute.won",
    (D.INQUIRY, D.LOST): "dispute.lost",
    (D.INQUIRY_CLOSED, D.NEEDS_RESPONSE): "dispute.escalated",
    (D.INQUIRY_CLOSED, D.UNDER_REVIEW): "dispute.answered",
    (D.INQUIRY_CLOSED, D.WON): "dispute.won",
    (D.INQUIRY_CLOSED, D.LOST): "dispute.lost",
    (D.NEEDS_RESPONSE, D.UNDER_REVIEW): "dispute.answered",
    (D.NEEDS_RESPONSE, D.INQUIRY_CLOSED): "dispute.inquiry_closed",
    (D.NEEDS_RESPONSE, D.WON): "dispute.won",
    (D.NEEDS_RESPONSE, D.LOST): "dispute.lost",
    (D.UNDER_REVIEW, D.WON): "dispute.won",
    (D.UNDER_REVIEW, D.LOST): "dispute.lost",
    # Banks reopen what they had decided.
    (D.LOST, D.WON): "dispute.won",
    (D.WON, D.LOST): "dispute.lost",
}
DISPUTE_OPEN = frozenset({D.INQUIRY, D.NEEDS_RESPONSE, D.UNDER_REVIEW})

PLEDGE_MOVES: dict[tuple[str, str], str] = {
    (P.INITIATED, P.ACTIVE): "pledge.started",
    (P.INITIATED, P.EXPIRED): "pledge.expired",
    # Whoever looks late finds it further on than where it began.
    (P.INITIATED, P.PAUSED): "pledge.paused",
    (P.INITIATED, P.PAST_DUE): "pledge.past_due",
    (P.INITIATED, P.CANCELLED): "pledge.ended",
    (P.EXPIRED, P.ACTIVE): "pledge.started",
    (P.EXPIRED, P.CANCELLED): "pledge.ended",
    (P.ACTIVE, P.PAUSED): "pledge.paused",
    (P.ACTIVE, P.PAST_DUE): "pledge.past_due",
    (P.ACTIVE, P.CANCELLED): "pledge.ended",
    (P.PAUSED, P.ACTIVE): "pledge.resumed",
    (P.PAUSED, P.PAST_DUE): "pledge.past_due",
    (P.PAUSED, P.CANCELLED): "pledge.ended",
    (P.PAST_DUE, P.ACTIVE): "pledge.recovered",
    (P.PAST_DUE, P.PAUSED): "pledge.paused",
    (P.PAST_DUE, P.CANCELLED): "pledge.ended",
}

OPEN = frozenset({S.INITIATED, S.FAILED})
RECEIVED = frozenset({S.SETTLED, S.REFUNDED})


def sources(target: str) -> list[str]:
    """The states from which a gift may come to `target`."""
    return [start for start, end in MOVES if end == target]


HAND_GIFT_MOVES: dict[tuple[str, str], str] = {
    (H.ENTERED, H.APPROVED): "hand_gift.approved",
    (H.ENTERED, H.REFUSED): "hand_gift.refused",
}

HAND_REFUND_MOVES: dict[tuple[str, str], str] = {
    (B.ENTERED, B.APPROVED): "hand_refund.approved",
    (B.ENTERED, B.REFUSED): "hand_refund.refused",
}
