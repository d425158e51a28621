"""Every address × everybody: the expected answers are in `rows/`, and nothing is reachable that is not listed there."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from ledger import reports
from projects.access.models import User
from projects.giving import hand_gifts
from projects.receipts import batches, bills
from projects.settlement.models import UnexplainedItem
from tests.factories import giving, hand, matching, payouts, receipts, relief, settlement, webhooks
from tests.factories.access import BEGIN, UserFactory
from tests.projects.rows import (
    BAD,
    ELSEWHERE,
    GONE,
    LOGIN,
    NO,
    OK,
    PEOPLE,
    STAFF,
    WRONG_METHOD,
    Row,
    api,
    checkout,
    django_admin,
    donors,
    oversight,
    pages,
    workspace,
)

pytestmark = pytest.mark.django_db

ROWS: dict[str, Row] = {**pages.ROWS, **checkout.ROWS, **donors.ROWS, **workspace.ROWS, **oversight.ROWS, **api.ROWS}
OURS = ("projects.", "ledger.", "charity_site.")
SIGN_IN = ("/cms/login/", "/books/login/", "/oversight/sign-in/")


# ---- what there is ----


def every_pattern(resolver: Any, route: str = "", spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, str, Any]]:
    """(route, name with its namespaces, view) of everything the resolver knows."""
    for pattern in resolver.url_patterns:
        path = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from every_pattern(pattern, path, inner)
        elif isinstance(pattern, URLPattern):
            yield path, ":".join((*spaces, pattern.name or "")), pattern.callback


def is_ours(view: Any) -> bool:
    """Written by us, or one of Wagtail's generic views over a model of ours."""
    module = getattr(getattr(view, "view_class", view), "__module__", "")
    model = getattr(view, "view_initkwargs", {}).get("model")
    return module.startswith(OURS) or (isinstance(model, type) and model.__module__.startswith(OURS))


def our_addresses() -> dict[str, list[str]]:
    """Name → routes, of every address of ours. The Django admin has its own table."""
    found: dict[str, list[str]] = {}
    for route, name, view in every_pattern(get_resolver()):
        if is_ours(view) and not name.startswith("admin:"):
            found.setdefault(name.removesuffix(":") if name else route, []).append(route)
    return found


def our_admin_models() -> set[str]:
    return {model._meta.label_lower for model in admin.site._registry if model.__module__.startswith(OURS)}


def test_every_address_of_ours_has_its_row():
    missing = set(our_addresses()) - set(ROWS)
    assert not missing, f"Add to tests/projects/rows/: {sorted(missing)}"


def test_every_row_has_its_address():
    assert not set(ROWS) - set(our_addresses())


def test_a_name_leads_to_one_address():
    assert {name: routes for name, routes in our_addresses().items() if len(routes) > 1} == {}


def test_every_model_in_the_admin_has_its_row():
    assert our_admin_models() == set(django_admin.MODELS)


# ---- who comes ----


class World:
    """Everybody of the cast, and charity A's things; made when a row asks for them."""

    def __init__(self, charity_a: Any, charity_b: Any, **outside: Any) -> None:
        self.charity_a, self.charity_b = charity_a, charity_b
        self.people = {role: getattr(charity_a, role) for role in STAFF}
        self.people |= {f"other_{role}": getattr(charity_b, role) for role in STAFF}
        self.people |= outside
        self.people["superuser"] = UserFactory(username="root", is_superuser=True, is_staff=True)
        # Everybody signs in now, before the first answer is undone.
        self.browsers = {person: Client() for person in PEOPLE}
        for person, browser in self.browsers.items():
            if person != "anonymous":
                browser.force_login(self.people[person])

    @cached_property
    def project(self) -> Any:
        return relief.funded_project(self.charity_a)

    @cached_property
    def gift(self) -> Any:
        return giving.settled_gift(self.project)

    @cached_property
    def award(self) -> Any:
        return relief.proposed(self.charity_a, self.project, 50)

    @cached_property
    def case_file(self) -> Any:
        return relief.take_in(self.charity_a, relief.row(7))

    @cached_property
    def payout(self) -> Any:
        """In a batch that waits for its release."""
        payouts.project_with_awards(self.charity_a)
        return payouts.prepared(self.charity_a).payouts.get()

    @cached_property
    def settlement_file(self) -> Any:
        """Sent, and not taken in yet."""
        return settlement.received(self.charity_a, settlement.csv_of([settlement.gift(1)]))

    @cached_property
    def unexplained(self) -> Any:
        """A line of the bank that nothing explains."""
        settlement.statement(self.charity_a, settlement.line("B1", "5.00"))
        return UnexplainedItem.objects.get(amount_minor=500)

    @cached_property
    def adjustment(self) -> Any:
        """A cent that the bank brought too little, drafted and not confirmed yet."""
        return settlement.adjusted(self.charity_a)

    @cached_property
    def hand_gift(self) -> Any:
        """Cash with its slip, entered and not looked at yet."""
        facts = {"amount_minor": 5_00, "currency": "CNY", "donor_name": "", "email": "", "visibility": "HIDDEN"}
        return hand_gifts.enter(
            organisation=self.charity_a.organisation, project=None, received_on=BEGIN.date(), language="en",
            file=b"%PDF-1.7", form_key="hand", by=self.charity_a.second_finance, at=BEGIN, **facts,
        )  # fmt: skip

    @cached_property
    def statement_batch(self) -> Any:
        """Asked for, and not made yet."""
        receipts.receipt_for(self.gift)
        finance, days = self.charity_a.finance, {"since": BEGIN.date(), "until": BEGIN.date()}
        return batches.ask(self.charity_a.organisation, **days, by=finance, at=BEGIN)

    @cached_property
    def official_bill(self) -> Any:
        """Entered, and valid."""
        answer = bills.Answer("50010126", "0000000001", "a1b2c3", BEGIN.date(), self.gift.left_minor)
        finance, organisation = self.charity_a.finance, self.charity_a.organisation
        return bills.enter(organisation, gift_ref=self.gift.ref, answer=answer, by=finance, at=BEGIN)

    @cached_property
    def goods_issue(self) -> Any:
        """Goods of the project, handed out and not looked at by a second person yet."""
        hand.booked(self.charity_a, hand.goods(self.charity_a, self.project))
        return hand.handed_out(self.charity_a, relief.recommended(self.charity_a, self.project, 77))

    @cached_property
    def hand_refund(self) -> Any:
        """Of a gift in cash that is in the books; entered and not looked at yet."""
        gift = hand.booked(self.charity_a, hand.cash(self.charity_a))
        return hand.going_back(self.charity_a, gift, by=self.charity_a.second_finance)

    @cached_property
    def endpoint(self) -> Any:
        return webhooks.registered(self.charity_a)[0]

    @cached_property
    def formula(self) -> Any:
        return matching.published_formula(self.project)

    @cached_property
    def formula_period(self) -> Any:
        """Entered, and not looked at by a second person yet."""
        return matching.entered_period(self.formula)

    @cached_property
    def report(self) -> Any:
        """A kept report of verification, red in one check."""
        finding = {"table": "ledger_posting", "row": "line=1", "says": "is wrong"}
        outcome = {"check": "leaves", "law": "L9", "promise": "y", "green": False, "skipped": "", "findings": [finding]}
        return reports.keep(outcomes=[outcome], size=3, root_hex="ab" * 32, by="system:worker", at=BEGIN)

    @cached_property
    def pool(self) -> Any:
        """With a first version of its rule, not published yet."""
        pool = matching.draft_pool(self.project)
        matching.draft_rule(pool)
        return pool

    def ask(self, person: str, method: str, address: str) -> str:
        """What somebody gets, in the words of the table. Whatever it changed is undone."""
        browser = self.browsers[person]
        cookies = browser.cookies.copy()
        with transaction.atomic():
            answer = word(getattr(browser, method)(address))
            transaction.set_rollback(True)
        browser.cookies = cookies
        return answer


