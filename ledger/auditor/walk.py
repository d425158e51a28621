"""The walk along the log: every bundle once, its leaves hashed, its tiles compared, its laws checked; then the root."""

import hashlib
import sys
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from ledger.auditor import leaves as leaf_format
from ledger.auditor.books import Books
from ledger.auditor.lines import IN_FLIGHT
from ledger.auditor.quick import Quick
from ledger.auditor.report import Report, Stop
from ledger.auditor.sources import Source, read_tile
from ledger.auditor.tree import WIDTH, Tree
from ledger.core.notes import TreeHead
from ledger.core.tiles import ENTRIES, HASH, Tile

# Over the network only every so many tiles of hashes are fetched, unless all are asked for.
SAMPLE_EVERY = 16
HOUSEKEEPING_EVERY = 64
MOST_BUNDLES_KEPT = 16


def cut(raw: bytes, width: int) -> list[bytes] | None:
    """The first ``width`` leaves of a bundle, or None when it is torn."""
    leaves, at = [], 0
    try:
        for _ in range(width):
            stop = at + 2 + (raw[at] << 8) + raw[at + 1]
            leaves.append(raw[at + 2 : stop])
            at = stop
    except IndexError:
        return None
    return leaves if at <= len(raw) else None


class Walk:
    """One way along a log, from its first leaf to the last one of a checkpoint."""

    def __init__(self, source: Source, head: TreeHead, report: Report, *, all_tiles: bool, settled: int) -> None:
        self.source = source
        self.head = head
        self.report = report
        self.all_tiles = all_tiles or source.is_local
        # Entries before this position have been there for a while: nothing they need is still on its way.
        self.settled = settled
        self.tree = Tree(self._tile)
        self.books = Books(report, self.leaf_at)
        self.quick = Quick(self.books)
        self.tiles_compared = self.tiles_passed = 0
        self._kept: OrderedDict[int, list[bytes]] = OrderedDict()

    def close(self) -> None:
        """Give the temporary files back."""
        self.books.spool.close()
        self.books.keys.close()

    def go(self, remembered: TreeHead | None = None) -> None:
        """Walk. ``remembered`` is an earlier head that this log must have grown from."""
        size, sha = self.head.size, hashlib.sha256
        root_then = remembered.root if remembered else b""
        progress = Progress(size)
        for number in range(-(-size // WIDTH)):
            start = number * WIDTH
            leaves = self._bundle(number, min(WIDTH, size - start))
            hashes = [sha(b"\x00" + leaf).digest() for leaf in leaves]
            if remembered is not None and start < remembered.size <= start + len(leaves):
                root_then = self.tree.root_before(hashes, remembered.size - start)
            self.tree.add(hashes)
            self._keep(number, leaves)
            self.quick.take(start, leaves)
            if number % HOUSEKEEPING_EVERY == 0:
                self._housekeeping(start)
                progress.show(start)
        self.tree.finish()
        progress.end()
        if self.tree.root() != self.head.root:
            self.report.add("root_differs", size=size, ours=self.tree.root().hex(), signed=self.head.root.hex())
        elif remembered is not None and root_then != remembered.root:
            # Only of the leaves that were signed can it be said that the signer tells another story now.
            self.report.add("forked", size=remembered.size, ours=root_then.hex(), seen=remembered.root.hex())
        self._finish()

    def _housekeeping(self, position: int) -> None:
        self.books.keys.settle()
        for line in self.books.lines.values():
            line.lots.settle()
            if line.waits():
                line.overdue(position - IN_FLIGHT)

    def _finish(self) -> None:
        waiting = releases = 0
        before = max(self.head.size - IN_FLIGHT, self.settled)
        for line in self.books.lines.values():
            line.overdue(before)
            line.finish()
        for pot in self.books.pots.values():
            more = pot.finish(before)
            waiting, releases = waiting + more[0], releases + more[1]
        if waiting or releases:
            self.report.note("matches_wait", matches=waiting, releases=releases)
        self._same_keys()
        if self.tiles_passed:
            self.report.note("tiles_passed", compared=self.tiles_compared, passed=self.tiles_passed)

    # ---- reading ----

    def _bundle(self, number: int, width: int) -> list[bytes]:
        tile = Tile(ENTRIES, number, width)
        raw = read_tile(self.source, tile, 0)
        if raw is None:
            self.report.add("bundle_missing", path=tile.path, size=self.head.size)
            raise Stop
        leaves = cut(raw, width)
        if leaves is None:
            self.report.add("bundle_torn", path=tile.path)
            raise Stop
        return leaves

    def _keep(self, number: int, leaves: list[bytes]) -> None:
        self._kept[number] = leaves
        if len(self._kept) > MOST_BUNDLES_KEPT:
            self._kept.popitem(last=False)

    def leaf_at(self, position: int) -> dict[str, Any] | None:
        """An earlier leaf's value, read again where need be, and believed only if it is what was hashed before."""
        number, place = divmod(position, WIDTH)
        if number not in self._kept:
            leaves = self._bundle(number, min(WIDTH, self.head.size - number * WIDTH))
            hashes = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
            if not self.tree.holds(number, hashes):
                self.report.add("bundle_changed", path=Tile(ENTRIES, number, len(leaves)).path)
                raise Stop
            self._keep(number, leaves)
        self._kept.move_to_end(number)
        if place >= len(self._kept[number]):
            return None
        try:
            value = leaf_format.parse(self._kept[number][place])
        except leaf_format.NotCanonical:
            return None
        return None if leaf_format.fault_of(value) else value

    # ---- tiles ----

    def _tile(self, level: int, number: int, hashes: Sequence[bytes]) -> None:
        if level == 0 and len(hashes) == WIDTH and not self.all_tiles and number % SAMPLE_EVERY:
            self.tiles_passed += 1
            return
        tile = Tile(level, number, len(hashes))
        published = read_tile(self.source, tile, HASH)
        self.tiles_compared += 1
        if published is None:
            self.report.add("tile_missing", path=tile.path)
        elif published != b"".join(hashes):
            self._where_differs(tile, published, hashes)

    def _where_differs(self, tile: Tile, published: bytes, hashes: Sequence[bytes]) -> None:
        for place, hashed in enumerate(hashes):
            if published[place * HASH : (place + 1) * HASH] != hashed:
                step = 256**tile.level
                first = (tile.number * WIDTH + place) * step
                self.report.add("tile_differs", path=tile.path, first=first, last=first + step - 1)
                return
        self.report.add("tile_differs", path=tile.path, first=tile.start, last=tile.start)

    # ---- keys ----

    def _same_keys(self) -> None:
        """Where 64 bits of two keys were the same: the whole keys, in a second look."""
        suspicious = self.books.keys.suspicious()
        if not suspicious:
            return
        first: dict[tuple[str, str], int] = {}
        for number in range(-(-self.head.size // WIDTH)):
            for place in range(min(WIDTH, self.head.size - number * WIDTH)):
                at = number * WIDTH + place
                leaf = self.leaf_at(at)
                if leaf is None or "key" not in leaf:
                    continue
                book, key = leaf["book"], leaf["key"]
                if int(key[:16], 16) ^ self.books.salt(book) in suspicious:
                    earlier = first.setdefault((book, key), at)
                    if earlier != at:
                        self.report.add("key_twice", at=at, earlier=earlier, book=book)


class Progress:
    """A bar on a terminal; nothing where nobody looks."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._shows = sys.stderr.isatty() and size > WIDTH
        self._started = time.monotonic()

    def show(self, done: int) -> None:
        if not self._shows:
            return
        part = done / self._size
        gone = time.monotonic() - self._started
        left = f"{gone / part * (1 - part):.0f} s" if part > 0.01 else "…"
        bar = "█" * int(part * 30)
        sys.stderr.write(f"\r{bar:<30} {part:4.0%}  {done:,} / {self._size:,}  {left} ")
        sys.stderr.flush()

    def end(self) -> None:
        if self._shows:
            sys.stderr.write("\r" + " " * 78 + "\r")
            sys.stderr.flush()
