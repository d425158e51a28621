"""Cash taken in by hand: one person enters it with its slip, another books it; its facts never change."""

import datetime
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from ledger import reading
from projects.access.actors import SystemActor
from projects.giving import evidence, hand_gifts, personal
from projects.giving.hand_models import HandGift
from projects.giving.models import Gift
from projects.receipts.models import Receipt
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.refusals import refused

pytestmark = pytest.mark.django_db

SLIP = b"%PDF-1.7 a signed slip"


@pytest.fixture
def project(charity_a):
    return open_project(charity_a.organisation, slug="rooms")


def entered(charity, project=None, **facts) -> HandGift:
    defaults = {
        "organisation": charity.organisation, "project": project, "amount_minor": 88_00, "currency": "CNY",
        "received_on": BEGIN.date(), "donor_name": "林晓", "email": "lin@example.org", "visibility": "HIDDEN",
        "language": "zh-hans", "file": SLIP, "form_key": uuid4().hex, "by": charity.finance, "at": BEGIN,
    }  # fmt: skip
    return hand_gifts.enter(**(defaults | facts))


def test_a_second_person_books_it_once_as_cash_of_its_day(charity_a, project):
    row = entered(charity_a, project)
    assert not Gift.objects.exists()
    gift = hand_gifts.approve(row, by=charity_a.second_finance, at=BEGIN + datetime.timedelta(days=1))
    again = hand_gifts.approve(row, by=charity_a.second_finance, at=BEGIN + datetime.timedelta(days=2))
    entry = reading.entry(gift.entry_id)
    assert again == gift
    assert (gift.state, gift.channel, gift.amount_minor, gift.donor.email) == (
        "SETTLED",
        "cash",
        88_00,
        "lin@example.org",
    )
    assert entry.kind == "GIFT"


def test_nobody_approves_or_refuses_what_they_entered(charity_a, project):
    row = entered(charity_a, project)
    assert refused(hand_gifts.approve, row, by=charity_a.finance, at=BEGIN) == "second_person_needed"
    assert refused(hand_gifts.refuse, row, reason="x", by=charity_a.finance, at=BEGIN) == "second_person_needed"


@pytest.mark.parametrize("who", ["editor", "caseworker", "checker", "admin"])
def test_only_finance_of_the_charity_enters_and_books(charity_a, charity_b, project, who):
    assert refused(entered, charity_a, project, by=getattr(charity_a, who)) == "not_permitted"
    row = entered(charity_a, project)
    for person in (getattr(charity_a, who), charity_b.finance):
        assert refused(hand_gifts.approve, row, by=person, at=BEGIN) == "not_permitted"


def test_a_refused_one_books_nothing_and_stays_refused(charity_a, project):
    row = entered(charity_a, project)
    assert refused(hand_gifts.refuse, row, reason=" ", by=charity_a.second_finance, at=BEGIN) == "reason_needed"
    hand_gifts.refuse(row, reason="The slip says 80.", by=charity_a.second_finance, at=BEGIN)
    assert refused(hand_gifts.approve, row, by=charity_a.second_finance, at=BEGIN) == "hand_gift_decided"
    assert not Gift.objects.exists()


