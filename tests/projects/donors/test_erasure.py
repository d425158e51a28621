"""Being forgotten: asked, confirmed by mail, done when no money moves. The person is gone and the books stand."""

import datetime
import io
import json
import re
import zipfile

import pytest
from django.apps import apps
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client

from ledger import reading, transparency
from ledger.core.commitments import commit, commitment_salt
from projects.access.actors import STRIPE, SystemActor
from projects.checkout import personal as messages
from projects.checkout import pledge_desk
from projects.checkout.models import EventWork, StripeEvent
from projects.checkout.stripe_client import ProviderDown
from projects.donors import erasing
from projects.giving import personal
from projects.giving.commitments import private_facts
from projects.giving.models import Donor, Gift, Pledge, Refund
from projects.receipts import actions as receipts
from tests.factories.access import BEGIN
from tests.factories.giving import opened_gift, settled_gift
from tests.projects.donors.conftest import sign_in
from tests.refusals import refused

pytestmark = pytest.mark.django_db

NAME, EMAIL, WORDS = "林晓晓", "lin@example.org", "给孩子们的话"
BY = SystemActor("donor:test")
LINK = re.compile(r"http://localhost:8000(/\S+/my/erasure/\S+/)")


@pytest.fixture
def gift(project):
    return settled_gift(project, email=EMAIL, name=NAME, message=WORDS, amount_minor=100_00)


def stored(gift: Gift, event_id: str = "evt_1") -> StripeEvent:
    """A provider's message about a gift, as it came, worked long ago."""
    thing = {
        "id": gift.provider_ref, "object": "payment_intent", "amount": 100_00, "currency": "cny",
        "receipt_email": gift.email, "billing_details": {"name": gift.donor_name, "email": gift.email},
        "metadata": {"gift_ref": gift.ref, "said": WORDS},
    }  # fmt: skip
    message = {"id": event_id, "object": "event", "type": "charge.updated", "data": {"object": thing}, "created": 1}
    event = StripeEvent.objects.create(
        event_id=event_id, type="charge.updated", livemode=False, signature="t=1,v1=ab", received_at=BEGIN,
        payload=json.dumps(message, ensure_ascii=False).encode(),
    )  # fmt: skip
    EventWork.objects.create(event=event, state=EventWork.State.DONE, done_at=BEGIN)
    return event


def everything_stored() -> str:
    """Every cell of every table, as text."""
    cells = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values_list():
            cells += [bytes(c).decode(errors="ignore") if isinstance(c, bytes | memoryview) else str(c) for c in row]
    return "\n".join(cells)


def running_pledge(gift: Gift) -> Pledge:
    return Pledge.objects.create(
        form_key="p", project=gift.project, organisation=gift.organisation, donor=gift.donor, amount_minor=20_00,
        currency="CNY", interval="MONTH", email=EMAIL, donor_name=NAME, state="ACTIVE", subscription_ref="sub_1",
        created_at=BEGIN, started_at=BEGIN,
    )  # fmt: skip


def test_the_person_is_gone_from_every_table_and_the_books_stand(gift, others_gift):
    receipt = receipts.issue(gift=gift, by=STRIPE, at=BEGIN)
    stored(gift)
    transparency.sequence(at=BEGIN)
    assert all(word in everything_stored() for word in (NAME, EMAIL, WORDS))
    head, entry = transparency.head(), reading.entry(gift.entry_id)
    personal.erase_donor(gift.donor, by=BY, at=BEGIN)
    left = everything_stored()
    assert [word for word in (NAME, EMAIL, WORDS, gift.trace_token) if word in left] == []
    assert "other@example.org" in left
    assert (transparency.head(), reading.entry(gift.entry_id)) == (head, entry)
    gift.refresh_from_db()
    receipt.refresh_from_db()
    assert (gift.amount_minor, gift.state, receipt.number) == (100_00, "SETTLED", "2026-000001")
    assert not [finding for check in _checks() if check.find for finding in check.find()]


def _checks():
    from projects.giving.verification import CHECKS as giving
    from projects.receipts.verification import CHECKS as of_receipts

    return [*giving, *of_receipts]


