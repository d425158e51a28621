"""A figure on a page is a query on the ledger at the position that stands beside it."""

import pytest

from ledger import balances, posting, transparency
from projects.pages import pictures
from projects.tracing.figures import project_figures, totals
from tests.factories.access import BEGIN
from tests.factories.catalog import draft_project, open_project
from tests.factories.pages import project_page
from tests.projects.pages import ledger_story as story

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(charity_a):
    return open_project(charity_a.organisation, slug="rooms")


def test_the_figures_are_the_ledgers_at_the_position_shown(project):
    story.usual_story(project)
    figures = project_figures(project)
    read = balances.fund_figures(book=project.organisation.book_code, fund=project.fund_code, position=figures.position)
    assert (figures.given_minor, figures.matched_minor, figures.left_minor) == (150_50, 50_00, 80_50)
    assert (read.given_minor, read.matched_minor, read.left_minor) == (150_50, 50_00, 80_50)
    assert (figures.reached_minor, figures.on_its_way_minor) == (80_00, 40_00)
    assert figures.root_hex == read.root_hex


def test_what_came_in_is_what_went_out_and_is_left(project):
    story.usual_story(project)
    figures = project_figures(project)
    assert figures.in_minor == figures.reached_minor + figures.on_its_way_minor + figures.left_minor


def test_a_gift_that_is_not_numbered_yet_is_in_no_figure(project):
    story.usual_story(project)
    before = project_figures(project)
    story.gift(project, 999_00)
    assert project_figures(project) == before
    story.number()
    after = project_figures(project)
    assert after.given_minor == before.given_minor + 999_00
    assert after.position == before.position + 1


def test_an_old_position_goes_on_giving_the_old_figures(project):
    story.usual_story(project)
    head, before = transparency.head(), project_figures(project)
    story.gift(project, 999_00)
    story.number()
    assert project_figures(project, head) == before


def test_a_refunded_gift_leaves_the_figures_and_is_named(project):
    entry = story.gift(project, 30_00)
    story.gift(project, 70_00)
    story.number()
    posting.refund(
        origin=entry, amount_minor=30_00, kind="REFUND", document_ref="r" * 32, effective_on=BEGIN.date(),
        by="system:test", at=BEGIN, key="refund:1",
    )  # fmt: skip
    story.number()
    figures = project_figures(project)
    assert (figures.given_minor, figures.refunded_minor, figures.left_minor) == (70_00, 30_00, 70_00)


def test_a_cancelled_award_is_as_if_it_had_never_been(project):
    story.gift(project, 100_00)
    story.number()
    entry = story.award(project, 60_00)
    story.number()
    posting.reverse(entry, document_ref="c" * 32, effective_on=BEGIN.date(), by="system:test", at=BEGIN, key="cancel:1")
    story.number()
    figures = project_figures(project)
    assert (figures.in_minor, figures.reached_minor, figures.on_its_way_minor, figures.left_minor) == (
        100_00,
        0,
        0,
        100_00,
    )


def test_a_project_without_a_fund_has_no_figures(charity_a):
    assert project_figures(draft_project(charity_a.organisation)).in_minor == 0


def test_the_sum_of_projects_is_read_at_one_position(project, charity_a):
    other = open_project(charity_a.organisation, slug="other")
    story.usual_story(project)
    story.usual_story(other)
    head = transparency.head()
    assert totals([project, other], head, "CNY").in_minor == 2 * 200_50
    assert totals([project, other], head, "CNY").position == head.size


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_shows_them_with_their_position_and_root(client, project, language):
    project_page(project)
    story.usual_story(project)
    text = client.get(f"/{language}/projects/rooms/").text
    head = transparency.head()
    for shown in ("¥150.50", "¥50", "¥80", "¥40", "¥80.50", f'<b class="num">{head.size}</b>', head.root_hex):
        assert shown in text


def test_the_table_beside_the_picture_has_the_same_numbers_and_one_total(client, project):
    project_page(project)
    story.usual_story(project)
    flow = pictures.flow(project_figures(project))
    text = client.get("/en/projects/rooms/").text
    assert sum(row.amount_minor for row in flow.sources) == sum(row.amount_minor for row in flow.destinations) == 200_50
    assert text.count("¥200.50</td>") == 2
    assert 'class="flow wide"' in text
    assert 'class="flow tall"' in text