def test_the_same_form_twice_is_one(charity_a, project):
    assert entered(charity_a, project, form_key="k").pk == entered(charity_a, project, form_key="k").pk


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"file": b""}, "evidence_missing"),
        ({"file": b"<html>"}, "evidence_kind"),
        ({"file": b"%PDF-" + b"x" * evidence.LARGEST}, "evidence_too_large"),
        ({"received_on": BEGIN.date() + datetime.timedelta(days=1)}, "day_to_come"),
        ({"amount_minor": 0}, "amount_not_positive"),
        ({"currency": "USD"}, "currency_mismatch"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_kept(charity_a, project, facts, code):
    assert refused(entered, charity_a, project, **facts) == code
    assert not HandGift.objects.exists()


def test_a_project_of_another_charity_takes_nothing_here(charity_a, charity_b):
    theirs = open_project(charity_b.organisation, slug="theirs")
    assert refused(entered, charity_a, theirs) == "project_of_another"


def test_a_slip_that_was_exchanged_stops_the_booking(charity_a, project):
    row = entered(charity_a, project)
    evidence.keep(row.ref, b"%PDF-1.7 another slip")
    assert refused(hand_gifts.approve, row, by=charity_a.second_finance, at=BEGIN) == "evidence_changed"
    assert not Gift.objects.exists()


def test_cash_is_not_sent_back_through_the_payment_provider(charity_a, project):
    from projects.giving.refund_requests import request_refund

    gift = hand_gifts.approve(entered(charity_a, project), by=charity_a.second_finance, at=BEGIN)
    assert refused(request_refund, gift, reason="x", by=charity_a.finance, at=BEGIN) == "refund_by_hand"


LAWS = {
    "its amount changes": "amount_minor = 1",
    "its slip changes": "evidence_sha256 = 'x'",
    "another entered it": "entered_by_ref = 'x'",
    "it is decided by who entered it": "decided_by_ref = entered_by_ref, state = 'REFUSED', decided_at = entered_at",
    "somebody else gave it": "donor_name = 'x'",
    "it is approved without a gift": "state = 'APPROVED', decided_by_ref = 'x', decided_at = entered_at",
}


@pytest.mark.parametrize("law", LAWS)
def test_around_the_actions_the_database_refuses_that(charity_a, project, law):
    row = entered(charity_a, project)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE giving_handgift SET {LAWS[law]} WHERE id = %s", [row.pk])


def test_a_decided_one_cannot_be_decided_again_or_removed(charity_a, project):
    row = entered(charity_a, project)
    hand_gifts.refuse(row, reason="no", by=charity_a.second_finance, at=BEGIN)
    for change in (
        "UPDATE giving_handgift SET state = 'ENTERED' WHERE id = %s",
        "DELETE FROM giving_handgift WHERE id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{change} WHERE id = %s", [row.pk])


def test_an_erased_donor_is_gone_from_it_and_the_facts_stay(charity_a, project):
    row = entered(charity_a, project)
    gift = hand_gifts.approve(row, by=charity_a.second_finance, at=BEGIN)
    assert personal.copy_of(gift.donor)["entered_by_hand"][0]["name"] == "林晓"
    personal.erase_donor(gift.donor, by=SystemActor("donor:test"), at=BEGIN)
    row.refresh_from_db()
    assert (row.donor_name, row.email, row.amount_minor, row.state) == ("", "", 88_00, "APPROVED")


def test_the_whole_way_on_the_screens(client, charity_a, project):
    client.force_login(charity_a.finance)
    form = {
        "organisation": charity_a.organisation.pk, "project": "", "amount_minor": "88.00", "received_on": "2026-01-05",
        "donor_name": "林晓", "visibility": "HIDDEN", "email": "lin@example.org", "form_key": "f1",
    }  # fmt: skip
    add = reverse("workspace_hand_gifts:enter")
    wrong = client.post(add, form | {"file": SimpleUploadedFile("slip.pdf", b"not a slip")})
    assert (wrong.status_code, "88.00" in wrong.text) == (200, True)
    assert client.post(add, form | {"file": SimpleUploadedFile("slip.pdf", SLIP)}).status_code == 302
    row = HandGift.objects.get()
    approve = reverse("workspace_hand_gifts:approve", args=[row.ref])
    client.post(approve)
    assert not Gift.objects.exists()
    client.force_login(charity_a.second_finance)
    slip = client.get(reverse("workspace_hand_gifts:slip", args=[row.ref]))
    assert (slip.content, slip["Content-Disposition"].startswith("attachment")) == (SLIP, True)
    assert client.post(approve).status_code == 302
    assert Receipt.objects.get().amount_minor == 88_00
    assert Gift.objects.get().state == "SETTLED"
