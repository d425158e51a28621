"""A public campaign is refused while a fact the law wants is missing, by every way of publishing, and is told which."""

import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, streamfield

from ledger.core.refusals import Refused
from projects.pages import setup
from projects.pages.models import ProjectPage
from tests.factories.catalog import draft_project, open_project
from tests.factories.pages import project_page, site

pytestmark = pytest.mark.django_db


@pytest.fixture
def incomplete(charity_a):
    """The draft page of a project that is neither filed nor on a platform."""
    return project_page(draft_project(charity_a.organisation, slug="rooms"), publish=False)


def fields_of(page, **more):
    return nested_form_data(
        {
            "title": page.title,
            "slug": page.slug,
            "lede": "",
            "project": page.project_id,
            "story": streamfield([]),
            **more,
        }
    )


def edit(client, page, **more):
    return client.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), fields_of(page, **more))


def test_it_publishes_a_complete_campaign_from_the_editor(client, charity_a):
    page = project_page(open_project(charity_a.organisation, slug="rooms"), publish=False)
    client.force_login(charity_a.admin)
    edit(client, page, **{"action-publish": "1"})
    page.refresh_from_db()
    assert page.live


def test_the_editor_is_told_by_the_field_what_is_missing(client, charity_a, incomplete):
    client.force_login(charity_a.admin)
    response = edit(client, incomplete, **{"action-publish": "1"})
    incomplete.refresh_from_db()
    errors = response.context["form"].errors["project"]
    assert not incomplete.live
    assert {"备案编号" in error for error in errors} == {True, False}
    assert len(errors) >= 2


def test_a_draft_of_an_incomplete_campaign_may_be_saved(client, charity_a, incomplete):
    client.force_login(charity_a.admin)
    edit(client, incomplete, title="另一个标题")
    assert ProjectPage.objects.get(pk=incomplete.pk).get_latest_revision_as_object().title == "另一个标题"


def test_the_last_word_refuses_what_no_form_has_seen(incomplete):
    with pytest.raises(Refused) as refused:
        incomplete.get_latest_revision().publish()
    assert refused.value.code == "campaign_incomplete"
    assert {"filing_number", "platform_link"} <= set(refused.value.values["codes"])
    assert not ProjectPage.objects.get(pk=incomplete.pk).live


def test_bulk_publishing_is_refused_too(client, charity_a, incomplete):
    client.force_login(charity_a.admin)
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    response = client.post(f"{url}?id={incomplete.pk}&next=/cms/", follow=True)
    assert "不能发布" in response.text
    assert not ProjectPage.objects.get(pk=incomplete.pk).live


def test_publishing_a_section_with_all_below_it_asks_for_each_page(client, charity_a, incomplete):
    client.force_login(charity_a.admin)
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    client.post(f"{url}?id={incomplete.get_parent().pk}&next=/cms/", {"include_descendants": "on"})
    assert not ProjectPage.objects.get(pk=incomplete.pk).live


def test_the_panel_names_what_is_missing_before_anybody_asks(client, charity_a, incomplete):
    client.force_login(charity_a.admin)
    assert "备案编号" in client.get(reverse("wagtailadmin_pages:edit", args=[incomplete.pk])).text


def test_a_page_cannot_be_copied_into_a_second_page_of_its_project(client, charity_a):
    page = project_page(open_project(charity_a.organisation, slug="rooms"))
    client.force_login(charity_a.admin)
    response = client.get(reverse("wagtailadmin_pages:copy", args=[page.pk]))
    assert response.status_code == 302


def test_a_page_refuses_a_project_of_another_charity(client, charity_a, charity_b):
    page = project_page(open_project(charity_a.organisation, slug="rooms"), publish=False)
    page.project = open_project(charity_b.organisation, slug="theirs")
    client.force_login(charity_a.admin)
    assert "project" in edit(client, page).context["form"].errors


def test_the_form_offers_only_projects_of_the_charity(client, charity_a, charity_b):
    site()
    own, theirs = open_project(charity_a.organisation), open_project(charity_b.organisation)
    client.force_login(charity_a.editor)
    section = setup.charity_section(charity_a.organisation)
    form = client.get(reverse("wagtailadmin_pages:add", args=["pages", "projectpage", section.pk])).context["form"]
    assert own in form.fields["project"].queryset
    assert theirs not in form.fields["project"].queryset
