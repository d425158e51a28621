"""L8 from the leaves alone: each fund's line replayed in the order of the log.

Lots fill it from the left in published order. Uses form one chain without gap or overlap and never pass the last lot; a
skip is exactly one hole, a spend touches none. Holes and covers lie in the lot of what was taken back, disjoint; a
cover lies on money spent.

Entries recorded in the same moment may change places inside one batch of the sequencer: two spendings that waited for
each other, a refund and the spending that stepped over its hole. What needs an entry that has not come yet is therefore
kept, and is a lie only when it has not come ``IN_FLIGHT`` places later, or since an earlier visit; at the end of the
log it is said to wait.
"""

from array import array
from bisect import bisect_left

from ledger.auditor.report import Report
from ledger.auditor.spools import Pairs, Spool

IN_FLIGHT = 20_000


class Stretches:
    """Disjoint stretches of a line, in order: 16 bytes each."""

    def __init__(self) -> None:
        self.starts = array("q")
        self.stops = array("q")

    def add(self, start: int, stop: int) -> bool:
        """Put one in; False where it would lie over another."""
        if self.meets(start, stop):
            return False
        place = bisect_left(self.starts, start)
        self.starts.insert(place, start)
        self.stops.insert(place, stop)
        return True

    def meets(self, start: int, stop: int) -> bool:
        """Whether any of them shares a unit with [start, stop)."""
        place = bisect_left(self.starts, stop)
        return place > 0 and self.stops[place - 1] > start

    def has(self, start: int, stop: int) -> bool:
        """Whether exactly this one is there."""
        place = bisect_left(self.starts, start)
        return place < len(self.starts) and self.starts[place] == start and self.stops[place] == stop


class Line:
    """One fund: what its opening said, its line, and what came in by source (sum and count)."""

    def __init__(self, book: str, fund: str, currency: str, project: str, report: Report, spool: Spool) -> None:
        self.book = book
        self.fund = fund
        self.currency = currency
        self.project = project
        self.report = report
        self.end = 0
        self.cursor = 0
        # Position of the entry, and where its lot stops. A lot starts where the one before it stops.
        self.lots = Pairs(spool)
        self.came: dict[str, list[int]] = {}
        self.spent = self.refunded = self.covered = 0
        self.holes = Stretches()
        self.covers = Stretches()
        # What waits for an entry still to come: uses ahead of the cursor, skips without their hole, covers not reached.
        self.early: dict[int, tuple[int, str, int]] = {}
        self.owed: dict[int, tuple[int, int]] = {}
        self.due: list[tuple[int, int, int]] = []

    def source(self, name: str) -> list[int]:
        """Sum and count of the lots of a source."""
        return self.came.setdefault(name, [0, 0])

    def lot(self, position: int, amount: int, source: str) -> None:
        """Money came in: the next stretch of the line."""
        self.end += amount
        self.lots.append(position, self.end)
        came = self.source(source)
        came[0] += amount
        came[1] += 1

    def lot_at(self, position: int) -> tuple[int, int] | None:
        """The lot that the entry at a position filled."""
        index = self.lots.find(position)
        if index is None:
            return None
        return (self.lots.at(index - 1)[1] if index else 0), self.lots.at(index)[1]

    # ---- uses ----

    def use(self, position: int, kind: str, start: int, stop: int) -> None:
        """Money went out, or the cursor steps over a hole."""
        if kind == "SPEND":
            self.spent += stop - start
        if stop > self.end:
            self._say("line_beyond", position, start, stop, end=self.end)
        if start < self.cursor or start in self.early:
            self._say("line_overlap", position, start, stop, cursor=self.cursor)
        elif start > self.cursor:
            self.early[start] = (stop, kind, position)
        else:
            self._advance(position, kind, start, stop)
            while self.cursor in self.early:
                stop, kind, position = self.early.pop(self.cursor)
                self._advance(position, kind, self.cursor, stop)
            if self.due:
                self._settle_covers()

    def _advance(self, position: int, kind: str, start: int, stop: int) -> None:
        self.cursor = stop
        if kind == "SPEND":
            if self.holes.meets(start, stop):
                self._say("line_spent_hole", position, start, stop)
        elif not self.holes.has(start, stop):
            self.owed[start] = (stop, position)

    # ---- taken back ----

    def hole(self, position: int, start: int, stop: int, lot: tuple[int, int] | None) -> None:
        """Taken back before it was spent."""
        self.refunded += stop - start
        self._inside(position, start, stop, lot)
        if start < self.cursor:
            if self.owed.get(start, (None,))[0] == stop:
                del self.owed[start]
            else:
                self._say("line_hole_spent", position, start, stop, cursor=self.cursor)
        if not self.holes.add(start, stop):
            self._say("line_hole_twice", position, start, stop)

    def cover(self, position: int, start: int, stop: int, lot: tuple[int, int] | None) -> None:
        """Taken back after it was spent."""
        self.covered += stop - start
        self._inside(position, start, stop, lot)
        if not self.covers.add(start, stop):
            self._say("line_cover_twice", position, start, stop)
        if stop > self.cursor:
            self.due.append((start, stop, position))
        elif self.holes.meets(start, stop):
            self._say("line_cover_unspent", position, start, stop)

    def _settle_covers(self) -> None:
        for start, stop, position in [cover for cover in self.due if cover[1] <= self.cursor]:
            self.due.remove((start, stop, position))
            if self.holes.meets(start, stop):
                self._say("line_cover_unspent", position, start, stop)

    def _inside(self, position: int, start: int, stop: int, lot: tuple[int, int] | None) -> None:
        if lot is None or not (lot[0] <= start and stop <= lot[1]):
            self._say("line_outside_lot", position, start, stop)

    # ---- what did not come ----

    def waits(self) -> bool:
        return bool(self.early or self.owed or self.due)

    def overdue(self, before: int) -> None:
        """Say of entries before a position what should have come since, once."""
        for start in [start for start, (_stop, _kind, at) in self.early.items() if at < before]:
            stop, _kind, at = self.early.pop(start)
            self._say("line_gap", at, start, stop, cursor=self.cursor)
        for start in [start for start, (_stop, at) in self.owed.items() if at < before]:
            stop, at = self.owed.pop(start)
            self._say("line_skip_no_hole", at, start, stop)
        for cover in [cover for cover in self.due if cover[2] < before]:
            self.due.remove(cover)
            self._say("line_cover_unspent", cover[2], cover[0], cover[1])

    def finish(self) -> None:
        """At the end of the log: what still waits is not proven."""
        for start, (stop, _kind, at) in sorted(self.early.items()):
            self._say("wait_gap", at, start, stop, cursor=self.cursor)
        for start, (stop, at) in sorted(self.owed.items()):
            self._say("wait_hole", at, start, stop)
        for start, stop, at in self.due:
            self._say("wait_cover", at, start, stop)

    def _say(self, sentence: str, position: int, start: int, stop: int, **more: int) -> None:
        self.report.add(sentence, at=position, book=self.book, fund=self.fund, start=start, stop=stop, **more)