@pytest.fixture(autouse=True)
def no_tries_before():
    """Limits of tries are counted in the cache, which outlives a test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def world(charity_a, charity_b, regulator, auditor, operator, donor, stranger) -> World:
    return World(
        charity_a,
        charity_b,
        regulator=regulator,
        auditor=auditor,
        operator=operator,
        donor=donor,
        stranger=stranger,
    )


def word(response: Any) -> str:
    """An answer in the words of the table."""
    status = response.status_code
    if status in (301, 302, 303, 307, 308):
        if any(page in response.url for page in SIGN_IN):
            return LOGIN
        # A missing page without a language in front is looked for with one (and is missing there too).
        if response.url == "/zh-hans" + response.request["PATH_INFO"]:
            return GONE
        # How the Wagtail admin says no to somebody who may be inside: back to its front page, with a message.
        return NO if response.url == reverse("wagtailadmin_home") else ELSEWHERE
    answers = {400: BAD, 403: NO, 404: GONE, 405: WRONG_METHOD, 422: BAD}
    return OK if 200 <= status < 300 else answers.get(status, str(status))


def addresses(world: World) -> dict[str, str]:
    return {name: reverse(name, kwargs=row.kwargs(world)) + row.query for name, row in ROWS.items()}


def test_everybody_gets_what_the_table_says(world):
    wrong = {}
    for name, address in addresses(world).items():
        for person in PEOPLE:
            answer, expected = world.ask(person, "get", address), ROWS[name].answer(person)
            if answer != expected:
                wrong[f"{name} by {person}"] = f"{answer}, expected {expected}"
    assert wrong == {}


def test_nobody_writes_where_the_table_does_not_say_so(world):
    wrong = {}
    for name, address in addresses(world).items():
        row = ROWS[name]
        for person in PEOPLE:
            answer = world.ask(person, "post", address)
            expected = (row.post or answer,) if person in row.ok.split() else (NO, GONE, LOGIN, WRONG_METHOD)
            if answer not in expected:
                wrong[f"{name} by {person}"] = f"{answer}, expected {' or '.join(expected)}"
    assert wrong == {}


# ---- the Django admin ----


def desks() -> dict[str, Any]:
    return {model._meta.label_lower: desk for model, desk in admin.site._registry.items()}


def test_the_admin_lets_in_whom_the_table_says(world):
    wrong = {}
    for label, row in django_admin.MODELS.items():
        address = reverse(f"admin:{label.replace('.', '_')}_changelist")
        for person in PEOPLE:
            insider = person in ("operator", "superuser")
            expected = OK if person in row.view.split() else NO if insider else LOGIN
            answer = world.ask(person, "get", address)
            if answer != expected:
                wrong[f"{label} by {person}"] = f"{answer}, expected {expected}"
    assert wrong == {}


@pytest.mark.parametrize("right", ["view", "add", "change", "delete"])
def test_the_admin_gives_only_the_rights_of_the_table(right, world):
    wrong = set()
    for person in set(PEOPLE) - {"anonymous"}:
        request = RequestFactory().get("/")
        # As the next request sees them: without the permissions remembered on the object.
        request.user = User.objects.get(pk=world.people[person].pk)
        for label, row in django_admin.MODELS.items():
            listed = person in getattr(row, right).split()
            if getattr(desks()[label], f"has_{right}_permission")(request) != listed:
                wrong.add(f"{person} {label}")
    assert wrong == set()
