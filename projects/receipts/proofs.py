"""What makes a receipt checkable without this site: the entry as the public log has it, and its signed proof.

The proof is that of the first checkpoint over the entry: it stays the same however often the receipt is drawn.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger import checkpoints, log_keys, transparency
from ledger.core.refusals import Refused


@dataclass(frozen=True, slots=True)
class Proof:
    """The leaf's bytes, the ``.tlog-proof`` text, and what stands beside them on the page."""

    position: int
    leaf: bytes
    text: str
    size: int
    vkey: str
    signed_at: datetime

    @property
    def name(self) -> str:
        return f"entry-{self.position}.tlog-proof"

    @property
    def leaf_name(self) -> str:
        return f"entry-{self.position}.json"


def proof_of(entry_id: UUID) -> Proof | None:
    """The proof of a gift's entry; None while no signed checkpoint covers it."""
    position = transparency.position_of(entry_id)
    if position is None:
        return None
    try:
        checkpoint = checkpoints.first_covering(position)
        if checkpoint is None:
            return None
        text, vkey = checkpoints.proof(position, checkpoint), str(log_keys.signing_keys()[0].verifier)
    except Refused:  # a log without a key signs nothing
        return None
    ((_place, leaf),) = transparency.leaf_stream(position, position + 1)
    return Proof(position, leaf, text, checkpoint.size, vkey, checkpoint.signed_at)
