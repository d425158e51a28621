"""How a message is told: signed, tried again, given up after days, and never twice at the same time."""

import datetime

import pytest
from django.core import mail
from django.urls import reverse
from standardwebhooks import Webhook

from charity_site import worker
from projects.audit.models import AuditEvent
from projects.webhooks import actions, delivering
from projects.webhooks.models import Attempt, Delivery, Endpoint
from projects.webhooks.sending import Answer
from tests.factories.access import BEGIN
from tests.factories.webhooks import ADDRESS, registered
from tests.refusals import refused

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)


class Outside:
    """The other side: what was sent there, and what it answers."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.seen = list(answers), []

    def __call__(self, address, *, headers, body):
        self.seen.append((address, headers, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


TAKES = Answer("TAKEN", 204)
FAILS = Answer("REFUSED", 503)
SILENT = Answer("NO_ANSWER")


@pytest.fixture
def endpoint(charity_a):
    return registered(charity_a)[0]


def under_way(charity, endpoint, at=BEGIN) -> Delivery:
    return actions.send_test(endpoint, by=charity.admin, at=at).deliveries.get()


def test_it_arrives_signed_and_once(charity_a, now):
    endpoint, secret = registered(charity_a, at=now)
    delivery = under_way(charity_a, endpoint, now)
    outside = Outside(TAKES)
    assert delivering.deliver_next(at=now, post=outside)
    assert not delivering.deliver_next(at=now, post=outside)
    [(address, headers, body)] = outside.seen
    assert (address, headers["webhook-id"], headers["content-type"]) == (
        ADDRESS,
        delivery.message.message_id,
        "application/json",
    )
    assert Webhook(secret).verify(body, headers)["data"] == {"endpoint": endpoint.ref}
    delivery.refresh_from_db()
    assert (delivery.state, Attempt.objects.get().code) == ("TAKEN", 204)


def test_a_try_again_has_the_same_id_and_the_same_words_and_a_new_signature(charity_a, endpoint):
    under_way(charity_a, endpoint)
    outside = Outside(FAILS, TAKES)
    delivering.deliver_next(at=BEGIN, post=outside)
    assert not delivering.deliver_next(at=BEGIN, post=outside)
    delivering.deliver_next(at=BEGIN + MINUTE, post=outside)
    (_, one, first), (_, two, second) = outside.seen
    assert (one["webhook-id"], first) == (two["webhook-id"], second)
    assert one["webhook-signature"] != two["webhook-signature"]


def test_after_the_last_try_it_is_switched_off_and_staff_are_told(
    charity_a, endpoint, client, django_capture_on_commit_callbacks
):
    delivery, at = under_way(charity_a, endpoint), BEGIN
    with django_capture_on_commit_callbacks(execute=True):
        while delivery.state == "WAITING":
            assert not delivering.due(at=delivery.next_at - datetime.timedelta(seconds=1)).exists()
            at = delivery.next_at
            assert delivering.deliver_next(at=at, post=Outside(FAILS))
            delivery.refresh_from_db()
    assert at - BEGIN == sum(delivering.WAITS, datetime.timedelta())
    assert datetime.timedelta(days=2) < at - BEGIN < datetime.timedelta(days=5)
    endpoint.refresh_from_db()
    assert (delivery.state, delivery.tries, endpoint.state) == ("GIVEN_UP", len(delivering.WAITS) + 1, "DISABLED")
    assert endpoint.disabled_at == at
    assert AuditEvent.objects.get(event="webhook.disabled").by_ref == "system:worker"
    assert [letter.to for letter in mail.outbox] == [[charity_a.admin.email]]
    assert ADDRESS in mail.outbox[0].body
    assert refused(actions.send_test, endpoint, by=charity_a.admin, at=at) == "endpoint_not_active"
    client.force_login(charity_a.admin)
    assert reverse("workspace_webhooks:index") in client.get("/cms/").text


@pytest.fixture
def given_up(charity_a, endpoint) -> Delivery:
    """A message whose tries are over, to an address that is told again."""
    delivery = under_way(charity_a, endpoint)
    while delivery.state == "WAITING":
        delivering.deliver_next(at=delivery.next_at, post=Outside(FAILS))
        delivery.refresh_from_db()
    actions.resume(endpoint, by=charity_a.admin, at=delivery.next_at)
    return delivery


def again(charity, delivery: Delivery, at=BEGIN) -> Delivery:
    return actions.send_again(delivery.endpoint, message=delivery.message.ref, by=charity.admin, at=at)


def test_what_was_given_up_is_sent_again_with_the_same_id_and_words(charity_a, given_up):
    later = given_up.next_at + MINUTE
    again(charity_a, given_up, at=later)
    outside = Outside(TAKES)
    assert delivering.deliver_next(at=later, post=outside)
    [(_, headers, body)] = outside.seen
    assert (headers["webhook-id"], body) == (given_up.message.message_id, given_up.message.body)
    given_up.refresh_from_db()
    assert (given_up.state, given_up.tries) == ("TAKEN", len(delivering.WAITS) + 2)
    assert given_up.attempts.first().code == 204
    event = AuditEvent.objects.get(event="webhook.sent_again")
    assert (event.by_ref, event.facts) == (charity_a.admin.ref, {"message": given_up.message.message_id})


def test_a_try_that_was_asked_for_is_one_and_leaves_the_address_on(
    charity_a, given_up, django_capture_on_commit_callbacks
):
    later = given_up.next_at + MINUTE
    again(charity_a, given_up, at=later)
    with django_capture_on_commit_callbacks(execute=True):
        assert delivering.deliver_next(at=later, post=Outside(SILENT))
        assert not delivering.deliver_next(at=later + 90 * 24 * 60 * MINUTE, post=Outside(SILENT))
    given_up.refresh_from_db()
    assert (given_up.state, Endpoint.objects.get().state, mail.outbox) == ("GIVEN_UP", "ACTIVE", [])
    again(charity_a, given_up, at=later)  # and may be asked for once more


def test_it_is_not_sent_again_while_it_is_tried_nor_when_it_has_arrived(charity_a, endpoint):
    delivery = under_way(charity_a, endpoint)
    assert refused(again, charity_a, delivery) == "message_waiting"
    delivering.deliver_next(at=BEGIN, post=Outside(TAKES))
    assert refused(again, charity_a, delivery) == "message_taken"
    assert not AuditEvent.objects.filter(event="webhook.sent_again").exists()


@pytest.mark.parametrize("verb", ["pause", "end"])
def test_nothing_is_sent_again_to_an_address_that_is_off(charity_a, given_up, verb):
    getattr(actions, verb)(given_up.endpoint, by=charity_a.admin, at=BEGIN)
    assert refused(again, charity_a, given_up) == "endpoint_not_active"


def test_a_message_of_another_address_is_not_sent_here(charity_a, charity_b, given_up):
    other = registered(charity_b)[0]
    message = given_up.message.ref
    assert refused(actions.send_again, other, message=message, by=charity_b.admin, at=BEGIN) == "message_unknown"
    given_up.refresh_from_db()
    assert given_up.state == "GIVEN_UP"


def test_an_administrator_sends_it_again_on_the_screen(client, charity_a, given_up):
    client.force_login(charity_a.admin)
    reference = [given_up.endpoint.ref]
    show, deed = (reverse(f"workspace_webhooks:{name}", args=reference) for name in ("show", "again"))
    assert deed in client.get(show).text
    page = client.post(deed, {"message": given_up.message.ref}, follow=True).text
    assert "已再次发送" in page
    assert deed not in page
    assert "仍在尝试" in client.post(deed, {"message": given_up.message.ref}, follow=True).text
    given_up.refresh_from_db()
    assert given_up.state == "WAITING"


def test_who_says_that_it_is_gone_is_switched_off_at_once(charity_a, endpoint):
    under_way(charity_a, endpoint)
    delivering.deliver_next(at=BEGIN, post=Outside(Answer("REFUSED", 410)))
    endpoint.refresh_from_db()
    assert endpoint.state == "DISABLED"


def test_when_it_goes_on_it_hears_what_waited(charity_a, endpoint):
    under_way(charity_a, endpoint)
    actions.pause(endpoint, by=charity_a.admin, at=BEGIN)
    outside = Outside(TAKES)
    assert not delivering.deliver_next(at=BEGIN + MINUTE, post=outside)
    actions.resume(endpoint, by=charity_a.admin, at=BEGIN)
    assert delivering.deliver_next(at=BEGIN + MINUTE, post=outside)


def test_one_dead_address_costs_one_wait_at_a_time_and_keeps_no_other_waiting(charity_a, endpoint):
    first, second = under_way(charity_a, endpoint), under_way(charity_a, endpoint)
    other, _secret = registered(charity_a, address=ADDRESS + "/2")
    third = under_way(charity_a, other)
    delivering.deliver_next(at=BEGIN, post=Outside(SILENT))
    assert list(delivering.due(at=BEGIN)) == [third]
    assert set(delivering.due(at=BEGIN + delivering.HOLD)) == {first, second, third}
    delivering.deliver_next(at=BEGIN + delivering.HOLD, post=Outside(TAKES))
    endpoint.refresh_from_db()
    assert endpoint.held_until is None


def test_an_answer_with_an_error_holds_back_nothing_else(charity_a, endpoint):
    first, second = under_way(charity_a, endpoint), under_way(charity_a, endpoint)
    delivering.deliver_next(at=BEGIN, post=Outside(FAILS))
    assert list(delivering.due(at=BEGIN)) == [second]
    assert first.pk != second.pk


def test_two_workers_do_not_tell_it_twice_and_a_cut_off_try_is_made_again(charity_a, endpoint):
    under_way(charity_a, endpoint)
    outside = Outside(TAKES)

    class CutOff(Exception):
        pass

    def beside(address, **_what):
        # While the other side is asked, a second worker comes by; then the first one dies.
        assert not delivering.deliver_next(at=BEGIN, post=outside)
        raise CutOff

    with pytest.raises(CutOff):
        delivering.deliver_next(at=BEGIN, post=beside)
    assert not delivering.deliver_next(at=BEGIN + delivering.CLAIM - MINUTE, post=outside)
    assert delivering.deliver_next(at=BEGIN + delivering.CLAIM, post=outside)
    assert len(outside.seen) == 1


def test_the_worker_tells_on_a_thread_of_its_own(charity_a, endpoint, monkeypatch):
    under_way(charity_a, endpoint)
    started = []

    class Beside:
        def __init__(self, **how):
            self.alive = True

        def start(self):
            started.append(self)

        def is_alive(self):
            return self.alive

    monkeypatch.setattr(worker, "Thread", Beside)
    monkeypatch.setattr(worker, "_telling", [])
    assert worker.tell_webhooks in worker.FOR_EVER
    assert worker.tell_webhooks not in worker.STEPS
    worker.tell_webhooks()
    worker.tell_webhooks()
    assert len(started) == 1
    started[0].alive = False
    worker.tell_webhooks()
    assert len(started) == 2
    Endpoint.objects.update(state="PAUSED")
    started[1].alive = False
    worker.tell_webhooks()
    assert len(started) == 2


def test_the_whole_way_on_the_screens(client, charity_a, monkeypatch):
    client.force_login(charity_a.admin)
    monkeypatch.setattr("projects.webhooks.sending.filter_host", lambda *_args, **_how: "93.184.216.34")
    register = reverse("workspace_webhooks:register")
    form = {"organisation": charity_a.organisation.pk, "address": "http://x.example", "kinds": ["gift.received"]}
    assert "https://" in client.post(register, form).text
    answer = client.post(register, form | {"address": ADDRESS})
    secret = answer.text.partition('id="secret">')[2].partition("<")[0]
    assert secret.startswith("whsec_")
    assert "no-store" in answer["Cache-Control"]
    row = Endpoint.objects.get()
    show = reverse("workspace_webhooks:show", args=[row.ref])
    assert client.post(reverse("workspace_webhooks:test", args=[row.ref])).status_code == 302
    delivering.deliver_next(at=BEGIN + MINUTE * 60 * 24 * 400, post=Outside(FAILS))
    page = client.get(show).text
    assert "503" in page
    assert secret not in page
    assert (
        secret
        != client.post(reverse("workspace_webhooks:rotate", args=[row.ref]))
        .text.partition('id="secret">')[2]
        .partition("<")[0]
    )
    kinds = client.post(reverse("workspace_webhooks:kinds", args=[row.ref]), {"kinds": ["match.added"]})
    row.refresh_from_db()
    assert (kinds.status_code, row.kinds) == (302, ["match.added"])
    before = client.get(reverse("workspace_webhooks:end", args=[row.ref]), headers={"accept-language": "en"})
    assert "This cannot be undone." in before.text
    before = client.get(reverse("workspace_webhooks:end", args=[row.ref]), headers={"accept-language": "en"})
    assert "This cannot be undone." in before.text
    for name, state in (("pause", "PAUSED"), ("resume", "ACTIVE"), ("end", "ENDED")):
        client.post(reverse(f"workspace_webhooks:{name}", args=[row.ref]))
        row.refresh_from_db()
        assert row.state == state
