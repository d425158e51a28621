"""Regular gifts over the wire: the first payment, renewals, failures, wishes, the database's word."""

import datetime
import time
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from ledger.core.refusals import Refused
from projects.audit.models import AuditEvent
from projects.checkout import flow, pledge_care, pledge_desk, sweeper
from projects.checkout.emulator import back, billing
from projects.checkout.models import HeldMoney, PledgeCare
from projects.giving import pledges
from projects.giving.models import Gift, Pledge, PledgeLetter
from projects.giving.pledge_links import path_of, pledge_of, token_of
from tests.factories.access import BEGIN
from tests.factories.giving import project_with_books
from tests.projects.checkout.conftest import deliver, settle_down
from tests.refusals import done, refused, refused_by_database

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
MONTH = 31 * DAY
P = Pledge.State


class Donor:
    ref = "donor:d1"


BY = Donor()


def promised(project: Any, *, key: str = "f1", amount_minor: int = 50_00, email: str = "li@example.org") -> Pledge:
    return pledges.open_pledge(
        project=project, amount_minor=amount_minor, currency=project.currency, interval="MONTH", name="李雷",
        visibility="PUBLIC", email=email, language="en", by=BY, at=BEGIN, form_key=key,
    )  # fmt: skip


def begin(pledge: Pledge) -> str:
    return pledge_desk.begin(
        pledge, title="Regular gift", description="Charity", success_url="http://testserver/ok",
        cancel_url="http://testserver/no", by=BY, at=BEGIN,
    )  # fmt: skip


def look(pledge: Pledge, at: datetime.datetime = BEGIN) -> Pledge:
    """What the worker does: read the objects, number the entries, look again."""
    pledge_care.follow(Pledge.objects.get(pk=pledge.pk), at=at)
    settle_down(at)
    pledge.refresh_from_db()
    return pledge


class Stripe:
    """The provider's side of one pledge."""

    def __init__(self, provider: Any) -> None:
        self.provider, self.bank = provider, provider.bank

    def pay(self, pledge: Pledge) -> None:
        billing.begin(self.bank, self.bank.thing(pledge.session_ref))

    def subscription(self, pledge: Pledge) -> Any:
        return self.bank.thing(pledge.subscription_ref)

    def go_to(self, moment: datetime.datetime) -> None:
        self.bank.clock = moment.timestamp
        billing.run_due(self.bank)


@pytest.fixture
def stripe(provider) -> Stripe:
    return Stripe(provider)


@pytest.fixture
def running(stripe) -> Pledge:
    """A pledge whose first payment has been made and read."""
    pledge = promised(project_with_books())
    begin(pledge)
    stripe.pay(pledge)
    return look(pledge)


def received(pledge: Pledge) -> list[int]:
    return list(pledge.gifts.filter(state="SETTLED").order_by("id").values_list("amount_minor", flat=True))


