"""The demonstration's totals, read back from the books: what the public reports say must come out."""

from dataclasses import asdict, dataclass
from uuid import UUID

from charity_site.demo.programmes import PROGRAMMES, of_set
from ledger import balances, trace, transparency
from projects.catalog.models import Project
from projects.giving.models import Gift
from projects.matching.models import Match
from projects.relief.models import AssistanceRequest, Award, Case

READ_AT_ONCE = 100_000


@dataclass(frozen=True)
class Totals:
    """One set: projects and requests from the people's side, everything else from the journal (minor units)."""

    projects: int
    budget_minor: int
    requests: int
    awards: int
    awarded_minor: int
    payouts: int
    paid_minor: int
    largest_award_minor: int
    left_minor: int


def totals_of(set_name: str) -> Totals:
    """The totals of a set of programmes."""
    projects = list(Project.objects.filter(slug__in=[programme.slug for programme in of_set(set_name)]))
    funds = {(project.organisation.book_code, project.fund_code) for project in projects}
    entries = [
        entry
        for entry in transparency.entries_since(0, kinds=("AWARD", "PAYOUT"), limit=READ_AT_ONCE)
        if (entry.book, entry.fund) in funds
    ]
    awards = [entry.amount_minor for entry in entries if entry.kind == "AWARD"]
    payouts = [entry.amount_minor for entry in entries if entry.kind == "PAYOUT"]
    return Totals(
        projects=len(projects),
        budget_minor=sum(project.budget_minor for project in projects),
        requests=AssistanceRequest.objects.filter(project__in=projects).count(),
        awards=len(awards),
        awarded_minor=sum(awards),
        payouts=len(payouts),
        paid_minor=sum(payouts),
        largest_award_minor=max(awards, default=0),
        left_minor=sum(balances.fund_figures(book=book, fund=fund).left_minor for book, fund in funds),
    )


def all_totals() -> dict[str, dict[str, int]]:
    """Every set with its totals, as plain values."""
    names = dict.fromkeys(programme.set for programme in PROGRAMMES)
    return {name: asdict(totals_of(name)) for name in names}


def traces_sum_up() -> int:
    """Follow every award back and every match forward; how many were followed. Raises where parts miss the whole."""
    followed = 0
    for award in Award.objects.exclude(entry_id=None):
        found = trace.back(UUID(str(award.entry_id)), limit=None)
        if sum(hop.amount_minor for hop in found.hops) != award.amount_minor:
            raise AssertionError(f"the gifts behind award {award.ref} do not add up to it")
        followed += 1
    for match in Match.objects.exclude(entry_id=None):
        found = trace.forward(UUID(str(match.entry_id)), limit=None)
        if sum(hop.amount_minor for hop in found.hops) != match.matched_minor:
            raise AssertionError(f"the uses of match {match.ref} do not add up to it")
        followed += 1
    return followed


def all_private_references() -> list[str]:
    """References of cases, households and gifts' private links: a stranger must never read one."""
    cases = Case.objects.values_list("ref", "household__ref", "source_number")
    links = Gift.objects.values_list("trace_token", flat=True)
    return sorted({str(ref) for row in cases for ref in row} | set(links))
