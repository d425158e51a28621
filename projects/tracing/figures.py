"""The figures of a project, read from the ledger at a position of the published log. A figure without a position does
not exist: whoever shows one shows the position with it.

Money comes from `ledger.balances`; only the count of households comes from the relief side, because the books know
references and never people. Figures at a position cannot change, so they are kept in the cache under it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import cache
from django.db.models import Count

from ledger import balances, transparency
from ledger.balances import FundFigures
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
    return figures_of([project], at_head or head())[0]


def figures_of(projects: Iterable[Any], at_head: Head) -> list[ProjectFigures]:
    """The figures of several projects at one head, in their order. What is not in the cache is read together: each
    reading of the books goes over the tail of the log, whether for one fund or for all.
    """
    projects = list(projects)
    with_fund = {_key(project, at_head): project for project in projects if at_head.size and _has_fund(project)}
    found = cache.get_many(with_fund)
    missing = {key: project for key, project in with_fund.items() if key not in found}
    if missing:
        read = dict(zip(missing, _read(list(missing.values()), at_head), strict=True))
        cache.set_many(read, KEPT_SECONDS)
        found |= read
    return [found.get(_key(project, at_head)) or _nothing(project.currency, at_head) for project in projects]


def _key(project: Any, at_head: Head) -> str:
    return f"figures:{project.ref}:{at_head.size}:{at_head.root_hex[:32]}"


def totals(projects: Iterable[Any], at_head: Head, currency: str) -> ProjectFigures:
    """The sum of several projects in one currency, at one position; a household helped twice counts in each project."""
    rows = figures_of([project for project in projects if project.currency == currency], at_head)
    sums = {name: sum(getattr(row, name) for row in rows) for name in SUMMED}
    return replace(_nothing(currency, at_head), **sums)


def households_paid(project: Any) -> int:
    """How many households money has reached; each counts once, however often it was helped."""
    return _households_paid([project]).get(project.pk, 0)


def _households_paid(projects: Iterable[Any]) -> dict[Any, int]:
    arrived = Payout.objects.filter(award__project__in=list(projects), state__in=ARRIVED).order_by()
    counted = arrived.values("award__project").annotate(households=Count("award__household", distinct=True))
    return dict(counted.values_list("award__project", "households"))


def _has_fund(project: Any) -> bool:
    return bool(book_of(project) and project.fund_code and project.opened_at)


def _nothing(currency: str, at_head: Head) -> ProjectFigures:
    zeros = dict.fromkeys(SUMMED, 0)
    return ProjectFigures(currency=currency, position=at_head.size, root_hex=at_head.root_hex, **zeros)


def _read(projects: Sequence[Any], at_head: Head) -> list[ProjectFigures]:
    households = _households_paid(projects)
    figures: dict[tuple[str, str], FundFigures] = {}
    held: dict[tuple[str, str], dict[str, int]] = {}
    for book in {book_of(project) for project in projects}:
        funds = {project.fund_code for project in projects if book_of(project) == book}
        read = balances.figures_of_funds(book=book, funds=funds, position=at_head.size)
        figures |= {(book, fund): one for fund, one in read.items()}
        balanced = balances.balances_of_funds(book=book, funds=funds, position=at_head.size)
        held |= {(book, fund): accounts for fund, accounts in balanced.items()}
    return [
        _summed_up(figures[fund], held[fund], households.get(project.pk, 0), at_head)
        for project in projects
        for fund in [(book_of(project), project.fund_code)]
    ]


def _summed_up(read: FundFigures, balanced: dict[str, int], households: int, at_head: Head) -> ProjectFigures:
    back = read.refunded_by_source
    held = defaultdict(int, balanced)
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
        households=households,
        position=at_head.size,
        root_hex=at_head.root_hex,
    )
