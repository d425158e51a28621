"""Every public page in both languages, from an empty ledger on."""

import pytest

from projects.pages.models import ProjectPage
from tests.factories.catalog import open_project
from tests.factories.pages import project_page, site

pytestmark = pytest.mark.django_db
FIXED = ("", "projects/", "news/", "check/", "trace/")
FIVE_ITEMS = ("organisation", "certificate", "plan", "contact", "query")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", FIXED)
def test_every_fixed_page_answers_in_both_languages(client, language, path):
    site()
    response = client.get(f"/{language}/{path}")
    assert response.status_code == 200
    assert f'<html lang="{"zh-Hans" if language == "zh-hans" else "en"}"' in response.text


def test_building_the_site_twice_changes_nothing(charity_a):
    site()
    page = project_page(open_project(charity_a.organisation, slug="rooms"))
    site()
    assert project_page(page.project) == page
    assert ProjectPage.objects.filter(project=page.project).count() == 2


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_five_items_of_the_charity_law_stand_on_every_campaign_page(client, charity_a, language):
    project = project_page(open_project(charity_a.organisation, slug="rooms")).project
    text = client.get(f"/{language}/projects/rooms/").text
    for item in FIVE_ITEMS:
        assert f'data-item="{item}"' in text
    for fact in (charity_a.organisation.credit_code, charity_a.organisation.fundraising_certificate,
                 project.filing_number, project.contact_phone, f"/{language}/check/"):  # fmt: skip
        assert fact in text


def test_a_project_with_no_gift_says_so_and_draws_no_picture(client, charity_a):
    project_page(open_project(charity_a.organisation, slug="rooms"))
    text = client.get("/en/projects/rooms/").text
    assert "No gift is in the books yet." in text
    assert 'class="flow' not in text


def test_made_up_gifts_are_labelled_on_the_page_and_on_its_card(client, charity_a):
    project_page(open_project(charity_a.organisation, slug="rooms"), made_up=True)
    assert "Made-up gifts." in client.get("/en/projects/rooms/").text
    assert "made-up gifts" in client.get("/en/projects/").text


def test_the_other_language_leads_to_the_same_page(client, charity_a):
    project_page(open_project(charity_a.organisation, slug="rooms"))
    assert 'href="/zh-hans/projects/rooms/" hreflang="zh-hans"' in client.get("/en/projects/rooms/").text
    assert 'href="/en/trace/" hreflang="en"' in client.get("/zh-hans/trace/").text


def test_the_long_address_of_a_project_leads_to_the_short_one(client, charity_a):
    project_page(open_project(charity_a.organisation, slug="rooms"))
    response = client.get("/en/projects/charity-a/rooms/")
    assert (response.status_code, response["Location"]) == (302, "/en/projects/rooms/")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_unknown_address_has_a_sentence_and_a_way_on(client, language):
    site()
    response = client.get(f"/{language}/projects/nowhere/")
    assert response.status_code == 404
    assert f'href="/{language}/projects/"' in response.text


def test_the_large_text_version_is_a_cookie_and_needs_no_script(client):
    site()
    response = client.get("/en/reading/large/?next=/en/check/")
    assert (response.status_code, response["Location"]) == (302, "/en/check/")
    assert 'class="elder"' in client.get("/en/check/").text
    client.get("/en/reading/standard/")
    assert 'class="elder"' not in client.get("/en/check/").text


def test_the_reading_switch_leads_to_no_foreign_site(client):
    assert client.get("/en/reading/large/?next=https://evil.example/")["Location"] == "/"


@pytest.mark.parametrize("path", ["", "projects/rooms/", "check/"])
def test_a_public_page_is_light_and_loads_nothing_from_elsewhere(client, charity_a, path):
    project_page(open_project(charity_a.organisation, slug="rooms"))
    response = client.get(f"/zh-hans/{path}")
    assert len(response.content) < 60_000
    assert "<script" not in response.text
    assert 'src="http' not in response.text
