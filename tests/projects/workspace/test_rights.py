"""Every screen of the workspace, asked by everybody: who has the right sees it, nobody else learns that it is there."""

import pytest
from django.urls import reverse

from projects.giving import hand_gifts
from projects.giving.models import CardIncident, Gift
from projects.matching import actions as matching
from projects.payouts import actions as payouts
from projects.payouts.models import AccountHold, SuspenseItem
from projects.receipts import batches, bills
from projects.settlement.models import UnexplainedItem
from tests.factories import catalog, hand, relief, settlement, webhooks
from tests.factories import matching as matching_factory
from tests.factories import payouts as make
from tests.factories.giving import settled_gift
from tests.factories.organisations import verified
from tests.factories.receipts import receipt_for

pytestmark = pytest.mark.django_db

PEOPLE = ("editor", "caseworker", "checker", "finance", "admin")
CASEWORK = {"caseworker"}
RELIEF = {"caseworker", "checker", "finance", "admin"}
FINANCE = {"finance"}
PAYOUTS = {"caseworker", "finance"}
GIFTS = {"finance", "admin"}
PROJECTS = {"editor", "finance", "admin"}
EDITORS = {"editor", "admin"}
APPROVERS = {"checker", "finance", "admin"}
ADMIN = {"admin"}
POTS = {"finance", "admin"}