def test_nobody_can_open_the_entrys_commitment_afterwards(gift):
    facts, old_key = private_facts(gift), bytes(gift.donor.commitment_key)
    committed = commit(commitment_salt(old_key, gift.ref), facts)
    donor = personal.erase_donor(gift.donor, by=BY, at=BEGIN)
    assert commit(commitment_salt(bytes(donor.commitment_key), gift.ref), facts) != committed
    assert old_key not in [bytes(key) for key in Donor.objects.values_list("commitment_key", flat=True)]


def test_erasing_twice_changes_nothing_and_the_address_may_give_again(gift, project):
    first = personal.erase_donor(gift.donor, by=BY, at=BEGIN)
    again = personal.erase_donor(first, by=BY, at=BEGIN + datetime.timedelta(days=1))
    assert again.erased_at == BEGIN
    fresh = opened_gift(project, email=EMAIL)
    assert fresh.donor != gift.donor


@pytest.mark.parametrize("under_way", ["payment", "refund"])
def test_it_waits_while_money_moves_and_is_done_by_the_worker_after(gift, project, under_way):
    if under_way == "payment":
        moving = opened_gift(project, email=EMAIL)
        stop = lambda: Gift.objects.filter(pk=moving.pk).update(state="EXPIRED")  # noqa: E731
    else:
        Refund.objects.create(gift=gift, provider_ref="re_1", amount_minor=1_00, state="PENDING", created_at=BEGIN)
        stop = lambda: Refund.objects.update(state="FAILED")  # noqa: E731
    assert refused(personal.erase_donor, gift.donor, by=BY, at=BEGIN) == "money_under_way"
    wish = erasing.confirm(erasing.ask(gift.donor, at=BEGIN), at=BEGIN)
    assert (wish.state, wish.waits_for) == ("CONFIRMED", "money_under_way")
    stop()
    assert erasing.carry_out_waiting(at=BEGIN) == 0
    assert erasing.carry_out_waiting(at=BEGIN + erasing.TRY_AGAIN) == 1
    assert donor_ref_is_blank(gift)


def donor_ref_is_blank(gift: Gift) -> bool:
    return Donor.objects.get(pk=gift.donor_id).email == ""


def test_regular_gifts_end_first_and_nothing_is_half_done(gift, monkeypatch):
    pledge = running_pledge(gift)

    def away(*args, **kwargs):
        raise ProviderDown("gone")

    monkeypatch.setattr(pledge_desk, "cancel", away)
    assert refused(personal.erase_donor, gift.donor, by=BY, at=BEGIN) == "pledge_runs"
    assert not donor_ref_is_blank(gift)

    def ends(row, *, by, at):
        Pledge.objects.filter(pk=row.pk).update(state="CANCELLED", ended_at=at)

    monkeypatch.setattr(pledge_desk, "cancel", ends)
    personal.erase_donor(gift.donor, by=BY, at=BEGIN)
    pledge.refresh_from_db()
    assert (pledge.state, pledge.email, pledge.donor_name) == ("CANCELLED", "", "")
    from projects.checkout import pledge_letters

    pledge_letters.tell(pledge, at=BEGIN)
    assert [letter.to for letter in mail.outbox if letter.to == [""]] == []


def test_news_that_comes_after_the_erasure_loses_its_person_too(gift):
    personal.erase_donor(gift.donor, by=BY, at=BEGIN)
    late = stored(gift, "evt_late")
    assert NAME.encode() in bytes(late.payload)
    messages.blank_if_erased(late, at=BEGIN)
    late.refresh_from_db()
    assert NAME.encode() not in bytes(late.payload)
    kept = json.loads(bytes(late.payload))["data"]["object"]
    assert kept == {
        "id": gift.provider_ref, "object": "payment_intent", "amount": 100_00, "currency": "cny",
        "metadata": {"gift_ref": gift.ref},
    }  # fmt: skip


def test_messages_of_others_stay_as_they_came(gift, others_gift):
    mine, theirs = stored(gift, "evt_mine"), stored(others_gift, "evt_theirs")
    StripeEvent.objects.filter(pk=0).update(type="x")
    assert messages.events_of(others_gift.donor) == [theirs]
    assert mine in messages.events_of(gift.donor)


