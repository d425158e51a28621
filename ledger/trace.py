"""The trace: which help did this gift become, and which gifts stand behind this help.

Both are the same question: which intervals of a fund's line overlap. A trace is a value: hops with amounts and opaque
references, no names. Parts always sum to the whole; a money that came back or moved on is followed into its new lot,
and since a new lot always belongs to a later entry, a trace ends by construction.

A trace has a first page: after ``FIRST_HOPS`` hops the walk stops, and what is not shown stands as hops of the kind
``REST``, so that sums stay whole. Each level of a trace is a handful of queries, however many hops it has.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ledger.core.lines import SPEND, Interval, total, without
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Fund, JournalEntry, LogLeaf, Lot, LotCover, LotHole, LotUse, lots_of

LEFT = "LEFT"
REST = "REST"
FIRST_HOPS = 50
# An entry, and the stretch that it met.
_Found = tuple[JournalEntry, Interval]


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a trace: ``amount_minor`` of the money went to (or came from) this entry.

    ``kind`` is the entry's kind, ``LEFT`` for money that is not used yet, or ``REST`` for more hops than were asked for
    (both without an entry). ``covered_minor``
    is the part of it whose gift was taken back after it was spent. ``hops`` follow the same money further; they sum to
    the amount, or are empty where it ends.
    """

    kind: str
    amount_minor: int
    covered_minor: int = 0
    entry_id: UUID | None = None
    position: int | None = None
    fund: str = ""
    document_kind: str = ""
    document_ref: str = ""
    effective_on: date | None = None
    hops: tuple["Hop", ...] = ()

    @property
    def is_rest(self) -> bool:
        return self.kind == REST


@dataclass(frozen=True, slots=True)
class Trace:
    """An entry's money, followed. The hops' amounts sum to ``total_minor``, less the ``after_minor`` of pages before.

    ``next_minor`` is the ``after`` of the next page, None on the last one.
    """

    entry_id: UUID
    kind: str
    document_ref: str
    position: int | None
    effective_on: date
    fund: str
    currency: str
    total_minor: int
    hops: tuple[Hop, ...]
    after_minor: int = 0
    next_minor: int | None = None


def forward(entry_id: UUID, *, limit: int | None = FIRST_HOPS) -> Trace:
    """From money in (a gift, a match) to the help it became: uses, what was taken back, what is left."""
    lots = list(lots_of([entry_id]).select_related("fund"))
    if not lots:
        raise Refused("not_yet_in_log", _("This entry has no place in the log yet; try again in a few seconds."))
    walk = _Walk(limit)
    hops = tuple(hop for lot in lots for hop in walk.uses_of(lot.fund, Interval(lot.start, lot.stop)))
    return _trace(entry_id, lots[0].fund, sum(lot.stop - lot.start for lot in lots), hops)


def back(entry_id: UUID, *, limit: int | None = FIRST_HOPS, after: int = 0) -> Trace:
    """From money out (an award, a fee) to the gifts and matches behind it; ``after`` so many units, page by page."""
    uses = list(
        LotUse.objects.filter(entry_id=entry_id, kind=SPEND).order_by("fund_id", "start").select_related("fund")
    )
    if not uses:
        raise Refused("nothing_spent", _("This entry spent nothing of a fund."))
    walk, found, skip = _Walk(limit), list[Hop](), after
    for fund in {use.fund_id: use.fund for use in uses}.values():
        stretches = [Interval(use.start, use.stop) for use in uses if use.fund_id == fund.id]
        page = _cut(stretches, skip, total(stretches))
        skip -= min(skip, total(stretches))
        if page:
            found += walk.sources_of(fund, page)
    hops = _joined(found)
    shown = sum(hop.amount_minor for hop in hops if not hop.is_rest)
    more = after + shown if any(hop.is_rest for hop in hops) else None
    whole = sum(use.stop - use.start for use in uses)
    return _trace(entry_id, uses[0].fund, whole, hops, after_minor=after, next_minor=more)


def _trace(entry_id: UUID, fund: Fund, amount: int, hops: tuple[Hop, ...], **page: int | None) -> Trace:
    entry = JournalEntry.objects.get(id=entry_id)
    position = LogLeaf.objects.filter(entry_id=entry_id).values_list("position", flat=True).first()
    return Trace(
        entry_id=entry_id,
        kind=entry.kind,
        document_ref=entry.document_ref,
        position=position,
        effective_on=entry.effective_on,
        fund=fund.code,
        currency=fund.currency,
        total_minor=amount,
        hops=hops,
        after_minor=page.get("after_minor") or 0,
        next_minor=page.get("next_minor"),
    )


def is_numbered(entry_id: UUID) -> bool:
    """Whether an entry has its place in the log, so that it can be traced."""
    return LogLeaf.objects.filter(entry_id=entry_id).exists()


