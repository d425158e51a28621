"""The trace: which help did this gift become, and which gifts stand behind this help.

Both are the same question: which intervals of a fund's line overlap. A trace is a value: hops with amounts and opaque
references, no names. Parts always sum to the whole; a money that came back or moved on is followed into its new lot,
and since a new lot always belongs to a later entry, a trace ends by construction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ledger.core.lines import SPEND, Interval, without
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Fund, JournalEntry, LogLeaf, Lot, LotCover, LotHole, LotUse

LEFT = "LEFT"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a trace: ``amount_minor`` of the money went to (or came from) this entry.

    ``kind`` is the entry's kind, or ``LEFT`` for money that is not used yet (then without an entry). ``covered_minor``
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


@dataclass(frozen=True, slots=True)
class Trace:
    """All of an entry's money, followed. The hops' amounts sum to ``total_minor``."""

    entry_id: UUID
    kind: str
    document_ref: str
    position: int | None
    effective_on: date
    fund: str
    currency: str
    total_minor: int
    hops: tuple[Hop, ...]


def forward(entry_id: UUID) -> Trace:
    """From money in (a gift, a match) to the help it became: uses, what was taken back, what is left."""
    lots = list(Lot.objects.filter(entry_id=entry_id).select_related("fund"))
    if not lots:
        raise Refused("not_yet_in_log", _("This entry has no place in the log yet; try again in a few seconds."))
    hops = tuple(hop for lot in lots for hop in _uses_of(lot.fund, Interval(lot.start, lot.stop)))
    return _trace(entry_id, lots[0].fund, sum(lot.stop - lot.start for lot in lots), hops)


def back(entry_id: UUID) -> Trace:
    """From money out (an award, a fee) to the gifts and matches behind it."""
    uses = list(
        LotUse.objects.filter(entry_id=entry_id, kind=SPEND).order_by("fund_id", "start").select_related("fund")
    )
    if not uses:
        raise Refused("nothing_spent", _("This entry spent nothing of a fund."))
    hops = _joined(hop for use in uses for hop in _sources_of(use.fund, Interval(use.start, use.stop)))
    return _trace(entry_id, uses[0].fund, sum(use.stop - use.start for use in uses), hops)


def _trace(entry_id: UUID, fund: Fund, amount: int, hops: tuple[Hop, ...]) -> Trace:
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
    )


def is_numbered(entry_id: UUID) -> bool:
    """Whether an entry has its place in the log, so that it can be traced."""
    return LogLeaf.objects.filter(entry_id=entry_id).exists()


# ---- help out of a stretch of money ----


def _uses_of(fund: Fund, money: Interval) -> Iterator[Hop]:
    """What became of a stretch of a fund's line, in the line's order; the parts sum to its length."""
    spends = _overlapping(LotUse, fund, money, kind=SPEND)
    holes = _overlapping(LotHole, fund, money)
    covers = [part for _entry, part in _overlapping(LotCover, fund, money)]
    for entry, part in sorted([*spends, *holes], key=lambda found: found[1].start):
        covered = sum(met.length for cover in covers if (met := part.meet(cover)))
        yield _hop(entry, fund, part.length, covered, tuple(_onward(entry, fund, part)))
    for part in without(money, [part for _entry, part in [*spends, *holes]]):
        yield Hop(LEFT, part.length, fund=fund.code)


def _onward(entry: JournalEntry, fund: Fund, part: Interval) -> Iterator[Hop]:
    """Where money went that a use passed on: into another fund, or back by a cancelled award."""
    heir = JournalEntry.objects.filter(reverses=entry).first() or entry
    lots = list(Lot.objects.filter(entry=heir).select_related("fund"))
    if heir is entry:
        lots = [lot for lot in lots if lot.fund_id != fund.id]
    if heir is not entry:
        lots = [lot for lot in lots if lot.fund_id == fund.id]
    if not lots:
        return
    shift = sum(
        min(taken.stop, part.start) - taken.start for taken in _taken(entry.id, fund) if taken.start < part.start
    )
    money = Interval(lots[0].start + shift, lots[0].start + shift + part.length)
    inner = tuple(_uses_of(lots[0].fund, money))
    if heir is entry:
        yield from inner
    else:
        yield _hop(heir, lots[0].fund, part.length, 0, inner)


def _taken(entry_id: UUID, fund: Fund) -> list[Interval]:
    """All that an entry took of a fund's line, spent or as holes, in order: what comes back fills the new lot so."""
    spends = LotUse.objects.filter(entry_id=entry_id, fund=fund, kind=SPEND).values_list("start", "stop")
    holes = LotHole.objects.filter(entry_id=entry_id, fund=fund).values_list("start", "stop")
    return sorted(Interval(*row) for row in [*spends, *holes])