class TestTheFirstPayment:
    def test_it_begins_the_pledge_and_is_a_gift_with_its_fee_and_receipt(self, running):
        gift = running.gifts.get()
        assert (running.state, gift.state, gift.amount_minor) == (P.ACTIVE, "SETTLED", 50_00)
        assert gift.fee_minor == 1_75
        assert gift.fee_entry_id
        assert gift.receipts.count() == 1
        assert running.next_charge_at > BEGIN + 27 * DAY

    def test_the_letter_of_thanks_leads_to_the_pledges_page(self, running):
        (letter,) = [letter for letter in mail.outbox if "has arrived" in letter.subject]
        assert "/give/regular/" in letter.body

    def test_the_same_form_twice_is_one_pledge_and_one_page(self, stripe):
        project = project_with_books()
        first, second = promised(project), promised(project)
        assert first == second
        assert begin(first) == begin(second) != ""
        assert len(stripe.provider.store.all("checkout.session")) == 1

    def test_a_lost_answer_of_the_provider_makes_no_second_page(self, stripe):
        pledge = promised(project_with_books())
        url = begin(pledge)
        Pledge.objects.filter(pk=pledge.pk).update(session_ref=None)
        assert begin(Pledge.objects.get(pk=pledge.pk)) == url

    def test_messages_alone_do_it_too_and_twice_is_once(self, stripe, client):
        pledge = promised(project_with_books())
        begin(pledge)
        stripe.pay(pledge)
        events = stripe.provider.events()
        deliver(client, *events, *events)
        assert (Pledge.objects.get().state, Gift.objects.get().state) == (P.ACTIVE, "SETTLED")

    def test_nobody_pays_and_it_expires(self, stripe):
        pledge = promised(project_with_books())
        begin(pledge)
        flow.sweep(at=BEGIN + datetime.timedelta(hours=30))
        pledge.refresh_from_db()
        assert pledge.state == P.EXPIRED
        assert PledgeCare.objects.get().next_look_at is None

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"email": ""}, "email_needed"),
            ({"key": ""}, "form_key_missing"),
            ({"amount_minor": 1}, "amount_too_small"),
        ],
    )
    def test_what_cannot_be_promised(self, change, code):
        assert refused(promised, project_with_books(), **change) == code


class TestOneLivePledge:
    def test_a_second_one_brings_its_gift_and_ends(self, stripe, running):
        second = promised(running.project, key="f2", amount_minor=80_00)
        begin(second)
        stripe.pay(second)
        look(second)
        assert (second.state, second.end_reason, received(second)) == (P.CANCELLED, "pledge.second", [80_00])
        made = [one["status"] for one in stripe.bank.store.all("subscription")]
        assert sorted(made) == ["active", "canceled"]
        assert any("regularly already" in letter.body for letter in mail.outbox)
        running.refresh_from_db()
        assert running.state == P.ACTIVE

    def test_after_the_end_a_new_one_may_begin(self, stripe, running):
        pledge_desk.cancel(running, by=BY, at=BEGIN)
        second = promised(running.project, key="f2")
        begin(second)
        stripe.pay(second)
        assert look(second).state == P.ACTIVE

    def test_the_database_has_the_last_word(self, running):
        other = promised(running.project, key="f2")
        with pytest.raises(IntegrityError), transaction.atomic():
            Pledge.objects.filter(pk=other.pk).update(state="PAUSED", started_at=BEGIN, subscription_ref="sub_2")

    @pytest.mark.parametrize("values", [{"started_at": None}, {"subscription_ref": None}, {"ended_at": BEGIN}])
    def test_a_live_one_has_begun_and_not_ended(self, running, values):
        with pytest.raises(IntegrityError), transaction.atomic():
            Pledge.objects.filter(pk=running.pk).update(**values)

    def test_what_was_promised_when_is_never_rewritten(self, running):
        refused_by_database("UPDATE giving_pledgeamount SET amount_minor = 1")
        refused_by_database("DELETE FROM giving_pledgeamount")

    def test_one_invoice_is_one_gift_and_a_pledges_gift_has_its_invoice(self, running):
        with pytest.raises(IntegrityError), transaction.atomic():
            Gift.objects.update(invoice_ref=None)
        done("UPDATE giving_pledge SET wishes = wishes")


