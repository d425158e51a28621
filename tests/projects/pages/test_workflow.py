"""A charity's editor drafts, its administrator approves; nobody touches another charity's pages."""

import datetime

import pytest
from django.urls import reverse

from ledger.core.refusals import Refused
from projects.access.models import RoleGrant
from projects.pages import setup
from projects.pages.models import ProjectPage
from tests.factories.catalog import draft_project, open_project
from tests.factories.pages import project_page
from tests.projects.pages.test_gate import edit

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(charity_a):
    return project_page(open_project(charity_a.organisation, slug="rooms"), publish=False)


def submitted(client, charity, page):
    client.force_login(charity.editor)
    edit(client, page, **{"action-submit": "1"})
    return ProjectPage.objects.get(pk=page.pk)


def approve(client, page):
    task = page.current_workflow_task_state
    return client.post(reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", task.pk]))


def test_what_an_editor_submits_is_public_once_an_administrator_approves(client, charity_a, draft):
    page = submitted(client, charity_a, draft)
    assert page.workflow_in_progress
    assert not page.live
    client.force_login(charity_a.admin)
    approve(client, page)
    assert ProjectPage.objects.get(pk=page.pk).live


def test_an_editor_does_not_approve_their_own_page(client, charity_a, draft):
    page = submitted(client, charity_a, draft)
    approve(client, page)
    assert not ProjectPage.objects.get(pk=page.pk).live


def test_an_editor_cannot_publish_past_the_moderation(client, charity_a, draft):
    client.force_login(charity_a.editor)
    edit(client, draft, **{"action-publish": "1"})
    assert not ProjectPage.objects.get(pk=draft.pk).live


def test_an_administrator_of_another_charity_approves_nothing(client, charity_a, charity_b, draft):
    page = submitted(client, charity_a, draft)
    client.force_login(charity_b.admin)
    approve(client, page)
    assert not ProjectPage.objects.get(pk=page.pk).live


def test_there_is_no_approve_button_while_the_campaign_is_incomplete(client, charity_a):
    draft = project_page(draft_project(charity_a.organisation, slug="rooms"), publish=False)
    page = submitted(client, charity_a, draft)
    task = page.current_workflow_task
    assert "approve" not in [name for name, *_ in task.get_actions(page, charity_a.admin)]
    assert "reject" in [name for name, *_ in task.get_actions(page, charity_a.admin)]


def test_approval_that_slips_past_the_button_publishes_nothing(client, charity_a):
    draft = project_page(draft_project(charity_a.organisation, slug="rooms"), publish=False)
    page = submitted(client, charity_a, draft)
    with pytest.raises(Refused):
        page.current_workflow_task_state.approve(user=charity_a.admin)
    assert not ProjectPage.objects.get(pk=page.pk).live
    assert ProjectPage.objects.get(pk=page.pk).workflow_in_progress


def refused(response) -> bool:
    """Wagtail answers what is not permitted with a way back to its first screen, and never with the form."""
    return response.status_code == 403 or (
        response.status_code == 302 and response["Location"] == reverse("wagtailadmin_home")
    )


def test_an_editor_of_another_charity_sees_no_draft(client, charity_b, draft):
    client.force_login(charity_b.editor)
    assert refused(client.get(reverse("wagtailadmin_pages:edit", args=[draft.pk])))
    assert refused(edit(client, draft, title="foreign"))
    assert ProjectPage.objects.get(pk=draft.pk).get_latest_revision_as_object().title != "foreign"


def test_an_editor_cannot_add_a_page_under_another_charity(client, charity_b, draft):
    client.force_login(charity_b.editor)
    url = reverse("wagtailadmin_pages:add", args=["pages", "projectpage", draft.get_parent().pk])
    assert refused(client.get(url))


def test_a_stranger_does_not_reach_the_editor_at_all(client, stranger, draft):
    client.force_login(stranger)
    response = client.get(reverse("wagtailadmin_pages:edit", args=[draft.pk]))
    assert response.status_code == 302
    assert "login" in response["Location"]


def test_a_role_that_has_ended_ends_here_before_the_groups_follow(client, charity_a, draft, monkeypatch):
    client.force_login(charity_a.editor)
    RoleGrant.objects.filter(user=charity_a.editor).update(valid_to=datetime.date(2026, 3, 2))
    assert charity_a.editor.groups.filter(page_permissions__isnull=False).exists()
    assert refused(client.get(reverse("wagtailadmin_pages:edit", args=[draft.pk])))


def test_every_section_has_its_own_moderation(charity_a, charity_b, draft):
    other = setup.charity_section(charity_b.organisation)
    assert draft.get_workflow() != other.get_workflow()
    assert draft.get_workflow().tasks.get().specific.groups.get().name == f"role:ADMIN@{charity_a.organisation.ref}"
