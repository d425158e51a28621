"""The page for frames on other sites: figures and a way to give, and nothing about anybody."""

import re

import pytest
from django.urls import reverse

from projects.access.actors import SETUP
from projects.catalog import actions as catalog
from tests.factories.access import BEGIN
from tests.factories.catalog import filed_project, open_project
from tests.factories.giving import settled_gift
from tests.projects.pages.test_accessibility import CHROMIUM, look_at, with_styles

pytestmark = pytest.mark.django_db


def embed(client, project, lang: str = "en"):
    return client.get(f"/{lang}/embed/{project.slug}/")


def policy(answer) -> dict[str, str]:
    lines = answer["Content-Security-Policy"].split("; ")
    return {name: words for name, _space, words in (line.partition(" ") for line in lines)}


class TestFrames:
    def test_any_site_may_frame_this_page_and_no_other(self, client):
        project = open_project()
        answer = embed(client, project)
        assert policy(answer)["frame-ancestors"] == "*"
        assert "X-Frame-Options" not in answer
        assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
        other = client.get(f"/en/projects/{project.slug}/give/")
        assert policy(other)["frame-ancestors"] == "'self'"
        assert other["X-Frame-Options"] == "SAMEORIGIN"

    def test_it_runs_no_script_and_sends_no_form(self, client):
        answer = embed(client, open_project())
        assert policy(answer)["default-src"] == "'none'"
        assert policy(answer)["form-action"] == "'none'"
        assert not {"script-src", "connect-src", "frame-src"} & set(policy(answer))
        assert not re.search(r"<script|<form|<iframe|style=|\son\w+=", answer.text)

    def test_it_reads_no_cookie_and_sets_none(self, client, charity_a):
        project = open_project(charity_a.organisation)
        plain = embed(client, project)
        client.force_login(charity_a.admin)
        client.cookies["reading"] = "large"
        known = embed(client, project)
        assert known.content == plain.content
        for answer in (plain, known):
            assert not answer.cookies
            assert "Cookie" not in answer.get("Vary", "")
            assert answer["Cache-Control"] == "public, max-age=300"

    def test_it_only_reads(self, client):
        assert client.post(f"/en/embed/{open_project().slug}/").status_code == 405


class TestWhatItShows:
    @pytest.mark.parametrize(
        ("lang", "words"),
        [("en", ("Rooms of their own", "Came in", "Give")), ("zh-hans", ("童心房", "收到", "捐赠"))],
    )
    def test_the_figures_and_the_way_to_give_in_a_tab_of_its_own(self, client, lang, words):
        project = open_project()
        settled_gift(project, amount_minor=123_00, name="林晓", email="donor@example.org", message="加油")
        page = embed(client, project, lang).text
        for word in (*words, "¥123"):
            assert word in page
        assert f'href="/{lang}/projects/{project.slug}/give/" target="_blank" rel="noopener"' in page
        for secret in ("林晓", "donor@example.org", "加油"):
            assert secret not in page
        assert all('target="_blank" rel="noopener"' in link for link in re.findall(r"<a [^>]*>", page))

    def test_a_paused_project_has_no_button_to_give(self, client):
        project = open_project()
        catalog.pause(project, reason="a break", by=SETUP, at=BEGIN)
        page = embed(client, project).text
        assert "/give/" not in page
        assert f'href="/en/projects/{project.slug}/"' in page

    def test_a_draft_is_nobodys_business(self, client):
        assert embed(client, filed_project()).status_code == 404
        assert client.get("/en/embed/nothing/").status_code == 404


@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium; apt-get install chromium")
@pytest.mark.parametrize(
    ("lang", "width", "scheme"), [("zh-hans", 320, "light"), ("en", 320, "dark"), ("en", 900, "light")]
)
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(client, lang, width, scheme):
    empty, given = open_project(), open_project()
    settled_gift(given, amount_minor=400_000_00)
    pages = [with_styles(embed(client, project, lang).text) for project in (empty, given)]
    assert look_at(pages, width, scheme) == []


class TestTheSnippet:
    @pytest.fixture
    def screen(self, client, charity_a, monkeypatch, moment):
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
        client.force_login(charity_a.editor)

        def show(project) -> str:
            return client.get(reverse("workspace_projects:show", args=[project.ref])).text

        return show

    def test_staff_find_the_lines_to_copy_in_both_languages(self, screen, charity_a):
        project = open_project(charity_a.organisation, name_en='Rooms & "desks"')
        page = screen(project)
        for lang in ("zh-hans", "en"):
            assert f"&lt;iframe src=&quot;http://testserver/{lang}/embed/{project.slug}/&quot;" in page
        # What is copied out of the field is what a browser reads: the title is still escaped in it.
        assert "title=&quot;Rooms &amp;amp; &amp;quot;desks&amp;quot;&quot;" in page
        assert "sandbox=&quot;allow-popups allow-popups-to-escape-sandbox&quot;" in page

    def test_a_project_that_is_not_public_has_none(self, screen, charity_a):
        assert "/embed/" not in screen(filed_project(charity_a.organisation))
