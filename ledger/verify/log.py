"""The log: positions, leaf hashes from the entries themselves, the tree's heads, and nothing lost before it."""

from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise
from operator import lt
from typing import Any
from uuid import UUID

from ledger.core.leaves import SealedEntry, SealedNotice, entry_leaf, notice_leaf
from ledger.core.merkle import TILE_HEIGHT, Frontier, leaf_hash
from ledger.models import LogHead, LogLeaf
from ledger.transparency import sealed_entries, sealed_notices
from ledger.verify.findings import Finding, Named
from ledger.verify.values import fetched, named

BATCH = 1_000
LEAF = "ledger_logleaf"
HEAD = "ledger_loghead"
TILE = "ledger_logtile"
LEVELS = 8


def leaf_row(leaf: LogLeaf) -> str:
    """How to find a leaf, and whose it is."""
    subject = leaf.entry_id or leaf.notice_id
    word = "entry_id" if leaf.entry_id else "notice_id"
    return f"position={leaf.position} {word}={subject.hex if subject else '-'}"


def subjects_once() -> Iterator[Finding]:
    """Of one entry or one notice each, and none of either twice; none before zero."""
    wrong = f"SELECT position FROM {LEAF} WHERE position < 0 OR (entry_id IS NULL) = (notice_id IS NULL)"
    for row in fetched(wrong):
        yield Finding(LEAF, named(["position"], row), "is not of one entry or one notice, from zero on")
    for column in ("entry_id", "notice_id"):
        # From the index alone; the rows of what is there twice are looked at then.
        twice = f"SELECT {column} FROM {LEAF} WHERE {column} IS NOT NULL GROUP BY {column} HAVING count(*) > 1"
        for row in fetched(
            f"SELECT {column}, count(*), min(position) FROM {LEAF} WHERE {column} IN ({twice}) GROUP BY {column}"
        ):
            yield Finding(LEAF, f"position={row[2]} {named([column], row)}", f"has {row[1]} positions")


def rehashed(positions: Sequence[int]) -> Iterator[Finding]:
    """Each leaf's bytes are made anew from its entry or notice and hashed."""
    yield from _rehashed(list(LogLeaf.objects.filter(position__in=positions).order_by("position")))


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


def _heads_between(start: int, stop: int) -> Generator[LogHead]:
    yield from LogHead.objects.filter(size__gt=start, size__lte=stop).order_by("size").iterator(BATCH)


class Tree:
    """The tree grown leaf by leaf over a range that begins at a head: root and frontier at each head, order inside each
    batch. The frontier at the start is the one stored there, which the range before has grown and compared.
    """

    def __init__(self, start: int, stop: int) -> None:
        self.start = start
        self.frontier: Frontier | None = None
        self.heads = _heads_between(start, stop)
        self.head = next(self.heads, None)
        self.before: tuple[Any, Any] | None = None
        self.tiles = _tiles_between(start, stop)
        self.fault = ""
        if start == 0:
            self.frontier = Frontier()
        else:
            stored = LogHead.objects.filter(size=start).values_list("frontier", flat=True).first()
            try:
                self.frontier = Frontier.from_bytes(start, bytes(stored or b""))
            except ValueError as fault:
                self.fault = str(fault)

    def grow(self, leaves: Sequence[Sequence[Any]]) -> Iterator[Named]:
        """The next leaves: (position, entry or notice, hash, moment)."""
        if self.fault:
            yield "heads", Finding(HEAD, f"size={self.start}", f"its frontier cannot be read: {self.fault}")
            self.fault = ""
        at = 0
        while at < len(leaves):
            limit = len(leaves)
            if self.head is not None:
                limit = min(limit, at + max(self.head.size - leaves[at][0], 0))
            yield from (("heads", finding) for finding in self._in_order(leaves[at:limit]))
            if self.frontier is not None:
                for level, number, root in self.frontier.extend([bytes(row[2]) for row in leaves[at:limit]]):
                    if self.tiles.pop((level, number), b"") != root:
                        says = "is missing, or its root is not that of the leaves"
                        yield "tiles", Finding(TILE, f"level={level} number={number}", says)
            at = limit
            while self.head is not None and at and leaves[at - 1][0] + 1 >= self.head.size:
                yield from (("heads", finding) for finding in self._stated(self.head))
                self.head, self.before = next(self.heads, None), None

    def close(self) -> None:
        """Let go of the cursor behind the heads, also when the range is left in the middle."""
        self.heads.close()

    def end(self) -> Iterator[Named]:
        """All leaves of the range were added."""
        if self.frontier is not None:
            for level, number in self.tiles:
                yield "tiles", Finding(TILE, f"level={level} number={number}", "this tile is not full")

    def _stated(self, head: LogHead) -> Iterator[Finding]:
        row, frontier = f"size={head.size}", self.frontier
        if frontier is None:
            return
        if frontier.size != head.size:
            yield Finding(HEAD, row, f"states {head.size} leaves where {frontier.size} are")
            self.frontier = None  # everything after would only repeat it
            return
        if frontier.root() != bytes(head.root):
            yield Finding(HEAD, row, "its root is not that of the leaves")
        if frontier.to_bytes() != bytes(head.frontier):
            yield Finding(HEAD, row, "its frontier is not that of the leaves")

    def _in_order(self, leaves: Sequence[Sequence[Any]]) -> Iterator[Finding]:
        """One batch goes by (moment, id)."""
        keys = [(row[3], row[1]) for row in leaves if row[3] is not None and row[1] is not None]
        if self.before is not None:
            keys.insert(0, self.before)
        if keys:
            self.before = keys[-1]
        if all(map(lt, keys, keys[1:])):
            return
        for row, (one, other) in zip(leaves[-len(keys) + 1 :], pairwise(keys), strict=False):
            if one > other:
                yield Finding(LEAF, f"position={row[0]} id={row[1]}", "stands behind a later one in the same batch")


