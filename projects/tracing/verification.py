"""What `manage.py verify` asks of what the site shows: a page's figures are the ledger's, and they add up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ledger import balances
from ledger.policy import chart
from ledger.verify import Check, Finding
from projects.catalog.models import Project
from projects.catalog.queries import book_of
from projects.tracing.figures import figures_of, head

# What a fund is worth, by kind of account: its net assets, which its line must equal.
WORTH = (chart.INCOME, chart.EXPENSE, chart.NET_ASSETS)


def figures_are_the_ledgers() -> Iterator[Finding]:
    at_head = head()
    projects = Project.objects.exclude(opened_at=None).select_related("organisation")
    worth = _worth({book_of(project) for project in projects}, at_head.size)
    for project, figures in zip(projects, figures_of(projects, at_head), strict=True):
        went_out = figures.reached_minor + figures.on_its_way_minor + figures.costs_minor + figures.other_out_minor
        if figures.in_minor != went_out + figures.left_minor:
            yield Finding("page figures", project.slug, "what came in is not what went out and what is left")
        if figures.left_minor != worth[book_of(project), project.fund_code, project.currency]:
            yield Finding("page figures", project.slug, "what is left is not what the fund is worth in the journal")


def _worth(books: Iterable[str], position: int) -> dict[tuple[str, str, str], int]:
    """Income and net assets less expense of every fund by book, fund and currency, from the postings alone.

    A book's funds are read together: each reading goes over the tail of the log behind the last snapshot.
    """
    total: dict[tuple[str, str, str], int] = defaultdict(int)
    for book in books:
        for one in balances.sides(book=book, position=position):
            if chart.CHART.account(one.account).type in WORTH:
                total[book, one.fund, one.currency] -= one.net_minor
    return total


CHECKS = (Check("figures", "-", "the figures on the pages are the ledger's, and add up", figures_are_the_ledgers),)
