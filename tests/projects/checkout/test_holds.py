"""From the form to the payment through a pot that holds its match: what is shown is held, kept, and let go."""

import datetime

import pytest
from django.utils import timezone

from ledger import transparency
from projects.access.actors import WORKER
from projects.giving.models import Gift
from projects.matching import holds, queries
from projects.matching.models import HoldRequest, Match
from projects.matching.replay import differences
from tests.factories.access import BEGIN
from tests.factories.giving import project_with_books
from tests.factories.matching import open_pool, run
from tests.projects.checkout.conftest import deliver, settle_down
from tests.projects.checkout.test_pages import send

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool(provider, monkeypatch):
    """A pot of ¥150 that adds as much as each gift and holds it before."""
    monkeypatch.setattr(timezone, "now", lambda: BEGIN)
    pool = open_pool(project_with_books(), pledged_minor=150_00, ratio_bps=10_000, reserves=True, reoffers=True)
    run()
    return pool


def begin(client, pool, **changes) -> Gift:
    """Send the form; the gift that waits on the page of its hold."""
    answer = send(client, pool.project, **changes)
    gift = Gift.objects.order_by("-pk").first()
    assert (answer.status_code, answer["Location"]) == (303, f"/en/give/held/{gift.trace_token}/")
    return gift


def page_of(gift: Gift, lang: str = "en") -> str:
    return f"/{lang}/give/held/{gift.trace_token}/"


def pay(client, gift: Gift, expected: int):
    return client.post(page_of(gift), {"expected": expected})


def test_the_form_leads_to_the_hold_and_the_hold_to_the_payment(client, pool, provider):
    gift = begin(client, pool)
    waiting = client.get(page_of(gift))
    assert waiting["Refresh"] == "2"
    assert "disabled" in waiting.content.decode()
    run()
    page = client.get(page_of(gift))
    assert "Refresh" not in page
    assert "¥100.00 is held for your gift." in page.content.decode()
    answer = pay(client, gift, 100_00)
    gift.refresh_from_db()
    assert answer["Location"] == f"{provider.emulator.address}/c/pay/{gift.session_ref}"


def test_it_says_so_in_chinese(client, pool):
    gift = begin(client, pool)
    run()
    assert "已为您的捐款预留 ¥100.00。" in client.get(page_of(gift, "zh-hans")).content.decode()


def test_a_paid_gift_gets_what_was_held(client, pool, provider):
    gift = begin(client, pool)
    run()
    pay(client, gift, 100_00)
    gift.refresh_from_db()
    provider.act(gift, "pay")
    deliver(client, *provider.events("checkout.session.completed"))
    settle_down()
    run()
    match = Match.objects.get(gift_ref=gift.ref)
    assert (match.matched_minor, match.held_minor) == (100_00, 100_00)
    assert differences(pool) == []


def test_the_second_donor_is_told_what_is_left_before_paying(client, pool):
    begin(client, pool)
    second = begin(client, pool, form_key="k2")
    run()
    assert "¥50.00 is held for your gift." in client.get(page_of(second)).content.decode()


def test_a_donor_who_saw_another_figure_is_asked_again(client, pool):
    gift = begin(client, pool)
    run()
    answer = pay(client, gift, 150_00)
    assert answer.status_code == 409
    assert "What is held has changed" in answer.content.decode()
    gift.refresh_from_db()
    assert not gift.session_ref


def test_a_double_tap_asks_once(client, pool):
    begin(client, pool)
    begin(client, pool)
    assert (Gift.objects.count(), HoldRequest.objects.count()) == (1, 1)


def test_the_open_page_keeps_the_hold(client, pool, monkeypatch):
    gift = begin(client, pool)
    run()
    later = BEGIN + datetime.timedelta(minutes=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert client.post(page_of(gift) + "stay/").json() == {"held": 100_00, "waiting": False, "over": False}
    assert holds.end_lapsed(by=WORKER, at=BEGIN + datetime.timedelta(minutes=4)) == 0
    # To look is not to stay.
    client.get(page_of(gift) + "stay/")
    assert holds.end_lapsed(by=WORKER, at=later + datetime.timedelta(minutes=4)) == 1
    assert client.post(page_of(gift) + "stay/").json()["over"] is True
    assert "The hold has ended." in client.get(page_of(gift)).content.decode()


def test_the_payment_page_keeps_it_as_long_as_it_is_open(client, pool):
    gift = begin(client, pool)
    run()
    pay(client, gift, 100_00)
    assert holds.end_lapsed(by=WORKER, at=BEGIN + datetime.timedelta(minutes=64)) == 0
    assert holds.end_lapsed(by=WORKER, at=BEGIN + datetime.timedelta(minutes=66)) == 1


def test_an_expired_payment_page_lets_go(client, pool, provider):
    gift = begin(client, pool)
    run()
    pay(client, gift, 100_00)
    gift.refresh_from_db()
    provider.bank.expire(provider.store.get(gift.session_ref))
    deliver(client, *provider.events("checkout.session.expired"))
    transparency.sequence(at=BEGIN)
    run()
    assert Gift.objects.get().state == Gift.State.EXPIRED
    assert queries.figures(pool).reserved_minor == 0


def test_a_gift_that_is_settled_leads_to_its_thanks(client, pool):
    gift = begin(client, pool)
    Gift.objects.filter(pk=gift.pk).update(state=Gift.State.EXPIRED)
    assert client.get(page_of(gift))["Location"] == f"/en/give/thanks/{gift.trace_token}/"


def test_without_a_pot_that_holds_the_form_leads_to_the_payment(client, provider, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: BEGIN)
    pool = open_pool(project_with_books())
    run()
    assert "/c/pay/" in send(client, pool.project)["Location"]


def test_the_worker_ends_what_nobody_keeps(client, pool):
    begin(client, pool)
    run()
    late = BEGIN + datetime.timedelta(minutes=4)
    assert holds.end_lapsed(by=WORKER, at=late) == 1
    run(at=late)
    assert queries.figures(pool).available_minor == 150_00