class TestRenewals:
    def test_each_paid_invoice_is_exactly_one_gift(self, stripe, running):
        for month in (1, 2, 3):
            stripe.go_to(BEGIN + month * MONTH)
            look(running, BEGIN + month * MONTH)
            look(running, BEGIN + month * MONTH + DAY)
        assert received(running) == [50_00] * 4
        assert len(set(running.gifts.values_list("provider_ref", flat=True))) == 4

    def test_the_sweep_finds_a_renewal_that_nobody_told(self, stripe, running):
        stripe.go_to(BEGIN + MONTH)
        flow.sweep(at=BEGIN + MONTH + datetime.timedelta(hours=1))
        assert received(running) == [50_00] * 2

    def test_so_does_the_listing_of_invoices_for_a_pledge_that_has_ended(self, stripe, running):
        stripe.go_to(BEGIN + MONTH)
        Pledge.objects.update(state="CANCELLED", ended_at=BEGIN)
        PledgeCare.objects.update(next_look_at=None)
        Pledge.objects.update(state="ACTIVE", ended_at=None)
        assert sweeper.sweep_since(BEGIN, at=BEGIN + MONTH)[1]
        assert received(running) == [50_00] * 2

    def test_a_refund_of_a_renewal_whose_invoice_nobody_told_us_of(self, stripe, running, client):
        stripe.go_to(BEGIN + MONTH)
        bill = stripe.bank.thing(stripe.subscription(running)["latest_invoice"])
        payment = billing.payments_of(stripe.bank, bill)[0]["payment"]["payment_intent"]
        charge = stripe.bank.thing(stripe.bank.thing(payment)["latest_charge"])
        back.give_back(stripe.bank, charge, amount=20_00, reason=None, metadata={})
        deliver(client, *stripe.provider.events("charge.refunded"))
        settle_down(BEGIN + MONTH)
        gift = running.gifts.get(invoice_ref=bill["id"])
        assert (gift.state, gift.refunded_minor) == ("SETTLED", 20_00)

    def test_an_amount_that_was_never_promised_is_held_and_not_booked(self, stripe, running):
        item = stripe.subscription(running)["items"]["data"][0]
        price = {"product": item["price"]["product"], "currency": "cny", "unit_amount": 7_00}
        price["recurring"] = {"interval": "month"}
        billing.change(stripe.bank, stripe.subscription(running), price=price, pause=None, card="")
        stripe.go_to(BEGIN + MONTH)
        look(running, BEGIN + MONTH)
        held = running.gifts.exclude(state="SETTLED").get()
        assert (held.state, held.amount_minor, held.review_reason) == ("NEEDS_REVIEW", 7_00, "gift.amount_mismatch")

    def test_an_invoice_without_one_clear_payment_waits_for_a_person_until_it_is_clear(self, stripe, running):
        stripe.go_to(BEGIN + MONTH)
        bill = stripe.bank.thing(stripe.subscription(running)["latest_invoice"])
        payment = billing.payments_of(stripe.bank, bill)[0]
        stripe.bank.put(payment | {"status": "open"})
        look(running, BEGIN + MONTH)
        held = HeldMoney.objects.get()
        assert (held.reason, held.amount_minor, received(running)) == ("pledge.invoice_unclear", 50_00, [50_00])
        stripe.bank.put(payment)
        look(running, BEGIN + MONTH + DAY)
        held.refresh_from_db()
        assert held.solved_at
        assert received(running) == [50_00] * 2

    def test_the_donor_is_told_once_before_each_charge(self, stripe, running):
        mail.outbox.clear()
        charge = running.next_charge_at
        for days in (9, 6, 5):
            look(running, charge - days * DAY)
        ahead = [letter for letter in mail.outbox if "we will charge ¥50.00" in letter.subject]
        assert len(ahead) == 1
        assert PledgeLetter.objects.get(kind="CHARGE_AHEAD").sent_at == charge - 6 * DAY

    def test_the_days_are_a_dated_setting(self, running, settings):
        settings.PLEDGE_NOTICE_DAYS = ((datetime.date(2020, 1, 1), 7), (datetime.date(2026, 1, 1), 20))
        look(running, running.next_charge_at - 19 * DAY)
        assert PledgeLetter.objects.filter(kind="CHARGE_AHEAD").exists()

    def test_a_mail_server_that_is_away_is_tried_again(self, running, monkeypatch):
        def away(*_arguments: Any, **_options: Any) -> None:
            raise OSError

        at = running.next_charge_at - 2 * DAY
        with monkeypatch.context() as patch:
            patch.setattr("projects.checkout.pledge_letters.send_mail", away)
            look(running, at)
        assert not PledgeLetter.objects.exists()
        look(running, at)
        assert PledgeLetter.objects.filter(kind="CHARGE_AHEAD").count() == 1


