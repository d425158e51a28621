"""A project's life: drafted, filed by another person, opened, ended; each step once, by whom it belongs to."""

import datetime

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from ledger.core.refusals import Refused
from ledger.models import Fund, Notice
from projects.access.actors import DEMO, SETUP
from projects.audit.models import AuditEvent
from projects.catalog import actions, policies
from projects.catalog.models import BudgetLine, Project
from projects.catalog.queries import book_of, public_projects
from projects.catalog.states import MOVES, ProjectState
from projects.organisations.actions import suspend
from tests.factories.catalog import FILED_ON, PLAN, draft_project, filed_project, open_project, platform
from tests.factories.organisations import JurisdictionFactory, level, verified
from tests.guards import lifted

pytestmark = pytest.mark.django_db


def test_a_charity_takes_a_project_from_the_draft_to_the_archive(charity_a, regulator, moment):
    organisation, editor, admin = charity_a.organisation, charity_a.editor, charity_a.admin
    project = draft_project(organisation, by=editor)
    url = f"https://platform.example/{project.slug}"
    actions.link_platform(project, platform=platform(), url=url, by=editor, at=moment)
    actions.submit(project, by=admin, at=moment)
    actions.file(project, filing_number="53A26001", filed_on=FILED_ON, by=regulator, at=moment)
    actions.open_project(project, by=admin, at=moment)
    actions.pause(project, reason="盘点", by=admin, at=moment)
    actions.open_project(project, by=admin, at=moment)
    actions.close(project, by=admin, at=moment)
    actions.report(project, by=admin, at=moment)
    actions.archive(project, by=admin, at=moment)
    events = AuditEvent.objects.filter(subject_ref=project.ref).order_by("id").values_list("event", flat=True)
    assert list(events) == [
        "project.drafted",
        "project.platform_linked",
        "project.submitted",
        "project.filed",
        "project.opened",
        "project.paused",
        "project.resumed",
        "project.closed",
        "project.reported",
        "project.archived",
    ]


def bring(project: Project, to: str, moment: datetime.datetime) -> Project:
    """Ask for one move, whatever state the project is in."""
    ask = {"by": SETUP, "at": moment}
    verbs = {
        "SUBMITTED": lambda: actions.submit(project, **ask),
        "DRAFT": lambda: actions.send_back(project, reason="x", **ask),
        "FILED": lambda: actions.file(project, filing_number="1", filed_on=FILED_ON, by=DEMO, at=moment),
        "OPEN": lambda: actions.open_project(project, **ask),
        "PAUSED": lambda: actions.pause(project, reason="x", **ask),
        "CLOSED": lambda: actions.close(project, **ask),
        "REPORTED": lambda: actions.report(project, **ask),
        "ARCHIVED": lambda: actions.archive(project, **ask),
        "CANCELLED": lambda: actions.cancel(project, reason="x", **ask),
    }
    return verbs[to]()


@pytest.mark.parametrize("start", ProjectState.values)
@pytest.mark.parametrize("to", ProjectState.values)
def test_a_project_moves_only_as_its_table_says(start, to, moment):
    project = draft_project() if start in ("DRAFT", "SUBMITTED") else filed_project()
    with lifted():
        Project.objects.filter(pk=project.pk).update(state=start)
    project.refresh_from_db()
    if (start, to) in MOVES:
        assert bring(project, to, moment).state == to
    else:
        with pytest.raises(Refused) as refused:
            bring(project, to, moment)
        assert refused.value.code == "move_not_allowed"


def test_whoever_drafted_or_submitted_does_not_file(charity_a, moment):
    project = draft_project(charity_a.organisation, by=charity_a.admin)
    actions.submit(project, by=charity_a.admin, at=moment)
    with pytest.raises(Refused) as refused:
        actions.file(project, filing_number="1", filed_on=FILED_ON, by=charity_a.admin, at=moment)
    assert refused.value.code == "maker_is_filer"
    project.refresh_from_db()
    assert project.state == ProjectState.SUBMITTED


def test_around_the_orm_maker_and_filer_are_still_two_people():
    project = filed_project()
    Project.objects.filter(pk=project.pk).update(submitted_by_ref="somebody")
    for maker in ("drafted_by_ref", "submitted_by_ref"):
        with lifted(), pytest.raises(IntegrityError), transaction.atomic():
            Project.objects.filter(pk=project.pk).update(**{maker: project.filed_by_ref})


@pytest.mark.parametrize("start", ProjectState.values)
def test_around_the_orm_a_project_still_moves_only_as_its_table_says(start):
    project = draft_project()
    for to in ProjectState.values:
        with lifted():
            Project.objects.filter(pk=project.pk).update(state=start)
        if (start, to) in MOVES or start == to:
            Project.objects.filter(pk=project.pk).update(state=to)
        else:
            with pytest.raises(DatabaseError, match="project_moves"), transaction.atomic():
                Project.objects.filter(pk=project.pk).update(state=to)


