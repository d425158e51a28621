"""The funds' lines, rebuilt: lots from the log's order, the spending cursor's way, holes and covers against refunds.

Rows come in the order of the lines, two streams side by side where two tables meet: memory stays flat.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q

from ledger.models import JournalEntry, LogLeaf, Lot, LotCover, LotHole, Posting
from ledger.policy.chart import DEFICIT, REFUND_COVER, flow
from ledger.policy.kinds import KINDS, TAKE_BACKS
from ledger.verify import chain
from ledger.verify.findings import Finding
from ledger.verify.values import fetched, named, places

BATCH = 1_000
KEY = ["fund_id", "start", "entry_id"]
# (fund, start, stop, entry, …) in the order of the lines.
Stretch = tuple[Any, ...]


# ---- lots ----


def lots_at(positions: Sequence[int]) -> Iterator[Finding]:
    """One lot for each fund that gained by an entry, as long as the gain, with its source and its position."""
    leaves = LogLeaf.objects.filter(position__in=positions, entry_id__isnull=False).order_by("position")
    rows = list(leaves.values_list("position", "entry_id", "entry__kind"))
    ids = [entry_id for _position, entry_id, _kind in rows]
    nets = nets_of(ids)
    there: dict[int, list[Lot]] = defaultdict(list)
    for lot in Lot.objects.filter(log_index__in=positions).order_by("fund_id", "start"):
        there[lot.log_index].append(lot)
    for position, entry_id, kind in rows:
        gains = {fund_id: net for fund_id, net in nets[entry_id].items() if net > 0}
        source = KINDS[kind].source if kind in KINDS else "?"
        for lot in there[position]:
            expected = (gains.pop(lot.fund_id, 0), source, entry_id)
            if (lot.stop - lot.start, lot.source_kind, lot.entry_id) != expected:
                says = f"is not what the log makes: {expected[0]} {source} of {entry_id.hex} expected"
                yield Finding("ledger_lot", _row(lot.fund_id, lot.start, lot.entry_id), says)
        for fund_id in gains:
            yield Finding("ledger_lot", f"fund_id={fund_id} entry_id={entry_id.hex}", "is missing")
    for position in there.keys() - {row[0] for row in rows}:
        for lot in there[position]:
            yield Finding("ledger_lot", _row(lot.fund_id, lot.start, lot.entry_id), chain.NO_PLACE)


def nets_of(entry_ids: Sequence[Any]) -> dict[UUID, dict[int, int]]:
    """What each fund gains or loses by each entry, in the order of the entry's lines."""
    nets: dict[UUID, dict[int, int]] = defaultdict(dict)
    rows = (
        Posting.objects.filter(entry_id__in=entry_ids)
        .order_by("entry_id", "line")
        .values_list("entry_id", "fund_id", "debit_account__code", "credit_account__code", "amount_minor")
    )
    for entry_id, fund_id, debit, credit, amount in rows:
        nets[entry_id][fund_id] = nets[entry_id].get(fund_id, 0) + amount * flow(debit, credit)
    return nets


def _row(fund_id: int, start: int, entry_id: UUID) -> str:
    return f"fund_id={fund_id} start={start} entry_id={entry_id.hex}"


# ---- uses ----

# Where each line ends: its lots are a chain, which the walk along the log follows.
_ENDS = """
SELECT f.id, coalesce((SELECT t.stop FROM ledger_lot t WHERE t.fund_id = f.id ORDER BY t.start DESC LIMIT 1), 0)
FROM ledger_fund f
"""