# Screens without an object: (address, who may open it).
LISTS = {
    "cases:index": RELIEF,
    "cases:results": RELIEF,
    "cases:upload": CASEWORK,
    "requests:index": RELIEF,
    "requests:results": RELIEF,
    "awards:index": RELIEF,
    "awards:results": RELIEF,
    "payouts:index": FINANCE,
    "payouts:results": FINANCE,
    "payouts:prepare": FINANCE,
    "payouts:result": FINANCE,
    "payouts:suspense": FINANCE,
    "payouts:suspense_results": FINANCE,
    "payouts:holds": FINANCE,
    "payouts:holds_results": FINANCE,
    "households:index": PAYOUTS,
    "households:results": PAYOUTS,
    "reviews:index": GIFTS,
    "reviews:results": GIFTS,
    "reviews:held": GIFTS,
    "reviews:held_results": GIFTS,
    "reviews:attempts": GIFTS,
    "reviews:attempts_results": GIFTS,
    "settlement:index": GIFTS,
    "settlement:results": GIFTS,
    "settlement:upload": FINANCE,
    "settlement:add_mapping": FINANCE,
    "settlement:guide_mapping": FINANCE,
    "settlement:adjustments": GIFTS,
    "settlement:adjustments_results": GIFTS,
    "settlement:unexplained": GIFTS,
    "settlement:unexplained_results": GIFTS,
    "gifts:index": GIFTS,
    "gifts:results": GIFTS,
    "hand_gifts:index": FINANCE,
    "hand_gifts:results": FINANCE,
    "hand_gifts:enter": FINANCE,
    "hand_gifts:goods": FINANCE,
    "goods_issues:index": FINANCE,
    "goods_issues:results": FINANCE,
    "hand_refunds:index": FINANCE,
    "hand_refunds:results": FINANCE,
    "webhooks:index": ADMIN,
    "webhooks:results": ADMIN,
    "webhooks:register": ADMIN,
    "pledges:index": GIFTS,
    "pledges:results": GIFTS,
    "projects:index": PROJECTS,
    "projects:results": PROJECTS,
    "matching:index": POTS,
    "matching:results": POTS,
    "matching:draft": ADMIN,
    "bills:index": FINANCE,
    "bills:results": FINANCE,
    "bills:prepare": FINANCE,
    "bills:enter": FINANCE,
    "bills:upload": FINANCE,
    "donor_statements:index": FINANCE,
    "donor_statements:results": FINANCE,
    "donor_statements:ask": FINANCE,
    "formulas:index": ADMIN,
    "formulas:results": ADMIN,
    "formulas:draft": ADMIN,
    "books:index": GIFTS,
}
# Screens about one object, read by GET: (address, which object, who may).
OBJECTS = {
    "reviews:attempt": ("incident", FINANCE),
    "cases:show": ("case", RELIEF),
    "cases:reveal": ("case", CASEWORK),
    "cases:ask": ("case", CASEWORK),
    "cases:adjudicate": ("case", CASEWORK),
    "cases:file": ("case_file", CASEWORK),
    "cases:errors": ("case_file", CASEWORK),
    "requests:show": ("request", RELIEF),
    "requests:decline": ("request", CASEWORK),
    "requests:propose": ("request", CASEWORK),
    "awards:show": ("award", RELIEF),
    "awards:reject": ("award", APPROVERS),
    "awards:cancel": ("award", APPROVERS),
    "payouts:show": ("batch", FINANCE),
    "payouts:cancel": ("batch", FINANCE),
    "payouts:solve": ("suspense", FINANCE),
    "payouts:lift": ("hold", FINANCE),
    "households:show": ("payout", PAYOUTS),
    "households:answer": ("payout", CASEWORK),
    "households:by_code": ("payout", CASEWORK),
    "households:return": ("payout", FINANCE),
    "settlement:show": ("settlement_file", GIFTS),
    "settlement:item": ("unexplained", FINANCE),
    "settlement:adjust": ("unexplained", FINANCE),
    "settlement:adjustment": ("adjustment", GIFTS),
    "settlement:drop_adjustment": ("adjustment", FINANCE),
    "settlement:answer_adjustment": ("adjustment", FINANCE),
    "settlement:accept": ("settlement_file", FINANCE),
    "gifts:show": ("gift", GIFTS),
    "gifts:refund": ("gift", FINANCE),
    "hand_gifts:show": ("hand_gift", FINANCE),
    "hand_gifts:slip": ("hand_gift", FINANCE),
    "hand_gifts:refuse": ("hand_gift", FINANCE),
    "goods_issues:enter": ("recommended", FINANCE),
    "goods_issues:show": ("goods_issue", FINANCE),
    "goods_issues:evidence": ("goods_issue", FINANCE),
    "goods_issues:refuse": ("goods_issue", FINANCE),
    "hand_refunds:enter": ("given_by_hand", FINANCE),
    "hand_refunds:show": ("hand_refund", FINANCE),
    "hand_refunds:evidence": ("hand_refund", FINANCE),
    "hand_refunds:refuse": ("hand_refund", FINANCE),
    "webhooks:show": ("endpoint", ADMIN),
    "webhooks:kinds": ("endpoint", ADMIN),
    "webhooks:rotate": ("endpoint", ADMIN),
    "webhooks:end": ("endpoint", ADMIN),
    "projects:show": ("project", PROJECTS),
    "projects:amounts": ("project", EDITORS),
    "projects:file": ("project", PROJECTS),
    "projects:send_back": ("project", PROJECTS),
    "projects:pause": ("project", PROJECTS),
    "projects:close": ("project", PROJECTS),
    "projects:cancel": ("project", PROJECTS),
    "bills:void": ("official_bill", FINANCE),
    "donor_statements:of_gift": ("gift", FINANCE),
    "donor_statements:show": ("statement_batch", FINANCE),
    "formulas:show": ("formula", ADMIN),
    "formulas:enter": ("formula", ADMIN),
    "formulas:evidence": ("formula_period", ADMIN),
    "formulas:refuse": ("formula_period", ADMIN),
    "matching:show": ("pool", POTS),
    "matching:answers": ("pool", POTS),
    "matching:answers_results": ("pool", POTS),
    "matching:receive": ("pool", FINANCE),
    "matching:draft_rule": ("pool", ADMIN),
    "matching:freeze": ("pool", ADMIN),
    "matching:thaw": ("pool", ADMIN),
}
# Buttons: POST only. Nobody outside the set gets anything done; what the action itself says is tested beside it.
BUTTONS = {
    "cases:commit": ("case_file", CASEWORK),
    "cases:discard": ("case_file", CASEWORK),
    "requests:screen": ("request", CASEWORK),
    "requests:withdraw": ("request", CASEWORK),
    "awards:approve": ("award", APPROVERS),
    "payouts:release": ("batch", FINANCE),
    "payouts:file": ("batch", FINANCE),
    "payouts:close": ("batch", FINANCE),
    "households:code": ("payout", CASEWORK),
    "settlement:start": ("settlement_file", FINANCE),
    "settlement:confirm_adjustment": ("adjustment", FINANCE),
    "settlement:discard": ("settlement_file", FINANCE),
    "hand_gifts:approve": ("hand_gift", FINANCE),
    "goods_issues:approve": ("goods_issue", FINANCE),
    "hand_refunds:approve": ("hand_refund", FINANCE),
    "webhooks:test": ("endpoint", ADMIN),
    "webhooks:again": ("endpoint", ADMIN),
    "webhooks:pause": ("endpoint", ADMIN),
    "webhooks:resume": ("endpoint", ADMIN),
    "projects:submit": ("project", PROJECTS),
    "projects:open": ("project", PROJECTS),
    "projects:report": ("project", PROJECTS),
    "projects:archive": ("project", PROJECTS),
    "donor_statements:fetch": ("statement_batch", FINANCE),
    "donor_statements:discard": ("statement_batch", FINANCE),
    "formulas:publish": ("formula", ADMIN),
    "formulas:confirm": ("formula_period", ADMIN),
    "matching:close": ("pool", ADMIN),
    "matching:withdraw": ("pool", ADMIN),
    "matching:publish": ("pool", ADMIN),
}


