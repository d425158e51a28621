"""The figures of a project, read from the ledger at a position of the published log. A figure without a position does
not exist: whoever shows one shows the position with it.

Money comes from `ledger.balances`; only the count of households comes from the relief side, because the books know
references and never people. Figures at a position cannot change, so they are kept in the cache under it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import cache

from ledger import balances, transparency
from ledger.policy import chart
from ledger.transparency import Head
from projects.catalog.queries import book_of
from projects.payouts.models import Payout
from projects.payouts.words import PayoutState

KEPT_SECONDS = 3600
ARRIVED = (PayoutState.CONFIRMED, PayoutState.ACKNOWLEDGED)
SUMMED = ("given_minor", "gift_count", "matched_minor", "other_in_minor", "refunded_minor", "reached_minor",
          "on_its_way_minor", "costs_minor", "other_out_minor", "left_minor", "households")  # fmt: skip


@dataclass(frozen=True)
class ProjectFigures:
    """What came in, what went out and what is left. Both sides come to the same sum."""

    currency: str
    given_minor: int  # gifts, less what went back to donors before it was spent
    gift_count: int
    matched_minor: int  # matches, less what was released
    other_in_minor: int  # subsidies, transfers from other funds
    refunded_minor: int  # what went back, for the note beside the figures
    reached_minor: int  # paid out to households
    on_its_way_minor: int  # decided for households and not paid out yet
    costs_minor: int  # fees and running cost that the fund bears
    other_out_minor: int  # transfers to other funds
    left_minor: int
    households: int
    position: int
    root_hex: str

    @property
    def in_minor(self) -> int:
        return self.given_minor + self.matched_minor + self.other_in_minor


def head() -> Head:
    """The end of the published log, which all figures of one page share. Its size is 0 while nothing is numbered."""
    return transparency.head()


def project_figures(project: Any, at_head: Head | None = None) -> ProjectFigures:
    """The project's figures at the end of the log (or at a head that the caller read for a whole page)."""
    at_head = at_head or head()
    if not at_head.size or not _has_fund(project):
        return _nothing(project.currency, at_head)
    key = f"figures:{project.ref}:{at_head.size}:{at_head.root_hex[:32]}"
    figures = cache.get(key)
    if figures is None:
        figures = _read(project, at_head)
        cache.set(key, figures, KEPT_SECONDS)
    return figures


def totals(projects: Iterable[Any], at_head: Head, currency: str) -> ProjectFigures:
    """The sum of several projects in one currency, at one position; a household helped twice counts in each project."""
    rows = [project_figures(project, at_head) for project in projects if project.currency == currency]
    sums = {name: sum(getattr(row, name) for row in rows) for name in SUMMED}
    return replace(_nothing(currency, at_head), **sums)


def households_paid(project: Any) -> int:
    """How many households money has reached; each counts once, however often it was helped."""
    arrived = Payout.objects.filter(award__project=project, state__in=ARRIVED)
    return arrived.values("award__household").distinct().count()


def _has_fund(project: Any) -> bool:
    return bool(book_of(project) and project.fund_code and project.opened_at)


def _nothing(currency: str, at_head: Head) -> ProjectFigures:
    zeros = dict.fromkeys(SUMMED, 0)
    return ProjectFigures(currency=currency, position=at_head.size, root_hex=at_head.root_hex, **zeros)


def _read(project: Any, at_head: Head) -> ProjectFigures:
    book, fund, position = book_of(project), project.fund_code, at_head.size
    read = balances.fund_figures(book=book, fund=fund, position=position)
    back = read.refunded_by_source
    held = defaultdict(int, balances.fund_balances(book=book, fund=fund, position=position))
    # An award that was cancelled leaves programme cost and payables as if it had never been: nets, not turnovers.
    on_its_way = held[chart.AID_PAYABLE]
    helped, costs = held[chart.PROGRAMME_COST], held[chart.FUNDRAISING_COST] + held[chart.MANAGEMENT_COST]
    given, matched = read.given_minor - back.get("DONATION", 0), read.matched_minor - back.get("MATCH", 0)
    # Whatever else moved (subsidies, transfers between funds) is what both sides still need to agree.
    other = helped + costs + read.left_minor - given - matched
    return ProjectFigures(
        currency=read.currency,
        given_minor=given,
        gift_count=read.gift_count,
        matched_minor=matched,
        other_in_minor=max(other, 0),
        refunded_minor=back.get("DONATION", 0),
        reached_minor=helped - on_its_way,
        on_its_way_minor=on_its_way,
        costs_minor=costs,
        other_out_minor=max(-other, 0),
        left_minor=read.left_minor,
        households=households_paid(project),
        position=position,
        root_hex=at_head.root_hex,
    )
