"""Choosing the amounts of a project's donation form in the workspace."""

import html
import re

import pytest
from django.urls import reverse

from projects.giving.suggestions import own_amounts
from tests.factories.catalog import draft_project

pytestmark = pytest.mark.django_db


def screen_of(project) -> str:
    return reverse("workspace_projects:amounts", args=[project.ref])


@pytest.fixture
def editor(client, charity_a):
    client.force_login(charity_a.editor)
    return client


class TestTheScreen:
    def test_an_editor_chooses_and_the_project_shows_it(self, editor, charity_a):
        project = draft_project(charity_a.organisation)
        answer = editor.post(screen_of(project), {"amounts": "200\n30\n"})
        assert answer.url == reverse("workspace_projects:show", args=[project.ref])
        assert own_amounts(project) == (30_00, 200_00)
        assert "¥30.00 · ¥200.00" in editor.get(answer.url).content.decode()
        assert ">\n30.00\n200.00</textarea>" in editor.get(screen_of(project)).content.decode()

    def test_an_empty_field_brings_the_usual_ones_back(self, editor, charity_a):
        project = draft_project(charity_a.organisation)
        editor.post(screen_of(project), {"amounts": "30"})
        editor.post(screen_of(project), {"amounts": ""})
        assert own_amounts(project) == ()

    @pytest.mark.parametrize(
        ("typed", "code", "english", "chinese"),
        [
            ("-5", "amount_not_positive", "The amount must be more than zero.", "金额必须大于零。"),
            ("0.50", "amount_too_small", "The smallest gift here is ¥1.", "¥1"),
            ("900000", "amount_too_large", "The largest gift here is ¥500,000.", "¥500,000"),
            ("20.005", "amount_too_fine", "CNY has 2 decimal places at most.", "CNY"),
            ("1\n2\n3\n4\n5\n6\n7", "too_many_amounts", "6 amounts are the most.", "最多 6 个金额。"),
            ("20\n50\n20", "amount_repeated", "¥20 stands there twice.", "¥20 写了两次。"),
            ("lots", "amount_not_a_number", "Type the amount as a number", "lots"),
        ],
    )
    def test_a_fault_stands_at_the_field_in_both_languages(self, editor, charity_a, typed, code, english, chinese):
        project = draft_project(charity_a.organisation)
        for language, words in (("en", english), ("zh-hans", chinese)):
            answer = editor.post(screen_of(project), {"amounts": typed}, headers={"accept-language": language})
            (error,) = answer.context["form"].errors["amounts"]
            assert words in error
            assert bool(re.search(r"[\u4e00-\u9fff]", error)) == (language == "zh-hans")
            assert typed.splitlines()[0] in answer.content.decode()
        assert own_amounts(project) == ()

    def test_all_wrong_lines_are_named_at_once(self, editor, charity_a):
        project = draft_project(charity_a.organisation)
        typed = "20\nlots\n0.50\n20\n900000"
        answer = editor.post(screen_of(project), {"amounts": typed}, headers={"accept-language": "en"})
        lots, small, again, large = answer.context["form"].errors["amounts"]
        assert "lots" in lots
        assert "The smallest gift here is ¥1." in small
        assert again == "¥20 stands there twice."
        assert "The largest gift here is ¥500,000." in large
        assert "<br>".join((lots, small, again, large)) in html.unescape(answer.content.decode())
        assert own_amounts(project) == ()

    def test_a_currency_that_the_site_does_not_take_is_said_at_the_field(self, editor, charity_a, settings):
        project = draft_project(charity_a.organisation, currency="THB")
        settings.GIFT_LIMITS = {"CNY": (1_00, 100_00, (1_00, 2_00))}
        answer = editor.post(screen_of(project), {"amounts": "20"}, headers={"accept-language": "en"})
        assert answer.context["form"].errors["amounts"] == ["Gifts in THB are not accepted here."]

    def test_another_charitys_editor_finds_no_project(self, client, charity_a, charity_b):
        project = draft_project(charity_a.organisation)
        client.force_login(charity_b.editor)
        assert client.get(screen_of(project)).status_code == 404
        assert client.post(screen_of(project), {"amounts": "20"}).status_code == 404
        assert own_amounts(project) == ()