def uses_chain() -> Iterator[Finding]:
    """One chain a fund, inside its lots, over no hole but by a skip."""
    ends = dict(fetched(_ENDS))
    holes = _Ahead(_stretches("ledger_lothole"))
    fund, cursor = None, 0
    for use in _stretches("ledger_lotuse", "prev", "kind"):
        fund_id, start, stop, entry_id, prev, kind = use
        if fund_id != fund:
            fund, cursor = fund_id, 0
        hole = holes.reaching(fund_id, start)
        met = hole is not None and hole[0] == fund_id and hole[1] < stop
        fault = ""
        if start != cursor or prev != (start or None):
            fault = f"does not start where the one before it stops ({cursor})"
        elif stop > ends.get(fund_id, 0):
            fault = "is spent beyond what the fund holds"
        elif kind == "SKIP" and (hole is None or hole[:3] != (fund_id, start, stop)):
            fault = "skips what is no hole"
        elif kind == "SPEND" and met:
            fault = "is spent over a hole"
        elif kind not in ("SPEND", "SKIP"):
            fault = f"is of the kind {kind}"
        cursor = max(cursor, stop)
        if fault:
            yield Finding("ledger_lotuse", named(KEY, (fund_id, start, entry_id)), fault)
    for table in ("ledger_lotuse", "ledger_lothole", "ledger_lotcover"):
        for row in fetched(f"SELECT fund_id, start, entry_id FROM {table} WHERE start < 0 OR stop <= start"):
            yield Finding(table, named(KEY, row), "does not run forward")


def _stretches(table: str, *more: str, only: str = "") -> Iterator[Stretch]:
    columns = ", ".join(["fund_id", "start", "stop", "entry_id", *more])
    return fetched(f"SELECT {columns} FROM {table} {only} ORDER BY fund_id, start")


class _Ahead:
    """A stream of stretches that is walked beside another, in the same order."""

    def __init__(self, rows: Iterator[Stretch]) -> None:
        self.rows = rows
        self.row = next(rows, None)

    def reaching(self, fund_id: Any, start: int) -> Stretch | None:
        """The first stretch that stops behind this place, or is of a later fund."""
        while self.row is not None and (self.row[0], self.row[2]) <= (fund_id, start):
            self.row = next(self.rows, None)
        return self.row


def losses_of(entry_ids: Sequence[Any]) -> Iterator[Finding]:
    """What an entry took of each line is what it cost that fund."""
    taken: dict[tuple[UUID, int], int] = defaultdict(int)
    for table, only in (("ledger_lotuse", "AND kind = 'SPEND'"), ("ledger_lothole", "")):
        for entry_id, fund_id, length in fetched(
            f"SELECT entry_id, fund_id, sum(stop - start) FROM {table} "
            f"WHERE entry_id IN ({places(entry_ids)}) {only} GROUP BY entry_id, fund_id",
            list(entry_ids),
        ):
            taken[UUID(str(entry_id)), fund_id] += int(length)
    for entry_id, nets in nets_of(entry_ids).items():
        for fund_id, net in nets.items():
            length = taken.pop((entry_id, fund_id), 0)
            if length != max(-net, 0):
                says = f"cost fund {fund_id} {max(-net, 0)} and took {length} of its line (L8)"
                yield Finding("ledger_journalentry", f"id={entry_id.hex}", says)
    for (entry_id, fund_id), length in taken.items():
        says = f"took {length} of the line of fund {fund_id} without a posting there (L8)"
        yield Finding("ledger_journalentry", f"id={entry_id.hex}", says)


# ---- holes and covers ----


def holes_lie_right() -> Iterator[Finding]:
    """Disjoint, in the lot of what was refunded or reversed."""
    yield from _disjoint("ledger_lothole")
    yield from _lie_in_origin(LotHole)


def hole_lengths_of(entry_ids: Sequence[Any]) -> Iterator[Finding]:
    """What was taken back unspent made holes, as long as it says."""
    for entry, facts in _take_backs(entry_ids):
        if _length(LotHole, entry) != facts.get("unspent"):
            yield Finding("ledger_journalentry", f"id={entry.id.hex}", "its holes are not as long as it says")


