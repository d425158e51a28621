"""A fund's line under its lock: what can be spent, and which stretches a spending or a refund takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection

from ledger.answers import fund_unknown
from ledger.core.lines import SPEND, Interval, Step, advance, available, without
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Fund, Lot, LotCover, LotHole, LotUse, lots_of

# First key of PostgreSQL's advisory locks on a fund's line; the second is the fund's id. The triggers take the same.
FUND_LOCK = 1_279_542_600


@dataclass(frozen=True, slots=True)
class FundLine:
    """A fund's line as it stands while its lock is held."""

    fund_id: int
    code: str
    currency: str
    end: int
    cursor: int
    holes_ahead: tuple[Interval, ...]

    @property
    def available(self) -> int:
        return available(self.end, self.cursor, self.holes_ahead)

    def spend(self, amount: int) -> list[Step]:
        """The steps of a spending, or ``Refused("fund_overspent")``."""
        steps = advance(self.cursor, amount, self.holes_ahead, self.end)
        if steps is None:
            raise Refused(
                "fund_overspent",
                _("The fund %(fund)s holds %(available)s that can be spent (in minor units); %(asked)s were asked."),
                fund=self.code,
                available=self.available,
                asked=amount,
            )
        return steps

    def lot_of(self, entry_id: UUID) -> Interval:
        """The lot that an entry filled, or ``Refused("not_yet_in_log")`` before the sequencer has come by."""
        for lot in lots_of([entry_id]):
            if lot.fund_id == self.fund_id:
                return Interval(lot.start, lot.stop)
        raise Refused("not_yet_in_log", _("This entry has no place in the log yet; try again in a few seconds."))

    def unspent(self, lot: Interval) -> list[Interval]:
        """The parts of a lot ahead of the cursor that are not taken back yet."""
        if lot.stop <= self.cursor:
            return []
        return without(Interval(max(lot.start, self.cursor), lot.stop), self.holes_ahead)

    def spent(self, lot: Interval) -> list[Interval]:
        """The parts of a lot that were spent and that no cover stands on yet."""
        inside = {"fund_id": self.fund_id, "start__lt": lot.stop, "stop__gt": lot.start}
        spends = LotUse.objects.filter(**inside, kind=SPEND).order_by("start").values_list("start", "stop")
        covers = [Interval(*row) for row in LotCover.objects.filter(**inside).values_list("start", "stop")]
        met = (lot.meet(Interval(*row)) for row in spends)
        return [part for stretch in met if stretch for part in without(stretch, covers)]

    def with_holes(self, holes: Sequence[Interval]) -> "FundLine":
        """The line after more holes were made."""
        return replace(self, holes_ahead=tuple(sorted([*self.holes_ahead, *holes])))


def lock_lines(book: str, funds: Iterable[str]) -> dict[str, FundLine]:
    """Lock some funds' lines and read them. Always in the order of ids, so that two spendings cannot wait in a ring.

    SQLite's immediate transactions are one lock for everything; PostgreSQL takes an advisory lock a fund, which needs
    no right to change a row.
    """
    wanted = list(funds)
    rows = Fund.objects.filter(book__code=book, code__in=wanted).order_by("id").values_list("id", "code", "currency")
    state = {}
    for fund_id, code, currency in list(rows):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [FUND_LOCK, fund_id])
        state[code] = _read_line(fund_id, code, currency)
    for code in wanted:
        if code not in state:
            raise fund_unknown(book, code)
    return state


def _read_line(fund_id: int, code: str, currency: str) -> FundLine:
    lots = Lot.objects.filter(fund_id=fund_id).order_by("-start").values_list("stop", flat=True)
    uses = LotUse.objects.filter(fund_id=fund_id).order_by("-start").values_list("stop", flat=True)
    cursor = uses.first() or 0
    holes = LotHole.objects.filter(fund_id=fund_id, start__gte=cursor).order_by("start").values_list("start", "stop")
    return FundLine(fund_id, code, currency, lots.first() or 0, cursor, tuple(Interval(*hole) for hole in holes))