class _Walk:
    """One walk along the lines, and how many hops it may still take."""

    def __init__(self, limit: int | None) -> None:
        self.left = limit

    def take(self, model: type, fund: Fund, money: Interval, **more: str) -> tuple[list[_Found], bool]:
        """The rows of a chain that meet a stretch, as many as may be shown, and whether that is all."""
        found = _overlapping(model, fund, money, limit=None if self.left is None else self.left + 1, **more)
        if self.left is None or len(found) <= self.left:
            self.left = None if self.left is None else self.left - len(found)
            return found, True
        shown, self.left = found[: self.left], 0
        return shown, False

    # ---- help out of a stretch of money ----

    def uses_of(self, fund: Fund, money: Interval) -> Iterator[Hop]:
        """What became of a stretch of a fund's line, in the line's order; the parts sum to its length."""
        spends, all_shown = self.take(LotUse, fund, money, kind=SPEND)
        # Holes and covers inside one lot are takings back of its own gift: few, and never cut.
        holes = _overlapping(LotHole, fund, money)
        covers = [part for _entry, part in _overlapping(LotCover, fund, money)]
        found = sorted([*spends, *holes], key=lambda one: one[1].start)
        onward = _Onward([entry for entry, _part in found])
        for entry, part in found:
            inner = tuple(self._passed_on(onward, entry, fund, part))
            yield _hop(entry, fund, part.length, _covered(part, covers), inner, onward.positions)
        unknown = without(money, [part for _entry, part in found])
        cursor = money.stop if all_shown else _cursor(fund)
        seen_to = money.start if all_shown else max((part.stop for _entry, part in spends), default=money.start)
        for part in unknown:
            at = max(part.start, seen_to)
            if not all_shown and at < min(part.stop, cursor):
                rest = Interval(at, min(part.stop, cursor))
                yield Hop(REST, rest.length, _covered(rest, covers), fund=fund.code)
                at = rest.stop
            if at < part.stop:
                yield Hop(LEFT, part.stop - at, fund=fund.code)

    def _passed_on(self, onward: "_Onward", entry: JournalEntry, fund: Fund, part: Interval) -> Iterator[Hop]:
        """Where money went that a use passed on: into another fund, or back by a cancelled award."""
        heir = onward.heirs.get(entry.id, entry)
        lots = [lot for lot in onward.lots.get(heir.id, ()) if (lot.fund_id == fund.id) == (heir is not entry)]
        if not lots:
            return
        shift = sum(
            min(taken.stop, part.start) - taken.start for taken in _taken(entry.id, fund) if taken.start < part.start
        )
        money = Interval(lots[0].start + shift, lots[0].start + shift + part.length)
        inner = tuple(self.uses_of(lots[0].fund, money))
        if heir is entry:
            yield from inner
        else:
            yield _hop(heir, lots[0].fund, part.length, 0, inner, onward.positions)

    # ---- money behind a stretch of help ----

    def sources_of(self, fund: Fund, spent: Sequence[Interval]) -> Iterator[Hop]:
        """The lots under some stretches of spending, in the line's order; the parts sum to their lengths."""
        hull = Interval(spent[0].start, spent[-1].stop)
        lots, all_shown = self.take(Lot, fund, hull)
        seen_to = hull.stop if all_shown else max((lot.stop for _entry, lot in lots), default=hull.start)
        covers = [part for _entry, part in _overlapping(LotCover, fund, hull)]
        givers = _Givers([entry for entry, _lot in lots])
        seen = [part for part in spent if part.start < seen_to]
        for entry, lot in lots:
            for part in (met for one in seen if (met := lot.meet(one))):
                inner = tuple(self._behind(givers, entry, fund, part))
                yield _hop(entry, fund, part.length, _covered(part, covers), inner, givers.positions)
        rest = [Interval(max(part.start, seen_to), part.stop) for part in spent if part.stop > seen_to]
        if rest:
            yield Hop(REST, total(rest), sum(_covered(part, covers) for part in rest), fund=fund.code)

    def _behind(self, givers: "_Givers", entry: JournalEntry, fund: Fund, part: Interval) -> Iterator[Hop]:
        """What stands behind a lot that was itself money passed on: the stretches it was taken from."""
        if entry.reverses_id:
            giver, source_fund = entry.reverses_id, fund
        elif entry.id in givers.funds:
            giver, source_fund = entry.id, givers.funds[entry.id]
        else:
            return
        shift = part.start - givers.starts[entry.id, fund.id]
        behind = _cut(_taken(giver, source_fund), shift, part.length)
        if behind:
            yield from self.sources_of(source_fund, behind)


