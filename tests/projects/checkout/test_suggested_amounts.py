"""The donation form offers what the charity chose for the project."""

import re

import pytest
from django.utils import timezone

from projects.access.actors import SETUP
from projects.giving.models import Gift
from projects.giving.suggestions import suggest_amounts
from tests.factories.access import BEGIN
from tests.factories.giving import project_with_books
from tests.factories.pages import project_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(provider, monkeypatch):
    """An open project, on a day inside its dates."""
    monkeypatch.setattr(timezone, "now", lambda: BEGIN)
    return project_with_books()


def suggest(project, *amounts: int) -> None:
    suggest_amounts(project, amounts, currency="CNY", by=SETUP, at=BEGIN)


def tiles(html: str, name: str = "amount_choice") -> list[str]:
    return re.findall(rf'<input type="radio" name="{name}"[^>]* value="([^"]*)"', html)


class TestTheForm:
    def test_it_offers_the_chosen_amounts_and_another_one(self, client, project):
        suggest(project, 3000, 8888, 20000)
        page = client.get(f"/en/projects/{project.slug}/give/").content.decode()
        assert tiles(page) == ["3000", "8888", "20000", "other"]
        assert re.search(r'value="8888" checked', page)
        assert "¥88.88" in page

    def test_one_amount_alone_is_the_chosen_one(self, client, project):
        suggest(project, 6600)
        page = client.get(f"/en/projects/{project.slug}/give/").content.decode()
        assert re.search(r'value="6600" checked', page)
        project_page(project, made_up=True)
        beside = client.get(f"/en/projects/{project.slug}/").content.decode()
        assert tiles(beside, "amount") == ["6600", ""]
        assert re.search(r'value="6600" checked', beside)

    def test_a_usual_amount_that_is_not_offered_here_cannot_be_chosen(self, client, project):
        suggest(project, 6600)
        answer = client.post(f"/en/projects/{project.slug}/give/", {"amount_choice": "5000", "form_key": "k"})
        assert answer.status_code == 422
        answer = client.post(f"/en/projects/{project.slug}/give/", {"amount_choice": "6600", "form_key": "k"})
        assert answer.status_code == 303
        assert Gift.objects.get().amount_minor == 66_00

    def test_a_project_in_a_currency_that_the_site_does_not_take_says_so(self, client, project, settings):
        project = project_with_books(currency="THB")
        settings.GIFT_LIMITS = {"CNY": (1_00, 100_00, (1_00, 2_00))}
        answer = client.get(f"/en/projects/{project.slug}/give/")
        assert answer.status_code == 409
        assert "Gifts in THB are not accepted here." in answer.content.decode()
