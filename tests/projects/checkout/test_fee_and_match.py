"""The form promises the match that the pot will hold: of the gift alone, or of all that is paid with the fee."""

import re

import pytest
from django.utils import timezone

from projects.giving.models import Gift
from projects.matching.models import HoldRequest, MatchHold
from tests.factories.access import BEGIN
from tests.factories.giving import project_with_books
from tests.factories.matching import open_pool, run
from tests.projects.checkout.test_covered_fee import TOTAL, send, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(provider, monkeypatch):
    """Its pot adds half of each gift, and holds that before it is paid."""
    monkeypatch.setattr(timezone, "now", lambda: BEGIN)
    pool = open_pool(project_with_books(), pledged_minor=900_00, reserves=True)
    run()
    return pool.project


def promised(page: str, box: str) -> dict[str, str]:
    """The amounts of one box of promises, by the class that says when each is shown."""
    found = re.search(rf'class="notice match promise {box}">(.*?)</div>', page, re.DOTALL)
    assert found, page
    said = re.findall(r'<p class="([^"]*)">(.*?)</p>', found[1], re.DOTALL)
    return {shown: re.findall(r"¥[\d.,]+", text)[-2] for shown, text in said}


COVERED = "covered by-card by-alipay by-wechat_pay"


def test_a_suggested_amount_has_a_promise_with_the_fee_and_one_without(client, project):
    page = client.get(url_of(project)).content.decode()
    box = re.search(r'id="amount-(\d)" value="10000"', page)
    assert box
    assert promised(page, f"promise-{box[1]}") == {"uncovered": "¥50.00", COVERED: "¥52.80"}
    assert '<small class="uncovered" style="color:var(--match-ink)">+ ¥50 matched' in page
    assert f'<small class="{COVERED}" style="color:var(--match-ink)">+ ¥52.80 matched' in page


@pytest.mark.parametrize(("cover", "total", "held"), [("", "", 50_00), ("1", str(TOTAL), 52_80)])
def test_as_much_is_held_as_the_form_promised(client, project, cover, total, held):
    assert send(client, project, cover=cover, total_seen=total).status_code == 303
    run()
    assert HoldRequest.objects.get().amount_minor == Gift.objects.get().amount_minor
    assert MatchHold.objects.get().held_minor == held


@pytest.mark.parametrize(("lang", "words"), [("en", "If you pay ¥105.60: "), ("zh-hans", "若支付 ¥105.60：")])
def test_an_amount_of_ones_own_is_promised_with_the_total_that_is_shown_first(client, project, lang, words):
    answer = send(client, project, lang, amount_choice="other", amount_other="100", total_seen="")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert promised(page, "promise-other") == {"uncovered": "¥50.00", COVERED: "¥52.80"}
    assert words in page


@pytest.mark.parametrize(("lang", "words"), [("en", "with what you add for the fee"), ("zh-hans", "含另付的手续费")])
def test_who_adds_the_fee_is_not_told_that_the_charity_bears_it(client, project, lang, words):
    page = client.get(url_of(project, lang)).content.decode()
    assert re.search(rf'<p class="muted {COVERED} by-customer_balance">[^<]*{words}', page)
    assert page.count('<p class="muted uncovered">') == 1


def test_where_no_fee_can_be_added_there_is_one_promise(client, project):
    pool = open_pool(project_with_books(currency="THB"), pledged_minor=90_000_00)
    page = client.get(url_of(pool.project)).content.decode()
    assert 'class="notice match promise promise-1"><p class="">' in page
    assert 'class="covered' not in page
    assert 'class="muted covered' not in page


def test_the_pots_are_read_once_for_all_amounts(client, project, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        client.get(url_of(project))