# ---- money behind a stretch of help ----


def _sources_of(fund: Fund, spent: Interval) -> Iterator[Hop]:
    """The lots under a stretch of spending, in the line's order; the parts sum to its length."""
    covers = [part for _entry, part in _overlapping(LotCover, fund, spent)]
    for entry, part in _overlapping(Lot, fund, spent):
        covered = sum(met.length for cover in covers if (met := part.meet(cover)))
        yield _hop(entry, fund, part.length, covered, tuple(_behind(entry, fund, part)))


def _behind(entry: JournalEntry, fund: Fund, part: Interval) -> Iterator[Hop]:
    """What stands behind a lot that was itself money passed on: the stretches it was taken from."""
    if entry.reverses_id:
        giver, source_fund = entry.reverses_id, fund
    else:
        use = LotUse.objects.filter(entry=entry, kind=SPEND).select_related("fund").first()
        if use is None:
            return
        giver, source_fund = entry.id, use.fund
    lot = Lot.objects.get(entry=entry, fund=fund)
    shift, left = part.start - lot.start, part.length
    for whole in _taken(giver, source_fund):
        if shift >= whole.length:
            shift -= whole.length
            continue
        taken = Interval(whole.start + shift, min(whole.stop, whole.start + shift + left))
        yield from _sources_of(source_fund, taken)
        shift, left = 0, left - taken.length
        if not left:
            return


# ---- shared ----


def _overlapping(model: type, fund: Fund, money: Interval, **more: str) -> list[tuple[JournalEntry, Interval]]:
    """The rows of a chain that meet a stretch, each cut to it, in order.

    Bounded on both sides: the greatest start at or before the stretch is looked up first, so that the scan begins
    there and not at the line's beginning.
    """
    rows = model.objects.filter(fund=fund)  # type: ignore[attr-defined]
    first = rows.filter(start__lte=money.start).order_by("-start").values_list("start", flat=True).first()
    rows = rows.filter(start__lt=money.stop, stop__gt=money.start, **more)
    if first is not None:
        rows = rows.filter(start__gte=first)
    found = []
    for row in rows.order_by("start").select_related("entry"):
        met = money.meet(Interval(row.start, row.stop))
        if met:
            found.append((row.entry, met))
    return found


def _hop(entry: JournalEntry, fund: Fund, amount: int, covered: int, hops: tuple[Hop, ...]) -> Hop:
    return Hop(
        kind=entry.kind,
        amount_minor=amount,
        covered_minor=covered,
        entry_id=entry.id,
        position=LogLeaf.objects.filter(entry=entry).values_list("position", flat=True).first(),
        fund=fund.code,
        document_kind=entry.document_kind,
        document_ref=entry.document_ref,
        effective_on=entry.effective_on,
        hops=hops,
    )


def _joined(hops: Iterator[Hop]) -> tuple[Hop, ...]:
    """Neighbouring hops of one entry (split by a skipped hole) as one."""
    joined: list[Hop] = []
    for hop in hops:
        last = joined[-1] if joined else None
        if last and last.entry_id == hop.entry_id and last.entry_id is not None:
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
