"""What `manage.py verify` asks of what the site shows: a page's figures are the ledger's, and they add up."""

from collections.abc import Iterator

from ledger import balances
from ledger.policy import chart
from ledger.verify import Check, Finding
from projects.catalog.models import Project
from projects.catalog.queries import book_of
from projects.tracing.figures import head, project_figures

# What a fund is worth, by kind of account: its net assets, which its line must equal.
WORTH = (chart.INCOME, chart.EXPENSE, chart.NET_ASSETS)


def figures_are_the_ledgers() -> Iterator[Finding]:
    at_head = head()
    for project in Project.objects.exclude(opened_at=None).select_related("organisation"):
        figures = project_figures(project, at_head)
        went_out = figures.reached_minor + figures.on_its_way_minor + figures.costs_minor + figures.other_out_minor
        if figures.in_minor != went_out + figures.left_minor:
            yield Finding("page figures", project.slug, "what came in is not what went out and what is left")
        if figures.left_minor != _worth(project, at_head.size):
            yield Finding("page figures", project.slug, "what is left is not what the fund is worth in the journal")


def _worth(project: Project, position: int) -> int:
    """Income and net assets less expense of the project's fund, from the postings alone."""
    total = 0
    for account in chart.CHART.accounts:
        if account.type in WORTH:
            amount = balances.balance(
                book=book_of(project),
                account=account.code,
                fund=project.fund_code,
                currency=project.currency,
                position=position,
            )
            total += amount if account.normal_side == chart.CREDIT else -amount
    return total


CHECKS = (Check("figures", "-", "the figures on the pages are the ledger's, and add up", figures_are_the_ledgers),)