def unexplained_item(charity) -> UnexplainedItem:
    settlement.statement(charity, settlement.line("B1", "5.00"))
    return UnexplainedItem.objects.get(amount_minor=500)


def hand_gift(charity, moment):
    facts = {"amount_minor": 5_00, "currency": "CNY", "donor_name": "", "email": "", "visibility": "HIDDEN"}
    return hand_gifts.enter(
        organisation=charity.organisation, project=None, received_on=moment.date(), language="en", file=b"%PDF-1.7",
        form_key="hand", by=charity.second_finance, at=moment, **facts,
    )  # fmt: skip


@pytest.fixture
def world(charity_a, moment):
    """One of each thing, all of charity A. Keys are what stands in an address."""
    project, _awards = make.project_with_awards(charity_a, 1_000_00)
    batch, made = make.exported(charity_a)
    payout = batch.payouts.get()
    lines = [make.line(payout), make.line(payout, end_to_end_id="nobody")]
    payouts.import_result(
        charity_a.organisation, content=make.answer(made.file, lines), by=charity_a.finance, at=moment
    )
    payout.refresh_from_db()
    asked = {"witness_ref": charity_a.checker.ref, "by": charity_a.caseworker, "at": moment}
    payouts.acknowledge(payout, answer="NOT_RECEIVED", **asked)
    award = relief.proposed(charity_a, project, 41, amount_minor=1_500_00)
    pool = matching.draft_pool(
        matcher=verified(kind="MATCHER"),
        project=project,
        slug="pot",
        name_zh="配捐",
        pledged_minor=1_000_00,
        by=charity_a.admin,
        at=moment,
    )
    given = hand.booked(charity_a, hand.cash(charity_a))
    hand.booked(charity_a, hand.goods(charity_a, project))
    recommended = relief.recommended(charity_a, project, 42)
    formula = matching_factory.published_formula(project)
    given_gift = settled_gift(project)
    receipt_for(given_gift)
    days = {"since": moment.date(), "until": moment.date()}
    answer = bills.Answer("50010126", "0000000001", "a1b2c3", moment.date(), given_gift.left_minor)
    finance = {"by": charity_a.finance, "at": moment}
    bill = bills.enter(charity_a.organisation, gift_ref=given_gift.ref, answer=answer, **finance)
    return {
        "statement_batch": batches.ask(charity_a.organisation, **days, **finance).ref,
        "official_bill": bill.ref,
        "formula": formula.ref,
        "formula_period": matching_factory.entered_period(formula).ref,
        "case": award.request.case.ref,
        "case_file": relief.take_in(charity_a, relief.row(50)).ref,
        "request": award.request.ref,
        "award": award.ref,
        "recommended": recommended.ref,
        "goods_issue": hand.handed_out(charity_a, recommended).ref,
        "batch": batch.ref,
        "payout": payout.ref,
        "suspense": SuspenseItem.objects.get().pk,
        "hold": AccountHold.objects.get().pk,
        "settlement_file": settlement.received(charity_a, settlement.csv_of([settlement.gift(1)])).ref,
        "unexplained": unexplained_item(charity_a).ref,
        "adjustment": settlement.adjusted(charity_a).ref,
        "gift": given_gift.ref,
        "hand_gift": hand_gift(charity_a, moment).ref,
        "given_by_hand": given.ref,
        "hand_refund": hand.going_back(charity_a, given, by=charity_a.second_finance).ref,
        "endpoint": webhooks.registered(charity_a)[0].ref,
        "project": catalog.draft_project(charity_a.organisation).ref,
        "pool": pool.ref,
        "incident": CardIncident.objects.create(project=project, began_at=moment, last_at=moment).ref,
    }


