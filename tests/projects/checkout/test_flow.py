"""What messages do to the books: once each, in any order, and never with money that is not ours."""

import datetime
import itertools
import random

import pytest
from django.core import mail

from ledger import balances, transparency
from ledger.core.refusals import Refused
from projects.audit.models import AuditEvent
from projects.checkout import flow, stripe_client
from projects.checkout.models import EventWork, GiftCare
from projects.giving.models import Gift, Refund
from projects.receipts.models import Receipt
from projects.receipts.queries import valid_receipt_of
from tests.factories.access import BEGIN
from tests.factories.giving import opened_gift, project_with_books
from tests.projects.checkout.conftest import deliver, post_event, settle_down, start

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def gift(provider) -> Gift:
    """A gift whose payment page is open."""
    gift = opened_gift(amount_minor=100_00)
    start(gift)
    gift.refresh_from_db()
    return gift


def fund_of(gift: Gift):
    return balances.fund_figures(book=gift.organisation.book_code, fund=gift.project.fund_code)


def fresh(gift: Gift) -> Gift:
    return Gift.objects.get(pk=gift.pk)


class TestPaying:
    def test_a_paid_session_becomes_a_gift_in_the_books(self, client, provider, gift):
        provider.act(gift, "pay")
        deliver(client, *provider.events())
        settle_down()
        settled = fresh(gift)
        assert settled.state == Gift.State.SETTLED
        assert settled.provider_ref == provider.intent_of(gift)["id"]
        assert fund_of(gift).left_minor == 100_00
        assert settled.fee_minor == 3_20
        assert settled.fee_entry_id

    def test_opening_the_page_twice_is_one_page(self, provider, gift):
        assert start(fresh(gift)) == start(fresh(gift))
        assert len(provider.store.all("checkout.session")) == 1

    def test_two_taps_at_once_get_one_page(self, provider):
        gift = opened_gift()
        first, second = Gift.objects.get(pk=gift.pk), Gift.objects.get(pk=gift.pk)
        assert start(first) == start(second)
        assert len(provider.store.all("checkout.session")) == 1

    def test_a_declined_card_is_no_gift_and_can_be_tried_again(self, client, provider, gift):
        provider.act(gift, "decline")
        deliver(client, *provider.events())
        assert fresh(gift).state == Gift.State.INITIATED
        provider.act(gift, "pay")
        deliver(client, *provider.events())
        assert fresh(gift).state == Gift.State.SETTLED

    def test_a_session_completed_without_money_is_not_a_gift_yet(self, client, provider, gift):
        provider.act(gift, "slow")
        deliver(client, *provider.events())
        assert fresh(gift).state == Gift.State.INITIATED
        provider.bank.arrive(provider.intent_of(gift))
        deliver(client, *provider.events())
        assert fresh(gift).state == Gift.State.SETTLED

    def test_slow_money_that_bounces_is_no_gift(self, client, provider, gift):
        provider.act(gift, "slow")
        provider.bank.bounce(provider.intent_of(gift))
        deliver(client, *provider.events())
        assert fresh(gift).state == Gift.State.FAILED

    def test_an_expired_session_ends_the_wish(self, client, provider, gift):
        provider.bank.expire(provider.store.get(gift.session_ref))
        deliver(client, *provider.events())
        assert fresh(gift).state == Gift.State.EXPIRED

    def test_the_donor_gets_one_letter_with_the_private_link(self, client, provider, gift):
        provider.act(gift, "pay")
        deliver(client, *provider.events())
        settle_down()
        assert [letter.to for letter in mail.outbox] == [["donor@example.org"]]
        assert f"/zh-hans/gift/{gift.trace_token}/" in mail.outbox[0].body
        assert Receipt.objects.get().gift == gift
        assert "¥100.00" in mail.outbox[0].subject

    def test_messages_of_somebody_elses_payments_are_ignored(self, client, provider, gift):
        provider.act(gift, "pay")
        for event in provider.events("payment_intent.succeeded"):
            event["data"]["object"]["metadata"] = {}
            deliver(client, event)
            assert EventWork.objects.get().state == EventWork.State.IGNORED
        assert fresh(gift).state == Gift.State.INITIATED


class TestOtherMoney:
    @pytest.mark.parametrize("field", [{"amount_total": 1}, {"currency": "jpy"}, {"amount_total": None}])
    def test_a_message_with_other_money_holds_the_gift_and_posts_nothing(self, client, provider, gift, field):
        provider.act(gift, "pay")
        event = provider.events("checkout.session.completed")[0]
        event["data"]["object"] |= field
        deliver(client, event)
        assert fresh(gift).state == Gift.State.NEEDS_REVIEW
        assert transparency.head().size == 0 or fund_of(gift).given_minor == 0
        assert AuditEvent.objects.filter(event="gift.amount_mismatch", subject_ref=gift.ref).exists()

    def test_a_payment_of_another_amount_is_held_whatever_the_message_says(self, client, provider, gift):
        provider.act(gift, "pay")
        intent = provider.intent_of(gift)
        provider.store.put(intent | {"amount_received": 1_00})
        deliver(client, *provider.events("checkout.session.completed"))
        assert fresh(gift).state == Gift.State.NEEDS_REVIEW

    def test_a_held_gift_stays_held_when_good_messages_follow(self, client, provider, gift):
        provider.act(gift, "pay")
        bad = provider.events("checkout.session.completed")[0]
        bad["data"]["object"]["amount_total"] = 1
        deliver(client, bad, *provider.events("payment_intent.succeeded", "charge.updated"))
        assert fresh(gift).state == Gift.State.NEEDS_REVIEW