class TestAFailedCharge:
    @pytest.fixture
    def overdue(self, stripe, running) -> Pledge:
        billing.spoil(stripe.bank, stripe.subscription(running))
        stripe.go_to(BEGIN + MONTH)
        return look(running, BEGIN + MONTH)

    def test_the_donor_learns_the_plan(self, overdue):
        assert (overdue.state, overdue.failed_attempts) == (P.PAST_DUE, 1)
        assert BEGIN + MONTH + 2 * DAY < overdue.retry_at <= BEGIN + MONTH + 3 * DAY
        assert any("could not be charged" in letter.subject for letter in mail.outbox)
        assert received(overdue) == [50_00]

    def test_it_recovers_when_a_later_try_succeeds(self, stripe, overdue):
        billing.spoil(stripe.bank, stripe.subscription(overdue), declines=False)
        stripe.go_to(BEGIN + MONTH + 4 * DAY)
        look(overdue, BEGIN + MONTH + 4 * DAY)
        assert (overdue.state, overdue.retry_at, received(overdue)) == (P.ACTIVE, None, [50_00] * 2)

    def test_after_the_plan_it_ends_and_nothing_is_owed(self, stripe, overdue):
        for days in (4, 10, 18):
            stripe.go_to(BEGIN + MONTH + days * DAY)
            look(overdue, BEGIN + MONTH + days * DAY)
        assert (overdue.state, overdue.end_reason) == (P.CANCELLED, "payment_failed")
        assert received(overdue) == [50_00]
        assert len([letter for letter in mail.outbox if "has ended" in letter.subject]) == 1

    def test_what_the_charitys_settings_leave_unpaid_for_ever_is_ended(self, stripe, overdue):
        stripe.bank.put(stripe.subscription(overdue) | {"status": "unpaid"})
        look(overdue, BEGIN + MONTH)
        assert (overdue.state, overdue.end_reason) == (P.CANCELLED, "pledge.unpaid")

    def test_another_card_is_tried_at_once(self, stripe, overdue):
        url = pledge_desk.card_page(overdue, back_url="http://testserver/x", by=BY, at=BEGIN + MONTH)
        session = stripe.bank.thing(url.rsplit("/", 1)[1])
        billing.set_up(stripe.bank, session)
        look(overdue, BEGIN + MONTH)
        assert (overdue.state, received(overdue)) == (P.ACTIVE, [50_00] * 2)
        assert PledgeCare.objects.get(pledge=overdue).card_page_ref == ""

    def test_another_card_that_fails_too_leaves_the_plan_as_it_is(self, stripe, overdue, monkeypatch):
        url = pledge_desk.card_page(overdue, back_url="http://testserver/x", by=BY, at=BEGIN + MONTH)
        intent = billing.set_up(stripe.bank, stripe.bank.thing(url.rsplit("/", 1)[1]))
        stripe.bank.store.put_extra(intent["payment_method"], {"declines": True})
        look(overdue, BEGIN + MONTH)
        assert (overdue.state, overdue.failed_attempts) == (P.PAST_DUE, 2)

    def test_it_can_be_ended_but_not_paused(self, overdue):
        assert refused(pledge_desk.pause, overdue, by=BY, at=BEGIN) == "pledge_not_now"
        pledge_desk.cancel(overdue, by=BY, at=BEGIN + MONTH)
        assert (overdue.state, overdue.end_reason) == (P.CANCELLED, "pledge.by_donor")