@pytest.mark.parametrize(
    "change",
    [{"fund_code": "other"}, {"currency": "EUR"}, {"drafted_by_ref": "x"}, {"ref": "x"}, {"filing_number": "x"}],
    ids=lambda change: next(iter(change)),
)
def test_around_the_orm_a_project_keeps_fund_currency_maker_and_filing(change):
    project = filed_project()
    with pytest.raises(DatabaseError, match="project_keeps"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(**change)


def test_around_the_orm_a_budget_stands_once_it_is_submitted(moment):
    project = draft_project()
    other = draft_project(project.organisation)
    actions.submit(project, by=SETUP, at=moment)
    line = project.budget_lines.first()
    for change in (
        lambda: BudgetLine.objects.filter(pk=line.pk).update(amount_minor=1),
        lambda: BudgetLine.objects.filter(pk=line.pk).update(project=other),
        lambda: BudgetLine.objects.filter(pk=line.pk)._raw_delete("default"),
        lambda: BudgetLine.objects.bulk_create([BudgetLine(project=project, name_zh="一", amount_minor=1)]),
    ):
        with pytest.raises(DatabaseError, match="budget_frozen"), transaction.atomic():
            change()


def test_a_sponsor_has_no_projects_of_its_own():
    with pytest.raises(Refused) as refused:
        draft_project(verified(kind="MATCHER"))
    assert refused.value.code == "organisation_raises_no_money"


def test_it_refuses_to_file_or_open_for_an_organisation_that_is_suspended(moment):
    project = draft_project()
    actions.submit(project, by=SETUP, at=moment)
    suspend(project.organisation, reason="x", by=SETUP, at=moment)
    with pytest.raises(Refused) as refused:
        actions.file(project, filing_number="1", filed_on=FILED_ON, by=DEMO, at=moment)
    assert refused.value.code == "organisation_not_verified"


def test_the_opening_opens_the_fund_and_tells_the_world(charity_a, moment):
    project = open_project(charity_a.organisation)
    fund = Fund.objects.get(book__code=charity_a.organisation.book_code, code=project.fund_code)
    assert (fund.restriction, fund.currency, fund.project_ref) == ("PURPOSE", "CNY", project.ref)
    notices = Notice.objects.filter(kind__startswith="PROJECT_").order_by("id")
    assert [notice.kind for notice in notices] == ["PROJECT_FILED", "PROJECT_OPENED"]
    assert all(project.ref in notice.facts for notice in notices)
    actions.pause(project, reason="x", by=SETUP, at=moment)
    actions.open_project(project, by=SETUP, at=moment)
    assert notices.count() == 2


def test_a_slug_the_books_cannot_take_gives_way_to_the_reference():
    long = draft_project(slug="a" * 33)
    assert long.fund_code == long.ref
    assert draft_project(slug="general").fund_code != "general"
    assert draft_project(slug="rooms").fund_code == "rooms"


def test_it_refuses_a_filing_without_a_number(moment):
    project = draft_project()
    actions.submit(project, by=SETUP, at=moment)
    with pytest.raises(Refused) as refused:
        actions.file(project, filing_number="  ", filed_on=FILED_ON, by=DEMO, at=moment)
    assert refused.value.code == "filing_number_missing"


def test_an_odd_filing_number_only_warns():
    assert not policies.filing_number_looks_odd("53500000MJ0000001AA26001")
    assert policies.filing_number_looks_odd("a filing of long ago")
    assert not policies.filing_number_looks_odd("")


def test_an_editor_of_another_charity_changes_nothing(charity_a, charity_b, moment):
    project = draft_project(charity_a.organisation, by=charity_a.editor)
    asks = [
        lambda by: actions.revise_project(project, name_zh="别名", by=by, at=moment),
        lambda by: actions.set_budget(project, [], by=by, at=moment),
        lambda by: actions.submit(project, by=by, at=moment),
        lambda by: actions.file(project, filing_number="1", filed_on=FILED_ON, by=by, at=moment),
        lambda by: actions.open_project(project, by=by, at=moment),
        lambda by: actions.cancel(project, reason="x", by=by, at=moment),
    ]
    for ask in asks:
        for person in (charity_b.editor, charity_b.admin, charity_a.caseworker):
            with pytest.raises(Refused, match="not_permitted"):
                ask(person)


def test_the_budget_is_the_sum_of_its_lines_and_never_typed(moment):
    project = draft_project(lines=[("一", "One", 100), ("二", "Two", 250)])
    assert project.budget_minor == 350
    actions.set_budget(project, [("三", "Three", 99)], by=SETUP, at=moment)
    assert project.budget_minor == 99
    assert Project.objects.with_budget().get(pk=project.pk).budget_minor == 99
    with pytest.raises(TypeError):
        actions.revise_project(project, budget_minor=1, by=SETUP, at=moment)


@pytest.mark.parametrize("amount", [0, -1])
def test_it_refuses_a_budget_line_that_is_not_positive(amount, moment):
    project = draft_project()
    with pytest.raises(Refused) as refused:
        actions.set_budget(project, [("一", "One", amount)], by=SETUP, at=moment)
    assert refused.value.code == "budget_line_not_positive"
    assert project.budget_lines.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        BudgetLine.objects.create(project=project, name_zh="一", amount_minor=amount)


def test_a_submitted_project_is_not_changed_any_more(moment):
    project = draft_project()
    actions.submit(project, by=SETUP, at=moment)
    for change in (
        lambda: actions.revise_project(project, name_zh="别名", by=SETUP, at=moment),
        lambda: actions.set_budget(project, [], by=SETUP, at=moment),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.code == "project_not_draft"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"ends_on": datetime.date(2025, 12, 31)}, "ends_before_start"),
        ({"award_cap_minor": 0}, "cap_not_positive"),
        ({"award_cap_minor": -1}, "cap_not_positive"),
    ],
)
def test_it_refuses_facts_that_cannot_be(facts, code, moment):
    with pytest.raises(Refused) as refused:
        draft_project(**facts)
    assert refused.value.code == code
    project = draft_project()
    with pytest.raises(Refused):
        actions.revise_project(project, by=SETUP, at=moment, **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(**facts)


@pytest.mark.parametrize("key", [*PLAN, "aim", "dates", "responsible", "budget"])
def test_a_plan_leaves_the_draft_only_whole(key, moment):
    without = {
        "aim": {"summary_zh": "", "summary_en": ""},
        "dates": {"ends_on": None},
        "responsible": {"responsible_name": ""},
        "budget": {"lines": ()},
    }
    project = draft_project(**without.get(key, {"plan": {name: PLAN[name] for name in PLAN if name != key}}))
    with pytest.raises(Refused) as refused:
        actions.submit(project, by=SETUP, at=moment)
    assert refused.value.code == "plan_incomplete"


@pytest.mark.parametrize(
    "url", ["http://platform.example/a", "https://platform.example.evil.org/", "https://evilplatform.example/", "x"]
)
def test_it_refuses_a_platform_link_that_leads_elsewhere(url, moment):
    with pytest.raises(Refused) as refused:
        actions.link_platform(draft_project(), platform=platform(), url=url, by=SETUP, at=moment)
    assert refused.value.code == "platform_link_wrong"


def test_history_tells_who_changed_what_and_when(charity_a, moment):
    project = draft_project(charity_a.organisation, by=charity_a.editor)
    later = moment + datetime.timedelta(hours=1)
    actions.revise_project(project, name_zh="新名", by=charity_a.admin, at=later)
    newest, oldest = project.history.all()
    assert (oldest.history_user, oldest.history_date) == (charity_a.editor, moment)
    assert (newest.history_user, newest.history_date, newest.name_zh) == (charity_a.admin, later, "新名")
    assert newest.history_change_reason == "project.revised"
    assert project.budget_lines.first().history.get().history_user == charity_a.editor


def test_gifts_are_taken_only_while_the_project_is_open(moment):
    project = filed_project()
    with pytest.raises(Refused) as refused:
        policies.check_gives(project)
    assert refused.value.code == "project_not_open"
    with pytest.raises(Refused):
        policies.check_awards(project)
    policies.check_gives(actions.open_project(project, by=SETUP, at=moment))
    policies.check_awards(actions.close(project, by=SETUP, at=moment))


def test_the_public_sees_projects_from_their_opening_on(charity_a, moment):
    draft_project(charity_a.organisation)
    filed_project(charity_a.organisation)
    shown = open_project(charity_a.organisation)
    assert list(public_projects()) == [shown]


def test_the_public_finds_projects_by_cause_place_state_charity_and_words(charity_a, charity_b, moment):
    rooms = open_project(charity_a.organisation, name_zh="童心房", name_en="Rooms")
    study = open_project(charity_b.organisation, name_zh="助学", name_en="Study", purpose_id="EDUCATION")
    town = JurisdictionFactory(parent=rooms.jurisdiction, code="500116101", level=level("TOWN"))
    deep = open_project(charity_a.organisation, name_zh="助餐", name_en="Meals", purpose_id="FOOD", jurisdiction=town)
    actions.close(deep, by=SETUP, at=moment)
    assert list(public_projects(purpose="EDUCATION")) == [study]
    assert set(public_projects(jurisdiction=rooms.jurisdiction)) == {rooms, deep}
    assert list(public_projects(state="CLOSED")) == [deep]
    assert list(public_projects(organisation=charity_b.organisation)) == [study]
    assert list(public_projects(words="rooms 江湾")) == [rooms]
    assert not public_projects(words="rooms 河川")


def test_a_project_names_the_book_of_its_charity(charity_a):
    assert book_of(draft_project(charity_a.organisation)) == charity_a.organisation.book_code
