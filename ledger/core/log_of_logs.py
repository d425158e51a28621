"""A log above logs: its leaves are the signed checkpoints of the logs below.

Where charities are many, each group of books keeps a log of its own, on its own machine. One log above takes their
checkpoints, so that one root, one set of witnesses and one look a day stand for all of them. A leaf is the checkpoint's
note, byte for byte, as the log below signed it. Gathering and checking stand side by side; no more than this is built:
see ``decisions/``, "past one machine".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from ledger.core.log_proofs import LogProof, check_proof
from ledger.core.merkle import check_consistency
from ledger.core.notes import OpenedCheckpoint, TreeHead, VerifierKey, open_checkpoint
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

# Gives the consistency proof of a log between two of its sizes.
Prove = Callable[[str, int, int], Sequence[bytes]]


def gather(
    notes: Iterable[str], keys: Sequence[VerifierKey], last: Mapping[str, TreeHead], prove: Prove
) -> list[bytes]:
    """The leaves that some checkpoints add, in the order of their origins. ``last`` holds each log's head taken before.

    A checkpoint that says nothing new adds none. Refused: one that no known key signed, a log that has shrunk, and one
    that is not what it was (``below_rewound``, ``below_forked``): the log above is the witness of all below.
    """
    opened = sorted(
        ((open_checkpoint(note, keys).head, note) for note in notes), key=lambda one: (one[0].origin, one[0].size)
    )
    leaves, seen = [], dict(last)
    for head, note in opened:
        before = seen.get(head.origin)
        if before:
            check_grows(before, head, prove)
            if before.size == head.size:
                continue
        seen[head.origin] = head
        leaves.append(note.encode())
    return leaves


def check_grows(before: TreeHead, head: TreeHead, prove: Prove) -> None:
    """Whether a log's later head begins with its earlier one."""
    if head.size < before.size:
        raise Refused(
            "below_rewound",
            _r("The log %(origin)s was at %(before)s entries, and says now that it has %(size)s."),
            origin=head.origin,
            before=before.size,
            size=head.size,
        )
    proof = prove(head.origin, before.size, head.size)
    if not check_consistency(proof, before.size, head.size, before.root, head.root):
        raise Refused("below_forked", _r("The log %(origin)s is not the one it was."), origin=head.origin)


def check_through(
    leaf: bytes, below: LogProof, above: LogProof, *, keys: Sequence[VerifierKey], keys_above: Sequence[VerifierKey]
) -> OpenedCheckpoint:
    """Whether an entry's leaf stands in a log whose checkpoint stands in the log above. Returns that one's checkpoint.

    Two proof files, one behind the other: what the first ends with is the leaf of the second.
    """
    check_proof(below, leaf, keys)
    return check_proof(above, below.checkpoint.encode(), keys_above)