class TestGoingBack:
    def test_a_refund_at_the_provider_goes_back_through_the_books(self, client, provider, gift):
        provider.act(gift, "pay")
        deliver(client, *provider.events())
        settle_down()
        provider.refund(gift)
        deliver(client, *provider.events("refund.created", "charge.refunded"))
        settle_down(BEGIN + HOUR)
        assert fresh(gift).state == Gift.State.REFUNDED
        assert fund_of(gift).left_minor == 0
        assert Refund.objects.count() == 1
        assert len(mail.outbox) == 2
        assert valid_receipt_of(fresh(gift)) is None

    def test_after_a_part_has_gone_back_the_receipt_says_what_is_left(self, client, provider, gift):
        provider.act(gift, "pay")
        deliver(client, *provider.events())
        settle_down()
        assert valid_receipt_of(fresh(gift)).amount_minor == 100_00
        provider.refund(gift, 30_00)
        deliver(client, *provider.events("refund.created", "charge.refunded"))
        assert valid_receipt_of(fresh(gift)).amount_minor == 70_00
        assert Receipt.objects.count() == 2

    def test_a_refund_before_the_gift_is_numbered_waits_its_turn(self, client, provider, gift):
        provider.act(gift, "pay")
        provider.refund(gift)
        deliver(client, *provider.events())
        assert fresh(gift).state == Gift.State.SETTLED
        assert EventWork.objects.filter(last_error="not_yet_in_log", state="WAITING").count() == 2
        settle_down()
        assert fresh(gift).state == Gift.State.REFUNDED
        assert not EventWork.objects.filter(state="WAITING").exists()

    def test_staff_ask_and_the_books_follow_the_provider(self, client, provider, charity_a):
        gift = opened_gift(project_with_books(charity_a.organisation))
        start(gift)
        provider.act(fresh(gift), "pay")
        deliver(client, *provider.events())
        settle_down()
        settled = fresh(gift)
        for _tap in range(2):
            refund = flow.refund_at_provider(
                settled, by=charity_a.finance, at=BEGIN + HOUR, reason="asked by the donor"
            )
        assert refund.state == Refund.State.PENDING
        assert len(provider.store.all("refund")) == 1
        assert fresh(gift).state == Gift.State.SETTLED
        deliver(client, *provider.events("refund.created"))
        assert fresh(gift).state == Gift.State.REFUNDED

    @pytest.mark.parametrize("who", ["editor", "caseworker"])
    def test_it_refuses_a_refund_by_somebody_without_the_right(self, client, provider, charity_a, who):
        gift = opened_gift(project_with_books(charity_a.organisation))
        with pytest.raises(Refused) as refused:
            flow.refund_at_provider(gift, by=getattr(charity_a, who), at=BEGIN, reason="because")
        assert refused.value.code == "not_permitted"

    def test_it_refuses_a_refund_by_another_charitys_finance(self, provider, charity_a, charity_b):
        gift = opened_gift(project_with_books(charity_a.organisation))
        with pytest.raises(Refused) as refused:
            flow.refund_at_provider(gift, by=charity_b.finance, at=BEGIN, reason="because")
        assert refused.value.code == "not_permitted"


def scenario_events(client, provider) -> tuple[Gift, list]:
    """Declined, paid, refunded: every message of one eventful gift."""
    gift = opened_gift(amount_minor=100_00)
    start(gift)
    gift.refresh_from_db()
    provider.act(gift, "decline")
    provider.act(gift, "pay")
    provider.refund(gift, 30_00)
    provider.refund(gift, 70_00)
    return gift, [event for event in provider.events() if event["type"] in flow.HANDLERS]


def outcome(gift: Gift) -> tuple:
    gift = fresh(gift)
    figures = fund_of(gift)
    return (
        gift.state,
        gift.refunded_minor,
        gift.fee_minor,
        figures.given_minor,
        figures.refunded_minor,
        figures.left_minor,
        Refund.objects.filter(gift=gift, state="POSTED").count(),
        transparency.head().size,
    )


@pytest.mark.parametrize("seed", range(12))
def test_any_order_with_repeats_and_gaps_gives_one_and_the_same_ledger(client, provider, seed):
    gift, events = scenario_events(client, provider)
    dice = random.Random(seed)
    sent = [event for event in events for _ in range(dice.randint(0 if seed % 2 else 1, 3))]
    dice.shuffle(sent)
    deliver(client, *sent)
    settle_down()
    settle_down(BEGIN + 3 * HOUR)
    state, refunded, fee, given_minor, refunded_in_books, left, posted, entries = outcome(gift)
    assert (state, refunded, given_minor, refunded_in_books, left, posted) == ("REFUNDED", 100_00, 100_00, 100_00, 0, 2)
    assert fee == 3_20
    notices = transparency.head().size - 4
    assert entries == 4 + notices
    assert AuditEvent.objects.filter(event="gift.settled").count() == 1


