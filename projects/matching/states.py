"""The life of a pot: (from, to) → the audit event the move writes. A rule version has none: drafted, then frozen."""

from projects.matching.models import MatchPool

S = MatchPool.State

MOVES: dict[tuple[str, str], str] = {
    (S.DRAFT, S.OPEN): "match_pool.opened",
    (S.OPEN, S.CLOSED): "match_pool.closed",
}