class TestWishes:
    def test_a_charge_left_out_is_left_out_and_the_next_one_comes(self, stripe, running):
        pledge_desk.skip(running, by=BY, at=BEGIN)
        assert running.skips_next
        assert refused(pledge_desk.skip, running, by=BY, at=BEGIN) == "pledge_not_now"
        stripe.go_to(BEGIN + MONTH + 2 * DAY)
        look(running, BEGIN + MONTH + 2 * DAY)
        assert (received(running), running.skips_until, running.state) == ([50_00], None, P.ACTIVE)
        stripe.go_to(BEGIN + 2 * MONTH)
        look(running, BEGIN + 2 * MONTH)
        assert received(running) == [50_00] * 2

    def test_no_letter_announces_a_charge_that_is_left_out(self, running):
        pledge_desk.skip(running, by=BY, at=BEGIN)
        look(running, running.next_charge_at - DAY)
        assert not PledgeLetter.objects.exists()

    def test_paused_until_resumed(self, stripe, running):
        pledge_desk.pause(running, by=BY, at=BEGIN)
        assert (running.state, running.next_charge_at) == (P.PAUSED, None)
        stripe.go_to(BEGIN + 2 * MONTH)
        look(running, BEGIN + 2 * MONTH)
        assert received(running) == [50_00]
        pledge_desk.resume(running, by=BY, at=BEGIN + 2 * MONTH)
        stripe.go_to(BEGIN + 3 * MONTH)
        look(running, BEGIN + 3 * MONTH)
        assert (running.state, received(running)) == (P.ACTIVE, [50_00] * 2)

    def test_another_amount_counts_from_the_next_charge_on(self, stripe, running):
        pledge_desk.change_amount(running, amount_minor=90_00, by=BY, at=BEGIN)
        assert (running.amount_minor, received(running)) == (90_00, [50_00])
        stripe.go_to(BEGIN + MONTH)
        look(running, BEGIN + MONTH)
        assert received(running) == [50_00, 90_00]
        assert list(running.amounts.values_list("amount_minor", flat=True)) == [50_00, 90_00]

    @pytest.mark.parametrize(
        ("amount_minor", "code"), [(50_00, "amount_unchanged"), (1, "amount_too_small"), (10**9, "amount_too_large")]
    )
    def test_amounts_that_are_refused(self, running, amount_minor, code):
        assert refused(pledge_desk.change_amount, running, amount_minor=amount_minor, by=BY, at=BEGIN) == code

    def test_the_end_is_the_end(self, stripe, running):
        pledge_desk.cancel(running, by=BY, at=BEGIN)
        assert (running.state, running.ended_at) == (P.CANCELLED, BEGIN)
        for wish in (pledge_desk.skip, pledge_desk.pause, pledge_desk.resume, pledge_desk.cancel):
            assert refused(wish, running, by=BY, at=BEGIN) == "pledge_not_live"
        stripe.go_to(BEGIN + MONTH)
        look(running, BEGIN + MONTH)
        assert received(running) == [50_00]

    def test_each_wish_and_each_move_is_written_down(self, running):
        pledge_desk.skip(running, by=BY, at=BEGIN)
        pledge_desk.resume(running, by=BY, at=BEGIN)
        pledge_desk.pause(running, by=BY, at=BEGIN)
        events = AuditEvent.objects.filter(subject_kind="pledge").order_by("id").values_list("event", "by_ref")
        assert list(events)[3:] == [
            ("pledge.skip_asked", "donor:d1"),
            ("pledge.skipped", "system:stripe"),
            ("pledge.resume_asked", "donor:d1"),
            ("pledge.pause_asked", "donor:d1"),
            ("pledge.paused", "system:stripe"),
        ]

    def test_a_double_tap_is_one_request(self, stripe, running):
        stale = Pledge.objects.get(pk=running.pk)
        pledge_desk.change_amount(running, amount_minor=90_00, by=BY, at=BEGIN)
        pledge_desk.change_amount(stale, amount_minor=90_00, by=BY, at=BEGIN)
        updates = stripe.provider.events("customer.subscription.updated")
        assert len(updates) == 1


