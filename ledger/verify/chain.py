"""The chain of lots: each starts where its fund's lot before it, in the log's order, stops.

It is followed along the log, in ranges: what lies before a range is one step in the index of the line.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from ledger.verify.findings import Finding
from ledger.verify.values import fetched, named, places

NO_PLACE = "is not at the position of an entry that brought money"

Row = tuple[Any, ...]

_KEY = ["fund_id", "start", "entry_id"]
_LOTS = """
SELECT log_index, fund_id, stop - start, source_kind, {entry}, start, stop FROM ledger_lot
WHERE log_index IN ({positions}) ORDER BY log_index, fund_id, start
"""
_BEFORE = "SELECT stop, log_index FROM ledger_lot WHERE fund_id = %s AND start < %s ORDER BY start DESC LIMIT 1"
FEW = 500


class Chain:
    """Follows the lots of a range of the log; ``broken`` keeps those that do not follow on the one before, by key.

    ``ends`` is where each fund's line ends as far as it was followed.
    """

    def __init__(self, cursor: Any, start: int) -> None:
        self.cursor = cursor
        self.start = start
        self.ends: dict[Any, Any] = {}
        self.broken: list[Row] = []
        self.entry = "encode(uuid_send(entry_id), 'hex')" if connection.vendor == "postgresql" else "entry_id"

    def lots_at(self, positions: Sequence[int]) -> dict[int, list[Row]]:
        """Lots by position: (position, fund, length, source, entry, start, stop)."""
        lots: dict[int, list[Row]] = {}
        for at in range(0, len(positions), FEW):
            few = positions[at : at + FEW]
            self.cursor.execute(_LOTS.format(entry=self.entry, positions=places(few)), few)
            for lot in self.cursor.fetchall():
                lots.setdefault(lot[0], []).append(lot)
        return lots

    def follow(self, fund: Any, start: Any, stop: Any, of: Any) -> None:
        """The next lot in the log's order."""
        ends = self.ends
        if fund not in ends:
            ends[fund] = self._end_before(fund, start)
        if ends[fund] != start:
            self.broken.append((fund, start, of))
        ends[fund] = stop

    def _end_before(self, fund: Any, begins: Any) -> Any:
        """Where the fund's line ended when this range began; nowhere, if what lies before came later."""
        self.cursor.execute(_BEFORE, [fund, begins])
        before = self.cursor.fetchone()
        if before is None:
            return 0
        stop, place = before
        return stop if place < self.start else None

    def findings(self) -> Iterator[Finding]:
        """Each broken lot by its key."""
        for lot in self.broken:
            row = named(_KEY, lot)
            yield Finding("ledger_lot", row, "does not start where the one before it stops, in the log's order")


def lots_have_their_place() -> Iterator[Finding]:
    """No lot outside the log. What is inside, the walk along it looks at."""
    # SQLite also keeps a place between two whole numbers, or a word.
    between = "OR typeof(log_index) <> 'integer'" if connection.vendor == "sqlite" else ""
    for row in fetched(
        "SELECT fund_id, start, entry_id FROM ledger_lot "
        f"WHERE log_index < 0 OR log_index > (SELECT coalesce(max(position), -1) FROM ledger_logleaf) {between}"
    ):
        yield Finding("ledger_lot", named(_KEY, row), NO_PLACE)
