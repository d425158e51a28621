"""Finding a project: cause, place, state and words, without a script."""

import pytest

from projects.access.actors import SETUP
from projects.catalog import actions
from projects.pages import setup
from tests.factories.access import BEGIN
from tests.factories.catalog import draft_project, open_project
from tests.factories.pages import site

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(charity_a, charity_b):
    """Housing in A's district, medical aid in B's, and a paused one."""
    site()
    rooms = open_project(charity_a.organisation, slug="rooms", name_en="Rooms of their own")
    clinic = open_project(
        charity_b.organisation, slug="clinic", name_zh="大病助医", name_en="Clinic", purpose_id="MEDICAL"
    )
    paused = open_project(charity_b.organisation, slug="paused", name_zh="银龄餐桌", name_en="Meals", purpose_id="FOOD")
    actions.pause(paused, reason="test", by=SETUP, at=BEGIN)
    for project in (rooms, clinic, paused):
        setup.project_page_for(project)


def shown(client, query: str) -> set[str]:
    text = client.get(f"/en/projects/?{query}").text
    return {slug for slug in ("rooms", "clinic", "paused") if f"/en/projects/{slug}/" in text}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"rooms", "clinic", "paused"}),
        ("cause=MEDICAL", {"clinic"}),
        ("place=500116", {"rooms"}),
        ("place=500117", {"clinic", "paused"}),
        ("place=CN", {"rooms", "clinic", "paused"}),
        ("state=PAUSED", {"paused"}),
        ("q=clinic", {"clinic"}),
        ("q=餐桌", {"paused"}),
        ("q=Jiangwan", {"rooms"}),
        ("cause=MEDICAL&place=500116", set()),
        ("state=DRAFT", {"rooms", "clinic", "paused"}),
        ("cause=%00&p=999", set()),
    ],
)
def test_it_shows_what_fits(client, three, query, expected):
    assert shown(client, query) == expected


def test_nothing_fits_has_a_sentence_and_a_way_on(client, three):
    text = client.get("/en/projects/?q=nothing-like-this").text
    assert "No project fits" in text
    assert "Show all projects" in text


def test_a_project_that_is_not_public_has_no_card_even_with_a_page(client, charity_a):
    site()
    setup.project_page_for(draft_project(charity_a.organisation, slug="rooms"), publish=False)
    assert shown(client, "") == set()


def test_an_empty_site_says_so(client):
    site()
    assert "No project is public yet" in client.get("/en/projects/").text


def test_pages_are_turned_with_the_filter_kept(client, three, monkeypatch):
    monkeypatch.setattr("projects.pages.screens.PROJECTS_PER_PAGE", 1)
    assert (
        'href="?p=2&amp;q=district"' in client.get("/en/projects/?q=district").text
        or "p=2" in client.get("/en/projects/?place=CN").text
    )