def test_every_order_of_the_first_messages_gives_one_gift(client, provider):
    project = project_with_books()
    kinds = ["checkout.session.completed", "payment_intent.succeeded", "charge.updated"]
    for order in itertools.permutations(range(3)):
        gift = opened_gift(project)
        start(gift)
        gift.refresh_from_db()
        seen = len(provider.events())
        provider.act(gift, "pay")
        mine = [event for event in provider.events()[seen:] if event["type"] in kinds]
        deliver(client, *(mine[place] for place in order))
        assert fresh(gift).state == Gift.State.SETTLED
    settle_down()
    assert balances.fund_figures(book=project.organisation.book_code, fund=project.fund_code).given_minor == 600_00


def away(_id: str):
    raise stripe_client.ProviderDown("APIConnectionError")


class TestNothingIsLost:
    def test_trouble_leaves_a_message_waiting_and_the_next_try_succeeds(self, client, provider, gift, monkeypatch):
        provider.act(gift, "pay")
        event = provider.events("checkout.session.completed")[0]
        with monkeypatch.context() as patch:
            patch.setattr(
                stripe_client, "read_session", lambda _id: (_ for _ in ()).throw(stripe_client.ProviderDown())
            )
            deliver(client, event)
        work = EventWork.objects.get()
        assert (work.state, work.attempts, work.last_error) == ("WAITING", 1, "ProviderDown")
        assert fresh(gift).state == Gift.State.INITIATED
        flow.sweep(at=BEGIN + HOUR)
        assert fresh(gift).state == Gift.State.SETTLED

    def test_a_message_that_keeps_failing_raises_an_alarm_and_stays(self, client, provider, gift, monkeypatch):
        provider.act(gift, "pay")
        monkeypatch.setattr(stripe_client, "read_session", lambda _id: 1 / 0)
        event = provider.events("checkout.session.completed")[0]
        deliver(client, event)
        for _ in range(flow.ALARM_AT_ATTEMPT):
            flow.process_event(event["id"], at=BEGIN)
        assert AuditEvent.objects.filter(event="webhook.stuck").count() == 1
        assert EventWork.objects.get().state == "WAITING"

    def test_a_gift_whose_messages_never_come_is_found_by_the_sweep(self, provider, gift):
        provider.act(gift, "pay")
        flow.sweep(at=BEGIN)
        assert fresh(gift).state == Gift.State.INITIATED
        flow.sweep(at=BEGIN + HOUR)
        assert fresh(gift).state == Gift.State.SETTLED

    def test_a_gift_that_never_got_a_page_ends_after_a_day(self, provider):
        gift = opened_gift()
        GiftCare.objects.create(gift=gift, next_look_at=BEGIN)
        flow.sweep(at=BEGIN + 30 * HOUR)
        assert fresh(gift).state == Gift.State.EXPIRED

    def test_a_letter_that_could_not_be_sent_is_sent_later_and_once(self, client, provider, gift, monkeypatch):
        def away(*_args):
            raise ConnectionRefusedError

        provider.act(gift, "pay")
        with monkeypatch.context() as patch:
            patch.setattr("projects.checkout.letters.send_mail", away)
            deliver(client, *provider.events())
        assert fresh(gift).state == Gift.State.SETTLED
        assert not mail.outbox
        settle_down()
        settle_down(BEGIN + HOUR)
        assert len(mail.outbox) == 1

    def test_one_gifts_trouble_does_not_keep_the_others_waiting(self, provider, gift, monkeypatch):
        other = opened_gift(gift.project)
        start(other)
        provider.act(fresh(other), "pay")
        real = stripe_client.read_session
        monkeypatch.setattr(stripe_client, "read_session", lambda ref: 1 / 0 if ref == gift.session_ref else real(ref))
        flow.sweep(at=BEGIN + HOUR)
        assert fresh(other).state == Gift.State.SETTLED

    def test_when_everything_is_done_nothing_is_looked_at_any_more(self, client, provider, gift):
        provider.act(gift, "pay")
        deliver(client, *provider.events())
        settle_down()
        assert GiftCare.objects.get().next_look_at is None
        assert flow.sweep(at=BEGIN + 100 * HOUR) == 0

    def test_a_stored_message_is_worked_even_if_its_task_is_lost(self, client, provider, gift):
        from projects.checkout.emulator.webhooks import wire_text

        provider.act(gift, "pay")
        for event in provider.events():
            post_event(client, wire_text(event))
        EventWork.objects.update(next_try_at=BEGIN)
        flow.sweep(at=BEGIN + HOUR)
        assert fresh(gift).state == Gift.State.SETTLED
