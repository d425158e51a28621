"""The regulator's screens: everything in scope can be walked, nothing outside it exists, every look is written down."""

import csv
import io
import json

import pytest
from django.urls import reverse

from projects.audit.models import ReadLog
from projects.relief.models import Award

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, regulator):
    client.force_login(regulator)
    return client


def pages_of(story):
    return [
        reverse("oversight:home"),
        reverse("oversight:search"),
        reverse("oversight:book", args=[story.charity.organisation.slug]),
        reverse("oversight:gift", args=[story.gift.ref]),
        reverse("oversight:award", args=[story.award.ref]),
        reverse("oversight:payout", args=[story.payout.ref]),
        reverse("oversight:entry", args=[story.award.entry_id]),
        reverse("oversight:reveal_award", args=[story.award.ref]),
        reverse("oversight:reveal_donor", args=[story.gift.ref]),
    ]


def test_every_page_opens_in_both_languages(desk, story):
    for page in pages_of(story):
        for address in (page, page.replace("/zh-hans/", "/en/", 1)):
            assert desk.get(address).status_code == 200, address


def test_without_a_role_there_is_nothing_to_see(client, story, stranger, charity_a):
    for person in (stranger, charity_a.caseworker, charity_a.admin):
        client.force_login(person)
        for page in pages_of(story):
            assert client.get(page).status_code == 403, page


def test_who_has_not_signed_in_is_sent_to_the_door(client, story):
    for page in pages_of(story):
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("oversight:sign_in"))


def test_what_is_out_of_scope_does_not_exist(client, story, district_b):
    from projects.access.roles import Role
    from tests.factories.access import user_with

    client.force_login(user_with(Role.REGULATOR, jurisdiction=district_b, username="other-regulator"))
    assert client.get(reverse("oversight:home")).status_code == 200
    for page in pages_of(story)[2:]:
        assert client.get(page).status_code == 404, page
    found = client.get(reverse("oversight:search"), {"q": story.gift.ref})
    assert found.status_code == 200
    assert found.context["results"] == []


@pytest.mark.parametrize("what", ["gift", "award", "payout", "end_to_end", "case"])
def test_any_reference_leads_to_its_page(desk, story, what):
    reference = {
        "gift": story.gift.ref,
        "award": story.award.ref,
        "payout": story.payout.ref,
        "end_to_end": story.payout.end_to_end_id,
        "case": story.award.request.case.source_number,
    }[what]
    answer = desk.get(reverse("oversight:search"), {"q": reference}, follow=True)
    assert answer.status_code == 200
    assert story.gift.ref in answer.content.decode() or story.award.ref in answer.content.decode()


def test_the_number_a_page_gives_an_entry_finds_it_and_counts_from_one(desk, story):
    page = reverse("oversight:entry", args=[story.award.entry_id])
    shown = desk.get(page).context["entry"].position + 1
    assert f"日志第 {shown} 条" in desk.get(page).content.decode()
    found = desk.get(reverse("oversight:search"), {"q": str(shown)})
    assert found.url == page


def test_the_history_of_a_document_is_told_in_words_with_names(desk, story):
    history = desk.get(reverse("oversight:entry", args=[story.payout.entry_id])).context["history"]
    assert "银行确认付款" in [row["what"] for row in history]
    assert all(row["by"] for row in history)


def test_an_entry_shows_equal_debits_and_credits(desk, story):
    answer = desk.get(reverse("oversight:entry", args=[story.gift.entry_id]))
    lines = answer.context["entry"].lines
    assert sum(line.debit_minor for line in lines) == sum(line.credit_minor for line in lines) == 100_00


def test_the_path_is_exported_as_csv_and_json_with_the_same_rows(desk, story):
    page = reverse("oversight:payout", args=[story.payout.ref])
    text = desk.get(page, {"format": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    listed = json.loads(desk.get(page, {"format": "json"}).content)["path"]
    assert [(row["kind"], row["amount"]) for row in rows] == [(row["kind"], row["amount"]) for row in listed]
    assert ("GIFT", "100.00") in [(row["kind"], row["amount"]) for row in rows]


def test_a_look_at_a_full_trace_is_counted(desk, story, regulator):
    desk.get(reverse("oversight:gift", args=[story.gift.ref]))
    look = ReadLog.objects.get(by_ref=regulator.ref)
    assert (look.subject_kind, look.subject_ref, look.fields) == ("gift", story.gift.ref, ["trace"])


def test_an_identity_is_revealed_only_with_a_reason_and_after_it_was_written_down(desk, story, regulator):
    page = reverse("oversight:reveal_award", args=[story.award.ref])
    name = "示例"
    refused = desk.post(page, {"reason": "  "})
    assert refused.status_code == 422
    assert not ReadLog.objects.filter(by_ref=regulator.ref, fields__icontains="name").exists()
    shown = desk.post(page, {"reason": "核查 2026-17 号案"})
    assert shown.status_code == 200
    assert name in shown.content.decode()
    look = ReadLog.objects.filter(by_ref=regulator.ref).latest("pk")
    assert "name" in look.fields
    assert shown["Cache-Control"].startswith("max-age=0")


def test_a_donors_identity_is_revealed_the_same_way(desk, story, regulator):
    page = reverse("oversight:reveal_donor", args=[story.gift.ref])
    assert "wang@example.org" not in desk.get(page).content.decode()
    shown = desk.post(page, {"reason": "donor asked for it, letter 12"}).content.decode()
    assert "wang@example.org" in shown
    assert ReadLog.objects.filter(by_ref=regulator.ref, subject_ref=story.gift.ref).exists()


def test_no_page_names_anybody_unasked(desk, story):
    person = Award.objects.get(pk=story.award.pk).payee
    assert person is not None
    for page in pages_of(story):
        said = desk.get(page).content.decode()
        assert "wang@example.org" not in said
        assert "示例路" not in said
