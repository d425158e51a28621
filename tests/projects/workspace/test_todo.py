"""The home screen says what waits for whom; work that is done leaves the list."""

import pytest
from django.urls import reverse

from projects.workspace.todo import todos
from tests.factories import catalog, relief
from tests.factories import payouts as make

pytestmark = pytest.mark.django_db


def labels(person, today) -> dict[str, int]:
    return {str(todo.label): todo.count for todo in todos(person, today)}


def test_a_checker_sees_the_awards_that_others_proposed(charity_a, charity_b, today):
    project = relief.funded_project(charity_a)
    relief.proposed(charity_a, project, 1, amount_minor=1_000_00)
    assert sum(labels(charity_a.checker, today).values()) == 1
    assert labels(charity_b.checker, today) == {}


def test_who_prepared_a_batch_is_not_asked_to_release_it(charity_a, today):
    make.project_with_awards(charity_a)
    make.prepared(charity_a)
    mine, theirs = labels(charity_a.finance, today), labels(charity_a.second_finance, today)
    assert len(theirs) == len(mine) + 1


def test_work_that_is_done_leaves_the_list(charity_a, today):
    make.project_with_awards(charity_a)
    before = labels(charity_a.finance, today)
    make.confirmed(charity_a)
    after = labels(charity_a.finance, today)
    assert before != after
    assert sum(after.values()) == 1  # the answered batch, to be closed


def test_an_administrator_sees_projects_by_their_next_step(charity_a, today):
    catalog.draft_project(charity_a.organisation)
    catalog.filed_project(charity_a.organisation)
    assert sorted(labels(charity_a.admin, today).values()) == [1, 1]


def test_every_line_leads_to_a_screen_that_opens(client, charity_a, today):
    project = relief.funded_project(charity_a)
    relief.case(charity_a, 1)
    relief.recommended(charity_a, project, 2)
    relief.proposed(charity_a, project, 3, amount_minor=1_000_00)
    relief.committed(charity_a, project, 4, amount_minor=1_000_00)
    make.confirmed(charity_a)
    for person in charity_a.people:
        client.force_login(person)
        for todo in todos(person, today):
            assert client.get(todo.url).status_code == 200, todo.label


def test_the_home_screen_shows_the_list(client, charity_a):
    relief.case(charity_a, 1)
    client.force_login(charity_a.caseworker)
    page = client.get(reverse("wagtailadmin_home"))
    assert "workspace-todo" in page.content.decode()
