"""Load the demonstration, through the same actions, files and payments that users use. Runs on an empty database."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from charity_site import worker
from charity_site.demo import gifts, projects, relief, world
from ledger import balances
from ledger.policy import chart, transit
from ledger.posting import GENERAL_FUND, post
from projects.access.actors import DEMO
from projects.access.refs import new_ref
from projects.catalog.models import Project
from projects.matching import actions as matching
from projects.matching import queries as match_queries
from projects.matching.models import MatchPool
from projects.organisations.models import Organisation


class AlreadyLoaded(Exception):
    """There is data already; loading again would double it."""


def load(say: Callable[[str], None]) -> None:
    """Everything, in the order in which it would happen."""
    if Organisation.objects.exists():
        raise AlreadyLoaded
    at = timezone.now()
    people = world.build_world(at)
    opened = projects.open_projects(people, at)
    projects.open_pools(people, opened, at)
    gifts.open_books_with_balances(people, at)
    worker.one_round()
    projects.publish_pages(opened, at)
    say(f"{len(opened)} projects are open.")
    count = gifts.give_all(people, opened)
    say(f"{count} made-up gifts were paid at the emulator.")
    settle_with_banks(people, opened)
    relief.bring_help(people, opened, timezone.now())
    worker.one_round()
    say("Cases, awards and payouts are in the books.")


def settle_with_banks(people: world.World, opened: dict[str, Project]) -> None:
    """The provider pays out what waits there, and the matcher pays what it owes."""
    at = timezone.now()
    for charity in people.charities.values():
        _pay_out_provider(charity, [p for p in opened.values() if p.organisation_id == charity.organisation.pk], at)
    for number, pool in enumerate(MatchPool.objects.order_by("pk"), 1):
        owed = match_queries.figures(pool).owed_minor
        if owed:
            by = people.charities[pool.project.organisation.slug].people["finance"]
            matching.receive_match(
                pool,
                amount_minor=owed,
                bank_ref=f"DEMO-MATCH-{number}",
                received_on=timezone.localtime(at).date(),
                by=by,
                at=at,
            )
    worker.one_round()


def _pay_out_provider(charity: world.Charity, own: list[Project], at: datetime) -> None:
    book = charity.organisation.book_code
    funds = [GENERAL_FUND, *(project.fund_code for project in own)]
    waiting = {
        fund: balances.balance(book=book, account=chart.STRIPE_CLEARING, fund=fund, currency="CNY") for fund in funds
    }
    lines = {fund: amount for fund, amount in waiting.items() if amount > 0}
    draft = transit.provider_payout(
        book=book,
        amounts_by_fund=lines,
        currency="CNY",
        effective_on=timezone.localtime(at).date(),
        document_ref=new_ref(),
    )
    post(draft, by=DEMO.ref, at=at, key=f"provider-payout:{book}:demo")
