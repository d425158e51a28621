"""A program tries stolen cards through the real form and the emulator's pages: it is stopped, donors are not."""

import datetime
import re

import pytest
from django.core import mail
from django.utils import timezone

from projects.audit.models import AuditEvent
from projects.catalog.models import Project
from projects.checkout.methods import ALIPAY, CARD, WECHAT_PAY
from projects.giving import guard
from projects.giving.guard_challenge import WAIT_SECONDS
from projects.giving.models import CardIncident, Gift, PaymentTry
from tests.factories.access import BEGIN
from tests.factories.giving import project_with_books
from tests.projects.checkout.conftest import deliver
from tests.projects.giving.test_guard_rules import work
from tests.refusals import refused

pytestmark = pytest.mark.django_db

ATTEMPTS = 500
STOPPED_WITHIN = 10
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def clock(monkeypatch):
    """The moment now, which a test may move."""
    moment = [BEGIN]
    monkeypatch.setattr(timezone, "now", lambda: moment[0])
    return moment


@pytest.fixture
def project(provider, clock, settings) -> Project:
    settings.ALARM_ADDRESSES = ["duty@charity.example"]
    return project_with_books()


class Program:
    """Sends the form, tries a card on the page it is led to; counts how many cards it could try."""

    def __init__(self, client, provider, project, **wish) -> None:
        self.client, self.provider, self.project, self.wish = client, provider, project, wish
        self.tried, self.last = 0, None

    def once(self, number: int, *, address: str = "203.0.113.7", email: str = "", **more) -> bool:
        wish = {"amount_choice": "other", "amount_other": "1", "email": email or f"a{number}@spam.example"}
        wish |= {"form_key": f"k{number}-{address}"} | self.wish | more
        self.last = self.client.post(f"/en/projects/{self.project.slug}/give/", wish, REMOTE_ADDR=address)
        if self.last.status_code != 303:
            return False
        gift = Gift.objects.order_by("-pk").first()
        if gift is not None and "/c/pay/" in self.last["Location"]:
            known = {event["id"] for event in self.provider.events()}
            self.provider.bank.decline(self.provider.store.get(gift.session_ref))
            deliver(self.client, *(event for event in self.provider.events() if event["id"] not in known))
        self.tried += 1
        return True

    def token(self) -> str:
        return re.search(r'name="token" value="([^"]+)"', self.last.content.decode())[1]


@pytest.fixture
def program(client, provider, project) -> Program:
    return Program(client, provider, project)


def letters() -> list:
    return [letter for letter in mail.outbox if "Card testing" in letter.subject]


