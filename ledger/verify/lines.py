"""The funds' lines, rebuilt: lots from the log's order, the spending cursor's way, holes and covers against refunds."""

import json
from collections import defaultdict
from collections.abc import Generator, Iterator
from typing import Any
from uuid import UUID

from ledger.core.lines import Interval, without
from ledger.models import JournalEntry, LogLeaf, Lot, LotCover, LotHole, LotUse, Posting
from ledger.policy.chart import DEFICIT, REFUND_COVER, flow
from ledger.policy.kinds import KINDS, TAKE_BACKS
from ledger.verify.findings import Finding

BATCH = 2_000


def _row(fund_id: int, start: int, entry_id: UUID) -> str:
    return f"fund_id={fund_id} start={start} entry_id={entry_id.hex}"


# ---- lots ----


def lots_rebuilt() -> Iterator[Finding]:
    """Walk the log, lay out the lots anew, and compare row by row."""
    there: dict[tuple[UUID, int], Lot] = {}
    for lot in Lot.objects.order_by("fund_id", "start").iterator(BATCH):
        if (lot.entry_id, lot.fund_id) in there:
            yield Finding("ledger_lot", _row(lot.fund_id, lot.start, lot.entry_id), "is a second lot of its entry")
        there[lot.entry_id, lot.fund_id] = lot
    ends: dict[int, int] = defaultdict(int)
    for position, entry_id, kind, fund_id, net in _gains():
        start, stop = ends[fund_id], ends[fund_id] + net
        ends[fund_id] = stop
        source = KINDS[kind].source if kind in KINDS else "?"
        expected = (start, stop, start or None, source, position)
        found = there.pop((entry_id, fund_id), None)
        if found is None:
            yield Finding("ledger_lot", _row(fund_id, start, entry_id), "is missing")
        elif (found.start, found.stop, found.prev, found.source_kind, found.log_index) != expected:
            yield Finding(
                "ledger_lot", _row(fund_id, found.start, entry_id), f"is not what the log makes: {expected} expected"
            )
    for (entry_id, fund_id), lot in there.items():
        yield Finding("ledger_lot", _row(fund_id, lot.start, entry_id), "is of no numbered entry that brought money")


def _gains() -> Iterator[tuple[int, UUID, str, int, int]]:
    """Every gain of a fund in log order: position, entry, kind, fund, units."""
    for places in _places():
        nets = nets_of([entry_id for _position, entry_id, _kind in places])
        for position, entry_id, kind in places:
            for fund_id, net in nets[entry_id].items():
                if net > 0:
                    yield position, entry_id, kind, fund_id, net


def _places() -> Iterator[list[tuple[int, UUID, str]]]:
    rows: list[tuple[int, UUID, str]] = []
    leaves = LogLeaf.objects.filter(entry__isnull=False).order_by("position")
    for position, entry_id, kind in leaves.values_list("position", "entry_id", "entry__kind").iterator(BATCH):
        rows.append((position, entry_id, kind))
        if len(rows) == BATCH:
            yield rows
            rows = []
    yield rows


def nets_of(entry_ids: list[UUID]) -> dict[UUID, dict[int, int]]:
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


# ---- uses ----


def uses_chain() -> Iterator[Finding]:
    """One chain a fund, inside its lots, over no hole but by a skip; with spends and holes as long as the losses."""
    ends = _ends()
    holes = {(hole.fund_id, hole.start, hole.stop): hole for hole in LotHole.objects.all()}
    starts = _by_fund(LotHole)
    cursor: dict[int, int] = defaultdict(int)
    for use in LotUse.objects.order_by("fund_id", "start").iterator(BATCH):
        fault = ""
        if use.start != cursor[use.fund_id] or use.prev != (use.start or None):
            fault = f"does not start where the one before it stops ({cursor[use.fund_id]})"
        elif use.stop > ends[use.fund_id]:
            fault = "is spent beyond what the fund holds"
        elif use.kind == "SKIP" and (use.fund_id, use.start, use.stop) not in holes:
            fault = "skips what is no hole"
        elif use.kind == "SPEND" and _meets(starts[use.fund_id], Interval(use.start, use.stop)):
            fault = "is spent over a hole"
        elif use.kind not in ("SPEND", "SKIP"):
            fault = f"is of the kind {use.kind}"
        cursor[use.fund_id] = max(cursor[use.fund_id], use.stop)
        if fault:
            yield Finding("ledger_lotuse", _row(use.fund_id, use.start, use.entry_id), fault)
    for table in (Lot, LotUse, LotHole, LotCover):
        yield from _runs_forward(table)
    yield from _losses_stand_on_lines()


def _runs_forward(model: Any) -> Iterator[Finding]:
    for row in model.objects.all().iterator(BATCH):
        if not 0 <= row.start < row.stop:
            yield Finding(model._meta.db_table, _row(row.fund_id, row.start, row.entry_id), "does not run forward")


