"""What was signed: checkpoints state the tree, witnesses' lines open, the memory outside agrees."""

from collections.abc import Iterator

from ledger import checkpoints, log_keys
from ledger.core.notes import Note, Signature, TreeHead, VerifierKey, check_signatures
from ledger.core.refusals import Refused
from ledger.models import Checkpoint, Cosignature, LogHead
from ledger.verify.findings import Find, Finding, Skipped

BATCH = 1_000
TABLE, WITNESSES = "ledger_checkpoint", "ledger_cosignature"


def checkpoints_open() -> Iterator[Finding]:
    """Each bears a signature of a published key and states the head of its size."""
    if not Checkpoint.objects.exists():
        return
    keys = _keys()
    for row in Checkpoint.objects.order_by("origin", "size").iterator(BATCH):
        fault = _fault(row, keys)
        if fault:
            yield Finding(TABLE, f"origin={row.origin} size={row.size}", fault)


def _keys() -> list[VerifierKey]:
    """The published keys; on a machine that has none of the log's the check cannot be made, and says so."""
    try:
        return log_keys.all_keys()
    except Refused as refused:
        raise Skipped(f"this machine cannot read the log's key: {refused}") from None


def _fault(row: Checkpoint, keys: list[VerifierKey]) -> str:
    try:
        note = Note.parse(row.note)
        stated = TreeHead.parse(note.text)
        signed = check_signatures(note, [key for key in keys if key.name == row.origin])
    except Refused as refused:
        return f"does not open: {refused}"
    if not signed:
        return "bears no signature of a published key"
    if stated != TreeHead(row.origin, row.size, bytes(row.root)):
        return "is not what was signed"
    head = LogHead.objects.filter(size=row.size).first()
    return "" if head and bytes(head.root) == stated.root else "does not state the tree at its size"


def witnesses_open() -> Iterator[Finding]:
    """Each line is a witness's signature of a checkpoint that is there."""
    for row in Cosignature.objects.order_by("origin", "size", "witness").iterator(BATCH):
        checkpoint = Checkpoint.objects.filter(origin=row.origin, size=row.size).first()
        where = f"origin={row.origin} size={row.size} witness={row.witness}"
        if checkpoint is None:
            yield Finding(WITNESSES, where, "is of no checkpoint")
        elif not _cosigned(row, checkpoint):
            yield Finding(WITNESSES, where, "does not open with the witness's key")


def _cosigned(row: Cosignature, checkpoint: Checkpoint) -> bool:
    try:
        key, signature = VerifierKey.parse(row.witness), Signature.parse(row.line.removesuffix("\n"))
    except (Refused, ValueError):
        return False
    if signature.line() != row.line or (signature.name, signature.key_id) != (key.name, key.key_id):
        return False
    return key.accepts(Note.parse(checkpoint.note).text, signature.blob)


def memory_now() -> Find:
    """The memory outside as it is now, for a check of books that are read from now on.

    Read in the middle of a verification it would be ahead of the books' moment: the worker goes on signing.
    """
    remembered = checkpoints.settled_memory()
    return lambda: _memory_agrees(remembered)


def _memory_agrees(remembered: str) -> Iterator[Finding]:
    """The last checkpoint that was signed lies outside the database, and the tables hold it and what it grew into."""
    _keys()
    refused = checkpoints.standing(remembered)
    if refused:
        yield Finding(TABLE, "the memory outside", str(refused))
    elif lost := checkpoints.lost_checkpoint(remembered):
        yield Finding(TABLE, f"origin={lost.origin} size={lost.size}", "was signed last, and is not in the table")