BLANKED = "checkout_stripeevent SET erased_at = received_at"
REFUSED = {
    "changing a message": "UPDATE checkout_stripeevent SET payload = %s WHERE id = %s",
    "blanking without saying so": "UPDATE checkout_stripeevent SET payload = %s, signature = '' WHERE id = %s",
    "removing a message": "DELETE FROM checkout_stripeevent WHERE payload = %s OR id = %s",
    "another type": f"UPDATE {BLANKED}, signature = '', type = 'x', payload = %s WHERE id = %s",
    "a longer one": f"UPDATE {BLANKED}, signature = '', payload = payload || %s WHERE id = %s",
    "with its signature": f"UPDATE {BLANKED}, payload = %s WHERE id = %s",
}  # fmt: skip


@pytest.mark.parametrize("way", REFUSED)
def test_the_database_lets_a_message_be_blanked_and_nothing_else(gift, way):
    event = stored(gift)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REFUSED[way], [b"{}", event.pk])


def test_a_message_is_blanked_once(gift):
    event = stored(gift)
    messages.blank(event, at=BEGIN)
    with pytest.raises(DatabaseError), transaction.atomic():
        StripeEvent.objects.filter(pk=event.pk).update(payload=b"{}", erased_at=BEGIN, signature="")


def test_an_erased_donor_cannot_be_named_again(gift):
    donor = personal.erase_donor(gift.donor, by=BY, at=BEGIN)
    with pytest.raises(DatabaseError), transaction.atomic():
        Donor.objects.filter(pk=donor.pk).update(email="again@example.org")


def asked(client) -> str:
    """Ask to be forgotten, signed in; the path of the mailed link."""
    sign_in(client)
    mail.outbox.clear()
    assert client.post("/en/my/data/erasure/").status_code == 303
    return LINK.search(mail.outbox[-1].body)[1]


def test_the_whole_way_from_the_page_to_the_last_letter(client, gift):
    link = asked(client)
    assert "什么" not in Client().get(link).text.partition("<main")[2].partition("</main>")[0]
    assert not donor_ref_is_blank(gift)
    assert "已经完成" in client.post(link).text
    assert donor_ref_is_blank(gift)
    assert mail.outbox[-1].to == [EMAIL]
    assert "最后一封" in mail.outbox[-1].body
    assert client.get("/en/my/").status_code == 302
    assert client.get(f"/en/gift/{gift.trace_token}/").status_code == 404
    assert "已经完成" in client.get(link).text


def test_asking_erases_nobody_and_the_link_ends_after_a_day(client, gift):
    link = asked(client)
    token = link.rstrip("/").rsplit("/", 1)[1]
    wish = erasing.wish_of(token, at=datetime.datetime.now(datetime.UTC))
    assert wish is not None
    assert erasing.wish_of(token, at=wish.asked_at + datetime.timedelta(hours=25)) is None
    assert Client().post(link[:-4] + "abc/").status_code == 410
    assert not donor_ref_is_blank(gift)


def test_only_who_is_signed_in_may_ask_or_copy(project):
    for page in ("data/copy/", "data/erasure/"):
        assert Client().post(f"/en/my/{page}").headers["Location"] == "/en/my/sign-in/"
        assert Client().get(f"/en/my/{page}").status_code == 405


def test_the_copy_holds_everything_of_ones_own_and_nothing_of_others(client, gift, others_gift):
    receipts.issue(gift=gift, by=STRIPE, at=BEGIN)
    stored(gift, "evt_mine")
    stored(others_gift, "evt_theirs")
    sign_in(client)
    answer = client.post("/en/my/data/copy/")
    files = zipfile.ZipFile(io.BytesIO(answer.content))
    data = json.loads(files.read("data.json"))
    assert data["donor"]["email"] == EMAIL
    assert [row["message"] for row in data["gifts"]] == [WORDS]
    assert [row["name"] for row in data["receipts"]] == [NAME]
    assert [row["message"]["id"] for row in data["payment_messages"]] == ["evt_mine"]
    text = files.read("readable.html").decode()
    assert "¥100.00" in text
    assert WORDS in text
    assert "others" not in data
    assert "other@example.org" not in json.dumps(data["gifts"]) + json.dumps(data["donor"])