def _ends() -> dict[int, int]:
    ends: dict[int, int] = defaultdict(int)
    for fund_id, stop in Lot.objects.values_list("fund_id", "stop"):
        ends[fund_id] = max(ends[fund_id], stop)
    return ends


def _by_fund(model: Any, **only: Any) -> dict[int, list[Interval]]:
    found: dict[int, list[Interval]] = defaultdict(list)
    for fund_id, start, stop in model.objects.filter(**only).order_by("start").values_list("fund_id", "start", "stop"):
        found[fund_id].append(Interval(start, stop))
    return found


def _meets(parts: list[Interval], stretch: Interval) -> bool:
    return any(part.meet(stretch) for part in parts)


def _losses_stand_on_lines() -> Iterator[Finding]:
    """What an entry took of each line is what it cost that fund; also of entries that have no place yet."""
    taken: dict[tuple[UUID, int], int] = defaultdict(int)
    for model, only in ((LotUse, {"kind": "SPEND"}), (LotHole, {})):
        for entry_id, fund_id, start, stop in model.objects.filter(**only).values_list(
            "entry_id", "fund_id", "start", "stop"
        ):
            taken[entry_id, fund_id] += stop - start
    ids = list(JournalEntry.objects.order_by("id").values_list("id", flat=True))
    for first in range(0, len(ids), BATCH):
        batch = ids[first : first + BATCH]
        for entry_id, nets in nets_of(batch).items():
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
    """Disjoint, in the lot of what was refunded or reversed, and as long as the refund says was unspent."""
    yield from _disjoint(LotHole)
    lengths = yield from _lie_in_origin(LotHole)
    for entry, facts in _take_backs():
        if lengths.get(entry.id, 0) != facts.get("unspent"):
            yield Finding("ledger_journalentry", f"id={entry.id.hex}", "its holes are not as long as it says")


def covers_lie_right() -> Iterator[Finding]:
    """Disjoint, on spent money, in the lot of what was refunded, and as long as what another fund bears."""
    yield from _disjoint(LotCover)
    spends = _by_fund(LotUse, kind="SPEND")
    for cover in LotCover.objects.order_by("fund_id", "start").iterator(BATCH):
        if without(Interval(cover.start, cover.stop), spends[cover.fund_id]):
            yield Finding(
                "ledger_lotcover", _row(cover.fund_id, cover.start, cover.entry_id), "lies on money that is not spent"
            )
    lengths = yield from _lie_in_origin(LotCover)
    for entry, facts in _take_backs():
        borne = Posting.objects.filter(entry=entry, debit_account__code__in=[REFUND_COVER, DEFICIT])
        amount = sum(borne.values_list("amount_minor", flat=True))
        stated = facts.get("covered", 0) + facts.get("deficit", 0)
        if not lengths.get(entry.id, 0) == stated == amount:
            yield Finding("ledger_journalentry", f"id={entry.id.hex}", "its covers are not as long as it says")


def _take_backs() -> Iterator[tuple[JournalEntry, dict[str, Any]]]:
    for entry in JournalEntry.objects.filter(kind__in=TAKE_BACKS).order_by("id"):
        yield entry, json.loads(entry.facts)


def _disjoint(model: Any) -> Iterator[Finding]:
    reached: dict[int, int] = defaultdict(int)
    for row in model.objects.order_by("fund_id", "start").iterator(BATCH):
        if row.start < reached[row.fund_id]:
            yield Finding(
                model._meta.db_table, _row(row.fund_id, row.start, row.entry_id), "lies over the one before it"
            )
        reached[row.fund_id] = max(reached[row.fund_id], row.stop)


def _lie_in_origin(model: Any) -> Generator[Finding, None, dict[UUID, int]]:
    """Findings of stretches outside the lot of what their entry takes back. Returns the lengths by entry."""
    lengths: dict[UUID, int] = defaultdict(int)
    for row in model.objects.select_related("entry").order_by("fund_id", "start").iterator(BATCH):
        lengths[row.entry_id] += row.stop - row.start
        lot = _origin_lot(row.entry, row.fund_id)
        if lot is None or not (lot.start <= row.start and row.stop <= lot.stop):
            says = "lies outside the lot of what its entry takes back"
            yield Finding(model._meta.db_table, _row(row.fund_id, row.start, row.entry_id), says)
    return lengths


def _origin_lot(entry: JournalEntry, fund_id: int) -> Lot | None:
    if entry.kind in TAKE_BACKS:
        place = json.loads(entry.facts).get("origin")
        return Lot.objects.filter(fund_id=fund_id, log_index=place).first()
    if entry.reverses_id:
        return Lot.objects.filter(fund_id=fund_id, entry_id=entry.reverses_id).first()
    return None
