"""Stripe's door: what is genuine is kept as it came, everything else is refused and leaves nothing but a trail."""

import json
import time

import pytest
from django.db import DatabaseError, connection, transaction

from projects.audit.models import AuditEvent
from projects.checkout.emulator import shapes
from projects.checkout.emulator.encoding import sign
from projects.checkout.emulator.webhooks import wire_text
from projects.checkout.models import EventWork, StripeEvent
from tests.projects.checkout.conftest import SECRET, post_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]

THING = {"id": "prod_1", "object": "product", "name": "慈善"}


def an_event(kind: str = "product.created", **changes) -> dict:
    return shapes.event(kind, THING, api_version=None, now=int(time.time())) | changes


def refusals() -> list[str]:
    return list(AuditEvent.objects.filter(event="webhook.refused").values_list("reason", flat=True))


def test_a_signed_message_is_stored_byte_for_byte(client):
    body = wire_text(an_event())
    assert post_event(client, body).status_code == 200
    stored = StripeEvent.objects.get()
    assert bytes(stored.payload) == body.encode()
    assert stored.signature.startswith("t=")


def test_an_unknown_type_is_stored_and_is_none_of_our_business(client):
    from projects.checkout import flow

    event = an_event("customer.tax_id.created")
    assert post_event(client, wire_text(event)).status_code == 200
    assert flow.process_event(event["id"]) == EventWork.State.IGNORED


def test_the_same_message_twice_is_stored_once(client):
    body = wire_text(an_event())
    assert post_event(client, body).content == b"stored"
    assert post_event(client, body).content == b"known"
    assert StripeEvent.objects.count() == EventWork.objects.count() == 1


def forged(body: str) -> tuple[str, str]:
    return body, sign(body, "whsec_guessed", int(time.time()))


def changed(body: str) -> tuple[str, str]:
    return body.replace("慈善", "我的"), sign(body, SECRET, int(time.time()))


def truncated(body: str) -> tuple[str, str]:
    return body[:-20], sign(body, SECRET, int(time.time()))


def replayed(body: str) -> tuple[str, str]:
    return body, sign(body, SECRET, int(time.time()) - 301)


def moved_in_time(body: str) -> tuple[str, str]:
    header = sign(body, SECRET, int(time.time()) - 301)
    return body, f"t={int(time.time())}," + header.split(",")[1]


def unsigned(body: str) -> tuple[str, str]:
    return body, ""


def nonsense(body: str) -> tuple[str, str]:
    return body, "v1=,t=yesterday"


def signed_half_a_message(body: str) -> tuple[str, str]:
    half = body[: len(body) // 2]
    return half, sign(half, SECRET, int(time.time()))


def signed_list(body: str) -> tuple[str, str]:
    return "[]", sign("[]", SECRET, int(time.time()))


def signed_thin(body: str) -> tuple[str, str]:
    thin = json.dumps({"object": "v2.core.event", "id": "evt_1", "type": "x"})
    return thin, sign(thin, SECRET, int(time.time()))


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (forged, "bad_signature"),
        (changed, "bad_signature"),
        (truncated, "bad_signature"),
        (replayed, "too_old"),
        (moved_in_time, "bad_signature"),
        (unsigned, "bad_signature"),
        (nonsense, "bad_signature"),
        (signed_half_a_message, "not_json"),
        (signed_list, "not_json"),
        (signed_thin, "not_json"),
    ],
)
def test_it_refuses_what_is_not_genuine_and_stores_nothing(client, attack, reason):
    body, header = attack(wire_text(an_event()))
    answer = post_event(client, body, header=header)
    assert answer.status_code == 400
    assert not StripeEvent.objects.exists()
    assert refusals() == [reason]


def test_it_refuses_bytes_that_are_no_text(client):
    answer = client.post(
        "/stripe/webhook", data=b"\xff\xfe", content_type="application/json", headers={"Stripe-Signature": "t=1,v1=a"}
    )
    assert answer.status_code == 400


def test_it_refuses_a_message_of_the_other_mode(client):
    answer = post_event(client, wire_text(an_event(livemode=True)))
    assert (answer.status_code, refusals()) == (400, ["wrong_mode"])
    assert not StripeEvent.objects.exists()


def test_it_refuses_a_huge_body(client):
    assert post_event(client, "x" * 600_000).status_code == 400
    assert refusals() == ["too_large"]


def test_a_flood_of_rubbish_does_not_become_a_flood_of_rows(client):
    for _ in range(40):
        post_event(client, "{}", header="t=1,v1=x")
    assert len(refusals()) <= 60


def test_it_answers_only_to_post(client):
    assert client.get("/stripe/webhook").status_code == 405


@pytest.mark.parametrize("sql", ["UPDATE checkout_stripeevent SET type = 'x'", "DELETE FROM checkout_stripeevent"])
def test_the_database_refuses_to_change_a_stored_message(client, sql):
    post_event(client, wire_text(an_event()))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert StripeEvent.objects.get().type == "product.created"
