"""What may be registered, by whom, and what becomes of an endpoint and its secret."""

import pytest
from django.db import DatabaseError, connection, transaction
from standardwebhooks import Webhook, WebhookVerificationError

from projects.audit.models import AuditEvent
from projects.webhooks import actions, delivering, signing
from projects.webhooks.models import Attempt, Delivery, Endpoint, Message
from projects.webhooks.sending import Answer
from tests.factories.access import BEGIN
from tests.factories.webhooks import ADDRESS, answering, registered
from tests.refusals import refused

pytestmark = pytest.mark.django_db


def test_the_secret_is_handed_out_once_and_lies_sealed(charity_a):
    endpoint, secret = registered(charity_a)
    row = Endpoint.objects.get(pk=endpoint.pk)
    assert secret.startswith("whsec_")
    assert secret.encode() not in bytes(row.secret_box)
    assert secret not in repr(vars(row))
    assert secret not in str(list(AuditEvent.objects.values()))


def test_a_secret_that_was_put_into_another_row_does_not_open(charity_a):
    one, _secret = registered(charity_a)
    other, _secret = registered(charity_a, address=ADDRESS + "/2")
    Endpoint.objects.filter(pk=other.pk).update(secret_box=one.secret_box)
    other.refresh_from_db()
    message = actions.send_test(other, by=charity_a.admin, at=BEGIN)
    assert refused(signing.headers_of, message, other, at=BEGIN) == "vault_closed"


@pytest.mark.parametrize(
    ("address", "found", "code"),
    [
        ("http://hooks.example.org/", "93.184.216.34", "address_not_https"),
        ("ftp://hooks.example.org/", "93.184.216.34", "address_not_https"),
        ("hooks.example.org", "93.184.216.34", "address_not_https"),
        ("https://", "93.184.216.34", "address_not_plain"),
        ("https://me:word@hooks.example.org/", "93.184.216.34", "address_not_plain"),
        ("https://hooks.example.org:what/", "93.184.216.34", "address_not_plain"),
        ("https://hooks.example.org/#part", "93.184.216.34", "address_not_plain"),
        ("https://hooks.example.org/a b", "93.184.216.34", "address_not_plain"),
        ("https://hooks.example.org/" + "x" * 500, "93.184.216.34", "address_too_long"),
        ("https://localhost/", "127.0.0.1", "address_private"),
        ("https://127.1/", "127.0.0.1", "address_private"),
        ("https://inner.example.org/", "10.1.2.3", "address_private"),
        ("https://inner.example.org/", "172.16.0.9", "address_private"),
        ("https://inner.example.org/", "192.168.0.9", "address_private"),
        ("https://metadata.example.org/", "169.254.169.254", "address_private"),
        ("https://carrier.example.org/", "100.64.0.1", "address_private"),
        ("https://none.example.org/", "0.0.0.0", "address_private"),
        ("https://six.example.org/", "::1", "address_private"),
        ("https://six.example.org/", "fe80::1", "address_private"),
        ("https://six.example.org/", "fd00::1", "address_private"),
        ("https://mapped.example.org/", "::ffff:10.0.0.1", "address_private"),
    ],
)
def test_only_a_public_https_address_is_taken(charity_a, address, found, code):
    with answering(found):
        given = {"organisation": charity_a.organisation, "kinds": ["gift.received"], "by": charity_a.admin}
        assert refused(actions.register, address=address, **given, at=BEGIN) == code
    assert not Endpoint.objects.exists()


def test_a_name_that_nobody_has_is_refused(charity_a, monkeypatch):
    import socket

    def nobody(*args, **kwargs):
        raise socket.gaierror("no such name")

    monkeypatch.setattr("requests_hardened.ip_filter.socket.getaddrinfo", nobody)
    given = {"organisation": charity_a.organisation, "kinds": ["gift.received"], "by": charity_a.admin}
    assert refused(actions.register, address=ADDRESS, **given, at=BEGIN) == "address_not_found"


@pytest.mark.parametrize(("kinds", "code"), [([], "kinds_missing"), (["gift.received", "gift.stolen"], "kind_unknown")])
def test_only_events_that_there_are_can_be_chosen(charity_a, kinds, code):
    assert refused(registered, charity_a, kinds=kinds) == code
    endpoint, _secret = registered(charity_a)
    assert refused(actions.choose_kinds, endpoint, kinds=kinds, by=charity_a.admin, at=BEGIN) == code


