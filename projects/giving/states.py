"""The life of a gift, as a table: (from, to) → the audit event that the move writes."""

from projects.giving.models import Gift

S = Gift.State

MOVES: dict[tuple[str, str], str] = {
    (S.INITIATED, S.SETTLED): "gift_settled",
    (S.INITIATED, S.FAILED): "gift_failed",
    (S.INITIATED, S.EXPIRED): "gift_expired",
    (S.INITIATED, S.NEEDS_REVIEW): "gift_held",
    # Providers report in any order, and money that has arrived is the stronger fact.
    (S.FAILED, S.SETTLED): "gift_settled",
    (S.FAILED, S.EXPIRED): "gift_expired",
    (S.FAILED, S.NEEDS_REVIEW): "gift_held",
    (S.EXPIRED, S.SETTLED): "gift_settled",
    (S.EXPIRED, S.NEEDS_REVIEW): "gift_held",
    (S.SETTLED, S.REFUNDED): "gift_refunded",
}

OPEN = frozenset({S.INITIATED, S.FAILED})
RECEIVED = frozenset({S.SETTLED, S.REFUNDED})


def sources(target: str) -> list[str]:
    """The states from which a gift may come to `target`."""
    return [start for start, end in MOVES if end == target]