class TestThePage:
    def post(self, client, pledge: Pledge, at: datetime.datetime = BEGIN, **fields: str):
        return client.post(path_of(pledge, at=at, language="en"), fields)

    def test_it_shows_the_pledge_and_what_it_brought(self, client, running):
        page = client.get(path_of(running, at=BEGIN, language="en")).content.decode()
        for words in ("¥50.00 every month", "Next charge", "Leave out the next one", "1 gift so far"):
            assert words in page
        assert running.gifts.get().trace_token in page
        assert running.email not in page

    def test_every_wish_can_be_made_there(self, client, running):
        for verb, state in (("pause", P.PAUSED), ("resume", P.ACTIVE), ("cancel", P.CANCELLED)):
            answer = self.post(client, running, verb=verb)
            assert answer.status_code == 303
            running.refresh_from_db()
            assert running.state == state
        assert self.post(client, running, verb="pause").status_code == 409

    def test_a_wrong_amount_is_said_on_the_page(self, client, running):
        answer = self.post(client, running, verb="amount", amount="0.01")
        assert (answer.status_code, "smallest gift" in answer.content.decode()) == (409, True)
        assert self.post(client, running, verb="amount", amount="66").status_code == 303
        running.refresh_from_db()
        assert running.amount_minor == 66_00

    def test_a_provider_out_of_reach_changes_nothing(self, client, running, settings):
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"
        assert self.post(client, running, verb="pause").status_code == 503
        running.refresh_from_db()
        assert running.state == P.ACTIVE

    def test_a_forged_link_is_not_found_and_an_old_one_shows_nothing(self, client, running):
        assert client.get(path_of(running, at=BEGIN, language="en")[:-3] + "xx/").status_code == 404
        long_ago = BEGIN - 2_000 * DAY
        mail.outbox.clear()
        for _twice in range(2):
            answer = self.post(client, running, at=long_ago, verb="link")
            assert answer.status_code == 410
            assert "¥50.00" not in answer.content.decode()
        assert [letter.to for letter in mail.outbox] == [["li@example.org"]]
        assert self.post(client, running, at=long_ago, verb="cancel").status_code == 410
        running.refresh_from_db()
        assert running.state == P.ACTIVE

    def test_the_token_says_nothing_but_the_reference(self, running):
        token = token_of(running, at=BEGIN)
        assert pledge_of(token, at=BEGIN) == (running, True)
        assert pledge_of(token[:-1], at=BEGIN) == (None, False)

    def test_the_form_begins_a_regular_gift(self, client, stripe):
        stripe.bank.clock = time.time
        project = project_with_books()
        sent = {
            "amount_choice": "5000", "frequency": "MONTH", "email": "han@example.org", "name": "韩梅梅",
            "form_key": "k" * 32, "currency": "CNY",
        }  # fmt: skip
        url = f"/en/projects/{project.slug}/give/"
        assert "email" in client.post(url, sent | {"email": ""}).context["form"].errors
        answer = client.post(url, sent)
        assert (answer.status_code, "/c/pay/" in answer["Location"]) == (303, True)
        pledge = Pledge.objects.get()
        assert (pledge.interval, pledge.amount_minor, pledge.state) == ("MONTH", 50_00, P.INITIATED)
        (session,) = stripe.bank.store.all("checkout.session")
        assert (session["mode"], session["payment_method_types"]) == ("subscription", ["card"])


def test_a_subscription_of_somebody_else_is_held(stripe, running):
    stripe.bank.put(stripe.subscription(running) | {"metadata": {"pledge_ref": "someone"}})
    look(running)
    assert HeldMoney.objects.get().reason == "pledge.reference_mismatch"


def test_one_pledges_trouble_does_not_keep_the_others_waiting(stripe, running, monkeypatch):
    def trouble(*_arguments: Any, **_options: Any) -> None:
        raise Refused("not_yet_in_log", "later")

    PledgeCare.objects.update(next_look_at=BEGIN)
    monkeypatch.setattr(pledge_care, "follow", trouble)
    assert pledge_care.sweep(at=BEGIN) == 1
    assert PledgeCare.objects.get().next_look_at > BEGIN