@pytest.mark.parametrize("who", ["editor", "caseworker", "checker", "finance"])
def test_only_administrators_of_the_organisation_have_a_say(charity_a, charity_b, who):
    endpoint, _secret = registered(charity_a)
    for person in (getattr(charity_a, who), charity_b.admin):
        assert refused(registered, charity_a, by=person) == "not_permitted"
        for verb in (actions.rotate_secret, actions.pause, actions.resume, actions.end, actions.send_test):
            assert refused(verb, endpoint, by=person, at=BEGIN) == "not_permitted"
        assert refused(actions.choose_kinds, endpoint, kinds=["match.added"], by=person, at=BEGIN) == "not_permitted"
        assert refused(actions.send_again, endpoint, message="", by=person, at=BEGIN) == "not_permitted"


def test_ten_are_the_most_and_an_ended_one_counts_no_more(charity_a):
    made = [registered(charity_a, address=f"{ADDRESS}/{number}")[0] for number in range(actions.MOST_ENDPOINTS)]
    assert refused(registered, charity_a) == "too_many_endpoints"
    actions.end(made[0], by=charity_a.admin, at=BEGIN)
    assert registered(charity_a)


def test_an_ended_one_has_no_secret_and_does_nothing_more(charity_a):
    endpoint, _secret = registered(charity_a)
    actions.end(endpoint, by=charity_a.admin, at=BEGIN)
    endpoint.refresh_from_db()
    assert (endpoint.secret_box, endpoint.old_secret_box) == (None, None)
    assert refused(actions.resume, endpoint, by=charity_a.admin, at=BEGIN) == "move_not_allowed"
    assert refused(actions.rotate_secret, endpoint, by=charity_a.admin, at=BEGIN) == "endpoint_ended"
    assert refused(actions.send_test, endpoint, by=charity_a.admin, at=BEGIN) == "endpoint_not_active"
    kinds = {"kinds": ["match.added"], "by": charity_a.admin, "at": BEGIN}
    assert refused(actions.choose_kinds, endpoint, **kinds) == "endpoint_ended"


def test_for_a_day_after_a_rotation_both_secrets_sign(charity_a, now):
    endpoint, old = registered(charity_a, at=now)
    new = actions.rotate_secret(endpoint, by=charity_a.admin, at=now)
    endpoint.refresh_from_db()
    message = actions.send_test(endpoint, by=charity_a.admin, at=now)
    headers = signing.headers_of(message, endpoint, at=now)
    for secret in (old, new):
        assert Webhook(secret).verify(message.body, headers)["type"] == "endpoint.test"
    later = signing.headers_of(message, endpoint, at=now + signing.OLD_SIGNS_FOR)
    assert len(headers["webhook-signature"].split()) == 2
    assert len(later["webhook-signature"].split()) == 1
    stranger = Webhook(signing.new_secret())
    with pytest.raises(WebhookVerificationError):
        stranger.verify(message.body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(message.body + " ", headers)


def test_one_secret_more_forgets_the_oldest(charity_a, now):
    endpoint, first = registered(charity_a, at=now)
    actions.rotate_secret(endpoint, by=charity_a.admin, at=now)
    actions.rotate_secret(endpoint, by=charity_a.admin, at=now)
    endpoint.refresh_from_db()
    message = actions.send_test(endpoint, by=charity_a.admin, at=now)
    with pytest.raises(WebhookVerificationError):
        Webhook(first).verify(message.body, signing.headers_of(message, endpoint, at=now))


INTRUSIONS = {
    "what was told changes": "UPDATE webhooks_message SET body = 'x'",
    "what was told goes": "DELETE FROM webhooks_message",
    "a try changes": "UPDATE webhooks_attempt SET code = 200",
    "a try goes": "DELETE FROM webhooks_attempt",
    "an address without TLS": "UPDATE webhooks_endpoint SET address = 'http://x.example/'",
    "an endpoint without a secret": "UPDATE webhooks_endpoint SET secret_box = NULL",
    "an ended one with a secret": "UPDATE webhooks_endpoint SET state = 'ENDED'",
}


@pytest.mark.parametrize("intrusion", INTRUSIONS)
def test_around_the_actions_the_database_refuses_that(charity_a, intrusion):
    endpoint, _secret = registered(charity_a)
    actions.send_test(endpoint, by=charity_a.admin, at=BEGIN)
    assert delivering.deliver_next(at=BEGIN, post=lambda *_args, **_headers: Answer("REFUSED", 500))
    assert (Message.objects.count(), Attempt.objects.count(), Delivery.objects.count()) == (1, 1, 1)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INTRUSIONS[intrusion])