def _tiles_between(start: int, stop: int) -> dict[tuple[int, int], bytes]:
    """The stored tiles that these leaves fill."""
    filled = " OR ".join(
        f"(level = {level} AND number >= {start >> bits} AND number < {stop >> bits})"
        for level, bits in ((level, TILE_HEIGHT * (level + 1)) for level in range(LEVELS))
    )
    rows = fetched(f"SELECT level, number, root FROM {TILE} WHERE {filled}")
    return {(level, number): bytes(root) for level, number, root in rows}


def no_other_tiles() -> Iterator[Finding]:
    """No tile that the log has not filled, and none of a level that there is not."""
    ((size,),) = list(fetched(f"SELECT coalesce(max(position) + 1, 0) FROM {LEAF}"))
    full = " OR ".join(
        f"(level = {level} AND number < {size >> (TILE_HEIGHT * (level + 1))})" for level in range(LEVELS)
    )
    for row in fetched(f"SELECT level, number FROM {TILE} WHERE number < 0 OR NOT ({full})"):
        yield Finding(TILE, named(["level", "number"], row), "there is no such full tile")


def heads_grow() -> Iterator[Finding]:
    """Heads grow with time; the last one is as large as the log."""
    before = None
    for size, at in fetched(f"SELECT size, sequenced_at FROM {HEAD} ORDER BY size"):
        if before is not None and before > at:
            yield Finding(HEAD, f"size={size}", "was made before the smaller one")
        before = at
    ((count,),) = list(fetched(f"SELECT coalesce(max(position) + 1, 0) FROM {LEAF}"))
    ((last,),) = list(fetched(f"SELECT coalesce(max(size), 0) FROM {HEAD}"))
    if last > count:
        yield Finding(HEAD, f"size={last}", f"is larger than the log, which has {count} leaves")
    elif last != count:
        yield Finding(HEAD, f"size={count}", "the log's last leaves stand under no head")


def grows_from(size: int, root_hex: str) -> Iterator[Finding]:
    """Whether the first leaves still have this root."""
    frontier = Frontier()
    leaves = LogLeaf.objects.order_by("position").values_list("leaf_hash", flat=True)[:size]
    for hashed in leaves.iterator(BATCH):
        frontier.add(bytes(hashed))
    if (frontier.size, frontier.root().hex()) != (size, root_hex):
        yield Finding("ledger_loghead", f"size={size}", f"is not the head noted outside: {frontier.root().hex()}")


def nothing_is_lost() -> Iterator[Finding]:
    """Each entry and notice has a leaf or waits in the outbox, never both; the outbox holds nothing else."""
    for table, name, is_notice in (
        ("ledger_journalentry", "entry_id", "false"),
        ("ledger_notice", "notice_id", "true"),
    ):
        alone = True
        for row in fetched(
            f"""
            SELECT o.subject_id, l.position, s.id FROM ledger_outbox o LEFT JOIN {table} s ON s.id = o.subject_id
            LEFT JOIN {LEAF} l ON l.{name} = o.subject_id
            WHERE o.is_notice = {is_notice} AND (l.position IS NOT NULL OR s.id IS NULL)
            """
        ):
            alone = False
            says = "is of nothing that was written" if row[2] is None else f"waits and has the position {row[1]}"
            yield Finding("ledger_outbox", named(["subject_id"], row), says)
        if not (alone and _as_many(table, name, is_notice)):
            yield from _without_a_place(table, name, is_notice)


def _as_many(table: str, name: str, is_notice: str) -> bool:
    """Whether as many were written as have a place or wait for one. Where each place is of one that was written, as
    other checks see, and what waits has no place, none is then without.
    """
    ((written, placed, waiting),) = fetched(
        f"""
        SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM {LEAF} WHERE {name} IS NOT NULL),
            (SELECT count(*) FROM ledger_outbox o JOIN {table} s ON s.id = o.subject_id
            WHERE o.is_notice = {is_notice} AND o.recorded_at = s.recorded_at)
        """
    )
    return bool(written == placed + waiting)


def _without_a_place(table: str, name: str, is_notice: str) -> Iterator[Finding]:
    for row in fetched(
        f"""
        SELECT s.id FROM {table} s LEFT JOIN {LEAF} l ON l.{name} = s.id WHERE l.position IS NULL AND NOT EXISTS (
            SELECT 1 FROM ledger_outbox o
            WHERE o.subject_id = s.id AND o.is_notice = {is_notice} AND o.recorded_at = s.recorded_at
        )
        """
    ):
        yield Finding(table, named(["id"], row), "has no position and does not wait for one")