def test_five_hundred_attempts_from_one_place_stop_within_ten(program, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(ATTEMPTS):
            program.once(number)
    assert 0 < program.tried < STOPPED_WITHIN
    assert program.last.status_code == 200
    assert 'id="challenge"' in program.last.content.decode()
    assert (CardIncident.objects.get().project, len(letters())) == (program.project, 1)
    assert PaymentTry.objects.count() < 70


def test_a_program_that_does_the_work_each_time_is_refused_within_ten(program, django_capture_on_commit_callbacks):
    token = answer = ""
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(30):
            if not program.once(number, token=token, answer=answer) and program.last.status_code == 200:
                token = program.token()
                program.once(number, token=token, answer=work(token))
    assert 0 < program.tried < STOPPED_WITHIN
    assert program.last.status_code == 429
    assert "try again in an hour" in program.last.content.decode()
    incident = CardIncident.objects.get()
    assert incident.refused > 20
    assert AuditEvent.objects.filter(event="card_testing.noticed").count() == 1
    (letter,) = letters()
    assert letter.to == ["duty@charity.example"]


def test_from_everywhere_the_form_asks_everybody_and_staff_are_told(program, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(100):
            program.once(number, address=f"198.51.{number}.9")
    assert 0 < program.tried < STOPPED_WITHIN
    assert CardIncident.objects.get().project == program.project
    assert len(letters()) == 1


def test_meanwhile_donors_get_through_by_waiting_or_by_their_browsers_work(program, client, clock, project):
    for number in range(20):
        program.once(number, address=f"198.51.{number}.9")
    donor = {"amount_choice": "10000", "amount_other": "", "email": "li@example.org", "address": "192.0.2.44"}
    assert not program.once(900, **donor)
    token = program.token()
    assert program.once(900, **donor, token=token, answer=work(token))
    assert not program.once(901, **donor)
    token = program.token()
    clock[0] += datetime.timedelta(seconds=WAIT_SECONDS)
    assert program.once(901, **donor, token=token)


def test_a_challenge_serves_once_and_a_double_tap_is_one_gift(program):
    for number in range(20):
        program.once(number, address=f"198.51.{number}.9")
    program.once(900, address="192.0.2.44")
    told = {"address": "192.0.2.44", "token": program.token(), "answer": work(program.token())}
    before = Gift.objects.count()
    assert program.once(900, **told)
    program.client.post(
        f"/en/projects/{program.project.slug}/give/",
        {"amount_choice": "other", "amount_other": "1", "email": "a900@spam.example", "form_key": "k900-192.0.2.44"},
        REMOTE_ADDR="192.0.2.44",
    )
    assert Gift.objects.count() == before + 1
    assert not program.once(901, **told)


@pytest.mark.parametrize("wish", [{"method": CARD}, {"method": ALIPAY}, {"method": WECHAT_PAY}, {"frequency": "MONTH"}])
def test_every_way_to_pay_is_guarded(client, provider, project, wish):
    program = Program(client, provider, project, **wish)
    for number in range(40):
        program.once(number)
    assert 0 < program.tried < STOPPED_WITHIN


def test_without_a_challenge_whoever_would_be_asked_is_refused(program, settings):
    settings.CARD_GUARD_CHALLENGE = False
    for number in range(40):
        program.once(number)
    assert 0 < program.tried <= 5
    assert program.last.status_code == 429


def test_an_hour_later_it_is_forgiven_and_a_day_later_forgotten(program, clock):
    for number in range(20):
        program.once(number)
    assert not program.once(21)
    clock[0] += 61 * MINUTE
    assert program.once(22)
    assert guard.forget(at=BEGIN + 26 * 60 * MINUTE) > 0
    assert not PaymentTry.objects.filter(at__lt=BEGIN + 60 * MINUTE).exists()


def test_a_page_on_which_cards_fail_again_and_again_is_closed(client, provider, project):
    client.post(f"/en/projects/{project.slug}/give/", {"amount_choice": "10000", "form_key": "k"})
    gift = Gift.objects.get()
    for _try in range(3):
        provider.bank.decline(provider.store.get(gift.session_ref))
    deliver(client, *provider.events())
    gift.refresh_from_db()
    assert (provider.store.get(gift.session_ref)["status"], gift.state) == ("expired", "EXPIRED")


def test_nothing_that_is_kept_names_anybody(program):
    program.once(1, address="203.0.113.99", email="somebody@example.org")
    kept = repr(list(PaymentTry.objects.values()))
    assert len(PaymentTry.objects.values()) == 2
    for word in ("203.0.113", "somebody", "emu4242"):
        assert word not in kept


def test_only_who_keeps_the_accounts_of_the_charity_says_that_they_looked(charity_a, charity_b):
    project = project_with_books(charity_a.organisation)
    incident = CardIncident.objects.create(project=project, began_at=BEGIN, last_at=BEGIN)
    for person in (charity_a.editor, charity_b.finance):
        assert refused(guard.acknowledge, incident, by=person, at=BEGIN) == "not_permitted"
    guard.acknowledge(incident, by=charity_a.finance, at=BEGIN)
    incident.refresh_from_db()
    assert incident.seen_by_ref == charity_a.finance.ref
