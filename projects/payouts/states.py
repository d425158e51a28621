"""Allowed moves of payouts and batches, each with the audit event it writes. The same table stands in the database."""

from projects.payouts.words import BatchState as B
from projects.payouts.words import PayoutState as P

PAYOUT_MOVES = {
    (P.PREPARED, P.IN_BATCH): "payout.batched",
    (P.PREPARED, P.CANCELLED): "payout.cancelled",
    (P.IN_BATCH, P.CANCELLED): "payout.cancelled",
    (P.IN_BATCH, P.EXPORTED): "payout.exported",
    (P.EXPORTED, P.CONFIRMED): "payout.confirmed",
    (P.EXPORTED, P.FAILED): "payout.failed",
    (P.CONFIRMED, P.ACKNOWLEDGED): "payout.acknowledged",
    (P.CONFIRMED, P.RETURNED): "payout.returned",
}
BATCH_MOVES = {
    (B.PREPARED, B.RELEASED): "payout_batch.released",
    (B.PREPARED, B.CANCELLED): "payout_batch.cancelled",
    (B.RELEASED, B.EXPORTED): "payout_batch.exported",
    (B.EXPORTED, B.CLOSED): "payout_batch.closed",
}
GOODS_ISSUE_MOVES = {
    ("ENTERED", "APPROVED"): "goods_issue.approved",
    ("ENTERED", "REFUSED"): "goods_issue.refused",
}
# On its way: an award has at most one of these at a time.
OPEN = (P.PREPARED, P.IN_BATCH, P.EXPORTED)
# Counts against the award: on its way or already with the payee.
STANDING = (*OPEN, P.CONFIRMED, P.ACKNOWLEDGED)