def covers_lie_right() -> Iterator[Finding]:
    """Disjoint, on spent money, in the lot of what was refunded."""
    yield from _disjoint("ledger_lotcover")
    spends = _Ahead(_stretches("ledger_lotuse", only="WHERE kind = 'SPEND'"))
    for fund_id, start, stop, entry_id in _stretches("ledger_lotcover"):
        reached = start
        while reached < stop:
            spend = spends.reaching(fund_id, reached)
            if spend is None or spend[0] != fund_id or spend[1] > reached:
                row = named(KEY, (fund_id, start, entry_id))
                yield Finding("ledger_lotcover", row, "lies on money that is not spent")
                break
            reached = spend[2]
    yield from _lie_in_origin(LotCover)


def cover_lengths_of(entry_ids: Sequence[Any]) -> Iterator[Finding]:
    """What was taken back after it was spent is covered, as long as what another fund bears."""
    for entry, facts in _take_backs(entry_ids):
        borne = Posting.objects.filter(entry=entry, debit_account__code__in=[REFUND_COVER, DEFICIT])
        amount = sum(borne.values_list("amount_minor", flat=True))
        stated = facts.get("covered", 0) + facts.get("deficit", 0)
        if not _length(LotCover, entry) == stated == amount:
            yield Finding("ledger_journalentry", f"id={entry.id.hex}", "its covers are not as long as it says")


def _length(model: Any, entry: JournalEntry) -> int:
    return sum(stop - start for start, stop in model.objects.filter(entry=entry).values_list("start", "stop"))


def _take_backs(entry_ids: Sequence[Any]) -> Iterator[tuple[JournalEntry, dict[str, Any]]]:
    for entry in JournalEntry.objects.filter(id__in=entry_ids, kind__in=TAKE_BACKS).order_by("id"):
        yield entry, json.loads(entry.facts)


def _disjoint(table: str) -> Iterator[Finding]:
    fund, reached = None, 0
    for fund_id, start, stop, entry_id in _stretches(table):
        if fund_id != fund:
            fund, reached = fund_id, 0
        if start < reached:
            yield Finding(table, named(KEY, (fund_id, start, entry_id)), "lies over the one before it")
        reached = max(reached, stop)


def _lie_in_origin(model: Any) -> Iterator[Finding]:
    """Stretches outside the lot of what their entry takes back."""
    rows = iter(model.objects.select_related("entry").order_by("fund_id", "start").iterator(BATCH))
    while batch := list(islice(rows, BATCH)):
        lots = _origin_lots(batch)
        for row in batch:
            lot = lots.get((_origin(row.entry), row.fund_id))
            if lot is None or not (lot[0] <= row.start and row.stop <= lot[1]):
                says = "lies outside the lot of what its entry takes back"
                yield Finding(model._meta.db_table, _row(row.fund_id, row.start, row.entry_id), says)


def _origin(entry: JournalEntry) -> int | UUID | None:
    """What the entry takes back: a position of the log, or the entry it reverses."""
    if entry.kind in TAKE_BACKS:
        origin = json.loads(entry.facts).get("origin")
        return origin if isinstance(origin, int) else None
    return entry.reverses_id


def _origin_lots(rows: Iterable[Any]) -> dict[tuple[int | UUID | None, int], tuple[int, int]]:
    """The lots that these stretches should lie in, by origin and fund."""
    origins = {_origin(row.entry) for row in rows}
    at, ids = ([origin for origin in origins if isinstance(origin, kind)] for kind in (int, UUID))
    placed = dict(LogLeaf.objects.filter(Q(position__in=at) | Q(entry_id__in=ids)).values_list("position", "entry_id"))
    found: dict[tuple[int | UUID | None, int], tuple[int, int]] = {}
    for lot in Lot.objects.filter(log_index__in=list(placed)):
        if lot.entry_id == placed[lot.log_index]:
            found[lot.log_index, lot.fund_id] = found[lot.entry_id, lot.fund_id] = (lot.start, lot.stop)
    return found
