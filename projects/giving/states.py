"""The life of a gift, as a table: (from, to) → the audit event that the move writes."""

from projects.giving.models import Gift

S = Gift.State

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
}

OPEN = frozenset({S.INITIATED, S.FAILED})
RECEIVED = frozenset({S.SETTLED, S.REFUNDED})


def sources(target: str) -> list[str]:
    """The states from which a gift may come to `target`."""
    return [start for start, end in MOVES if end == target]