def address(name: str, world, thing: str | None = None) -> str:
    arguments = [world[thing]] if thing else []
    if name == "matching:publish":
        arguments.append(1)
    return reverse(f"workspace_{name}", args=arguments)


def sign_in(client, person):
    client.force_login(person)
    return client


def is_turned_away(response) -> bool:
    return response.status_code == 302 and response.url == reverse("wagtailadmin_home")


@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_opens_its_own_screens_and_no_other(client, charity_a, world, who):
    sign_in(client, getattr(charity_a, who))
    wrong = {}
    for name, may in LISTS.items():
        response = client.get(address(name, world))
        expected = 200 if who in may else 302
        if response.status_code != expected:
            wrong[name] = response.status_code
    for name, (thing, may) in OBJECTS.items():
        response = client.get(address(name, world, thing))
        if (who in may) != (response.status_code == 200) or (who not in may and not is_turned_away(response)):
            wrong[name] = response.status_code
    assert not wrong


@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_presses_its_own_buttons_and_no_other(client, charity_a, world, who):
    sign_in(client, getattr(charity_a, who))
    wrong = {}
    for name, (thing, may) in BUTTONS.items():
        if who not in may and not is_turned_away(client.post(address(name, world, thing))):
            wrong[name] = "let in"
        if client.get(address(name, world, thing)).status_code not in (302, 405):
            wrong[name] = "answers to GET"
    assert not wrong


@pytest.mark.parametrize("who", PEOPLE)
def test_another_charitys_things_do_not_exist_here(client, charity_b, world, who):
    sign_in(client, getattr(charity_b, who))
    seen = {}
    for name, (thing, may) in OBJECTS.items():
        response = client.get(address(name, world, thing))
        if response.status_code != 404 and not (who not in may and is_turned_away(response)):
            seen[name] = response.status_code
    for name, (thing, may) in BUTTONS.items():
        response = client.post(address(name, world, thing))
        if response.status_code != 404 and not (who not in may and is_turned_away(response)):
            seen[name] = response.status_code
    assert not seen


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_nothing_of_another_charity(client, charity_b, world, name):
    for who in PEOPLE:
        response = sign_in(client, getattr(charity_b, who)).get(address(name, world))
        if response.status_code == 200 and "object_list" in (response.context or {}):
            assert list(response.context["object_list"]) == []


def test_every_address_of_the_workspace_is_in_these_lists():
    from projects.workspace.wagtail_hooks import SECTIONS

    # The closing of a month goes by the charity's name: see test_books.py. A flag needs a match: see test_flags.py.
    known = set(LISTS) | set(OBJECTS) | set(BUTTONS) | {"books:close", "matching:flag"}
    found = {f"{section.name}:{path.name}" for section in SECTIONS for path in section.paths}
    assert found == known


@pytest.mark.parametrize("outsider", ["stranger", "donor", "operator", "regulator", "auditor"])
def test_people_without_a_charity_do_not_come_in(client, request, world, outsider):
    sign_in(client, request.getfixturevalue(outsider))
    for name in LISTS:
        response = client.get(address(name, world))
        assert response.status_code == 302
        assert "/cms/" in response.url


def test_nobody_comes_in_without_signing_in(client, world):
    for name in LISTS:
        response = client.get(address(name, world))
        assert response.status_code == 302
        assert reverse("wagtailadmin_login") in response.url


def test_the_superuser_flag_opens_nothing(client, charity_a, world):
    person = charity_a.editor
    person.is_superuser = True
    person.save()
    sign_in(client, person)
    assert is_turned_away(client.get(address("cases:index", world)))
    assert is_turned_away(client.get(address("cases:reveal", world, "case")))


def test_the_screens_show_a_gift_as_the_donor_wanted(client, charity_a, world):
    project = Gift.objects.get(ref=world["gift"]).project
    gift = settled_gift(project, name="林晓", visibility="FINANCE", email="hidden@example.org")
    page = sign_in(client, charity_a.admin).get(address("gifts:show", world | {"gift": gift.ref}, "gift"))
    assert page.status_code == 200
    assert "林晓" not in page.content.decode()
    assert "hidden@example.org" not in page.content.decode()


def test_the_menu_of_a_role_holds_its_own_sections(rf, charity_a):
    from projects.workspace.wagtail_hooks import SECTIONS

    request = rf.get("/")
    request.user = charity_a.caseworker
    shown = {section.name for section in SECTIONS if section().get_menu_item().is_shown(request)}
    assert shown == {"cases", "requests", "awards", "households"}
