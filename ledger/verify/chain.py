"""The chain of lots: each starts where its fund's lot before it, in the log's order, stops.

It is followed along the log, in ranges: what lies before a range is one step in the index of the line.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from ledger.verify.findings import Finding
from ledger.verify.plain import Row
from ledger.verify.values import fetched, named

NO_PLACE = "is not at the position of an entry that brought money"

_KEY = ["fund_id", "start", "entry_id"]
_LOTS = """
SELECT log_index, fund_id, stop - start, source_kind, {entry}, start, stop FROM ledger_lot
WHERE log_index >= %s AND log_index < %s ORDER BY log_index, fund_id, start
"""
_BEFORE = "SELECT stop, log_index FROM ledger_lot WHERE fund_id = %s AND start < %s ORDER BY start DESC LIMIT 1"


class Chain:
    """Follows the lots of a range of the log; ``broken`` keeps those that do not follow on the one before."""

    def __init__(self, cursor: Any, start: int) -> None:
        self.cursor = cursor
        self.start = start
        self.ends: dict[Any, Any] = {}
        self.broken: list[Row] = []
        entry = "encode(uuid_send(entry_id), 'hex')" if connection.vendor == "postgresql" else "entry_id"
        self.sql = _LOTS.format(entry=entry)

    def of_page(self, start: int, stop: int) -> dict[int, list[Row]]:
        """The lots by position: (position, fund, length, source, entry)."""
        lots: dict[int, list[Row]] = {}
        ends = self.ends
        self.cursor.execute(self.sql, [start, stop])
        for lot in self.cursor.fetchall():
            fund, begins = lot[1], lot[5]
            if fund not in ends:
                ends[fund] = self._end_before(fund, begins)
            if ends[fund] != begins:
                self.broken.append(lot)
            ends[fund] = lot[6]
            lots.setdefault(lot[0], []).append(lot[:5])
        return lots

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
            row = named(_KEY, (lot[1], lot[5], lot[4]))
            yield Finding("ledger_lot", row, "does not start where the one before it stops, in the log's order")


def lots_have_their_place() -> Iterator[Finding]:
    """No lot outside the log. What is inside, the walk along it looks at."""
    for row in fetched(
        "SELECT fund_id, start, entry_id FROM ledger_lot "
        "WHERE log_index < 0 OR log_index > (SELECT coalesce(max(position), -1) FROM ledger_logleaf)"
    ):
        yield Finding("ledger_lot", named(_KEY, row), NO_PLACE)
