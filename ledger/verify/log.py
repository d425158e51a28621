"""The log: positions, leaf hashes from the entries themselves, the tree's heads, and nothing lost before it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from uuid import UUID

from ledger.core.leaves import SealedEntry, SealedNotice, entry_leaf, notice_leaf
from ledger.core.merkle import Frontier, leaf_hash
from ledger.models import JournalEntry, LogHead, LogLeaf, Notice, Outbox
from ledger.transparency import sealed_entries, sealed_notices
from ledger.verify.findings import Finding
from ledger.verify.values import fetched

BATCH = 1_000
LEAF = "ledger_logleaf"


def leaf_row(leaf: LogLeaf) -> str:
    """How to find a leaf, and whose it is."""
    subject = leaf.entry_id or leaf.notice_id
    word = "entry_id" if leaf.entry_id else "notice_id"
    return f"position={leaf.position} {word}={subject.hex if subject else '-'}"


def positions() -> Iterator[Finding]:
    """0, 1, 2 … in a row."""
    expected = 0
    for leaf in LogLeaf.objects.order_by("position").iterator(BATCH):
        if leaf.position != expected:
            yield Finding(LEAF, leaf_row(leaf), f"follows on {expected - 1}: positions are missing")
        if (leaf.entry_id is None) == (leaf.notice_id is None):
            yield Finding(LEAF, leaf_row(leaf), "is not of one entry or one notice")
        expected = leaf.position + 1


def leaves_rehashed() -> Iterator[Finding]:
    """Each leaf's bytes are made anew from its entry or notice and hashed."""
    batch: list[LogLeaf] = []
    for leaf in LogLeaf.objects.order_by("position").iterator(BATCH):
        batch.append(leaf)
        if len(batch) == BATCH:
            yield from _rehashed(batch)
            batch = []
    yield from _rehashed(batch)


def _rehashed(leaves: Sequence[LogLeaf]) -> Iterator[Finding]:
    try:
        entries = sealed_entries([leaf.entry_id for leaf in leaves if leaf.entry_id])
        notices = sealed_notices([leaf.notice_id for leaf in leaves if leaf.notice_id])
    except (ValueError, KeyError, TypeError) as fault:
        if len(leaves) == 1:
            yield Finding(LEAF, leaf_row(leaves[0]), f"its entry or notice cannot be read: {fault}")
            return
        for leaf in leaves:  # one of them cannot be read: find it
            yield from _rehashed([leaf])
        return
    for leaf in leaves:
        wrong = _leaf_fault(leaf, entries, notices)
        if wrong:
            yield Finding(LEAF, leaf_row(leaf), wrong)


def _leaf_fault(leaf: LogLeaf, entries: dict[UUID, SealedEntry], notices: dict[UUID, SealedNotice]) -> str:
    entry = entries.get(leaf.entry_id) if leaf.entry_id else None
    notice = notices.get(leaf.notice_id) if leaf.notice_id else None
    if entry is None and notice is None:
        return "its entry or notice is not there"
    try:
        made = entry_leaf(entry) if entry else notice_leaf(notice)  # type: ignore[arg-type]
    except (ValueError, TypeError) as unfit:
        return f"its bytes cannot be made: {unfit}"
    return "" if leaf_hash(made) == bytes(leaf.leaf_hash) else "the entry is not what was published at this position"


def heads_rebuilt() -> Iterator[Finding]:
    """The tree grown leaf by leaf: root and frontier at each head; order inside each batch; heads grow with time."""
    leaves = LogLeaf.objects.order_by("position").values_list("leaf_hash", flat=True).iterator(BATCH)
    frontier, before = Frontier(), None
    for head in LogHead.objects.order_by("size").iterator(BATCH):
        row = f"size={head.size}"
        while frontier.size < head.size and (hashed := next(leaves, None)) is not None:
            frontier.add(bytes(hashed))
        if frontier.size != head.size:
            yield Finding("ledger_loghead", row, f"is larger than the log, which has {frontier.size} leaves")
            break
        if frontier.root() != bytes(head.root):
            yield Finding("ledger_loghead", row, "its root is not that of the leaves")
        if frontier.to_bytes() != bytes(head.frontier):
            yield Finding("ledger_loghead", row, "its frontier is not that of the leaves")
        if before and before.sequenced_at > head.sequenced_at:
            yield Finding("ledger_loghead", row, "was made before the smaller one")
        yield from _order_inside(before.size if before else 0, head)
        before = head
    count = LogLeaf.objects.count()
    if count != (before.size if before else 0):
        yield Finding("ledger_loghead", f"size={count}", "the log's last leaves stand under no head")


def grows_from(size: int, root_hex: str) -> Iterator[Finding]:
    """Whether the first leaves still have this root."""
    frontier = Frontier()
    for hashed in LogLeaf.objects.order_by("position").values_list("leaf_hash", flat=True)[:size]:
        frontier.add(bytes(hashed))
    if (frontier.size, frontier.root().hex()) != (size, root_hex):
        yield Finding("ledger_loghead", f"size={size}", f"is not the head noted outside: {frontier.root().hex()}")


def _order_inside(start: int, head: LogHead) -> Iterator[Finding]:
    """One batch goes by (moment, id), and holds nothing recorded after it was numbered."""
    batch = list(
        LogLeaf.objects.filter(position__gte=start, position__lt=head.size)
        .order_by("position")
        .select_related("entry", "notice")
    )
    keys = [(subject.recorded_at, subject.id) for leaf in batch if (subject := leaf.entry or leaf.notice)]
    for (one, other), leaf in zip(pairwise(keys), batch[1:], strict=False):
        if one > other:
            yield Finding(LEAF, leaf_row(leaf), "stands behind a later one in the same batch")


def nothing_is_lost() -> Iterator[Finding]:
    """Each entry and notice has a leaf or waits in the outbox, never both; the outbox holds nothing else."""
    for model, name, is_notice in ((JournalEntry, "entry_id", "false"), (Notice, "notice_id", "true")):
        table = model._meta.db_table
        for row_id, leaf, waits in fetched(
            f"""
            SELECT s.id, l.position, o.subject_id FROM {table} s
            LEFT JOIN {LEAF} l ON l.{name} = s.id
            LEFT JOIN ledger_outbox o ON o.subject_id = s.id AND o.is_notice = {is_notice}
                AND o.recorded_at = s.recorded_at
            WHERE (l.position IS NULL) = (o.subject_id IS NULL)
            """
        ):
            says = "has a position and waits for one" if waits else "has no position and does not wait for one"
            yield Finding(table, f"id={getattr(row_id, 'hex', row_id)} position={leaf}", says)
    known = {*JournalEntry.objects.values_list("id", flat=True), *Notice.objects.values_list("id", flat=True)}
    for waiting in Outbox.objects.all():
        if waiting.subject_id not in known:
            yield Finding("ledger_outbox", f"subject_id={waiting.subject_id.hex}", "is of nothing that was written")