class _Onward:
    """What the next level of a walk forward needs to know of its entries, read at once."""

    def __init__(self, entries: Sequence[JournalEntry]) -> None:
        ids = {entry.id for entry in entries}
        rows = JournalEntry.objects.filter(reverses__in=ids) if ids else []
        self.heirs = {row.reverses_id: row for row in rows}
        self.lots: dict[UUID, list[Lot]] = {}
        ids |= {row.id for row in self.heirs.values()}
        for lot in lots_of(ids).select_related("fund"):
            self.lots.setdefault(lot.entry_id, []).append(lot)
        self.positions = _positions(ids)


class _Givers:
    """What the next level of a walk back needs to know of its entries, read at once."""

    def __init__(self, entries: Sequence[JournalEntry]) -> None:
        ids = {entry.id for entry in entries}
        uses = LotUse.objects.filter(entry_id__in=ids, kind=SPEND).select_related("fund") if ids else []
        self.funds = {use.entry_id: use.fund for use in uses}
        self.positions = _positions(ids)
        passed_on = set(self.funds) | {entry.id for entry in entries if entry.reverses_id}
        lots = lots_of(passed_on)
        self.starts = {(lot.entry_id, lot.fund_id): lot.start for lot in lots}


# ---- shared ----


def _taken(entry_id: UUID, fund: Fund) -> list[Interval]:
    """All that an entry took of a fund's line, spent or as holes, in order: what comes back fills the new lot so."""
    spends = LotUse.objects.filter(entry_id=entry_id, fund=fund, kind=SPEND).values_list("start", "stop")
    holes = LotHole.objects.filter(entry_id=entry_id, fund=fund).values_list("start", "stop")
    return sorted(Interval(*row) for row in [*spends, *holes])


def _cut(parts: Iterable[Interval], skip: int, most: int) -> list[Interval]:
    """What is left of some stretches behind their first ``skip`` units, ``most`` units at most."""
    left = []
    for part in parts:
        start = min(part.start + skip, part.stop)
        skip -= start - part.start
        stop = min(part.stop, start + most)
        if start < stop:
            left.append(Interval(start, stop))
            most -= stop - start
    return left


def _cursor(fund: Fund) -> int:
    """Up to where a fund's line is spent."""
    return LotUse.objects.filter(fund=fund).order_by("-start").values_list("stop", flat=True).first() or 0


def _positions(ids: set[UUID]) -> dict[UUID, int]:
    if not ids:
        return {}
    return dict(LogLeaf.objects.filter(entry_id__in=ids).values_list("entry_id", "position"))


def _covered(part: Interval, covers: Sequence[Interval]) -> int:
    return sum(met.length for cover in covers if (met := part.meet(cover)))


def _overlapping(model: type, fund: Fund, money: Interval, *, limit: int | None = None, **more: str) -> list[_Found]:
    """The rows of a chain that meet a stretch, each cut to it, in order; the first ``limit`` of them.

    Bounded on both sides: the greatest start at or before the stretch is looked up first, so that the scan begins
    there and not at the line's beginning.
    """
    rows = model.objects.filter(fund=fund)  # type: ignore[attr-defined]
    first = rows.filter(start__lte=money.start).order_by("-start").values_list("start", flat=True).first()
    rows = rows.filter(start__lt=money.stop, stop__gt=money.start, **more)
    if first is not None:
        rows = rows.filter(start__gte=first)
    found = []
    for row in rows.order_by("start").select_related("entry")[:limit]:
        met = money.meet(Interval(row.start, row.stop))
        if met:
            found.append((row.entry, met))
    return found


def _hop(
    entry: JournalEntry, fund: Fund, amount: int, covered: int, hops: tuple[Hop, ...], positions: dict[UUID, int]
) -> Hop:
    return Hop(
        kind=entry.kind,
        amount_minor=amount,
        covered_minor=covered,
        entry_id=entry.id,
        position=positions.get(entry.id),
        fund=fund.code,
        document_kind=entry.document_kind,
        document_ref=entry.document_ref,
        effective_on=entry.effective_on,
        hops=hops,
    )


def _joined(hops: Iterable[Hop]) -> tuple[Hop, ...]:
    """Neighbouring hops of one entry (split by a skipped hole) as one, and one rest."""
    joined: list[Hop] = []
    for hop in hops:
        last = joined[-1] if joined else None
        if last and last.entry_id == hop.entry_id and (last.entry_id is not None or (last.is_rest and hop.is_rest)):
            joined[-1] = _hop_sum(last, hop)
        else:
            joined.append(hop)
    return tuple(joined)


def _hop_sum(one: Hop, two: Hop) -> Hop:
    return replace(
        one,
        amount_minor=one.amount_minor + two.amount_minor,
        covered_minor=one.covered_minor + two.covered_minor,
        hops=one.hops + two.hops,
    )


def leaves_of(hops: Sequence[Hop]) -> Iterator[Hop]:
    """The ends of a trace: hops that nothing follows."""
    for hop in hops:
        if hop.hops:
            yield from leaves_of(hop.hops)
        else:
            yield hop
