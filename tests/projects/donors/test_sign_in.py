"""A mailed link signs a donor in: once, soon, by a button; and nobody learns which addresses are known."""

import datetime

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from projects.donors import links, sessions, tries
from projects.donors.models import DonorAccess
from tests.factories.access import BEGIN
from tests.projects.donors.conftest import donor_of, mailed_link, sign_in

pytestmark = pytest.mark.django_db


def ask(client, email):
    return client.post("/en/my/sign-in/", {"email": email})


def test_a_known_and_an_unknown_address_get_the_same_answer(client, gift):
    known, unknown = ask(client, " LIN@example.org "), ask(client, "nobody@example.org")
    assert [letter.to for letter in mail.outbox] == [["lin@example.org"]]
    without = [
        page.text.replace("LIN@example.org", "X").replace("nobody@example.org", "X") for page in (known, unknown)
    ]
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert without[0] == without[1]


def test_the_letter_is_in_the_donors_language_and_has_no_token_but_its_own(client, gift, others_gift):
    assert mailed_link(client, "lin@example.org").startswith("/zh-hans/my/")
    assert "链接" in mail.outbox[0].subject
    assert mailed_link(client, "other@example.org").startswith("/en/my/")
    assert mail.outbox[0].subject == "Your link to your giving"


def test_looking_at_the_link_uses_nothing_up_and_the_button_does(client, gift):
    link = mailed_link(client)
    for _ in range(3):
        scanner = Client().get(link)
        assert (scanner.status_code, sessions.COOKIE in scanner.cookies) == (200, False)
    assert client.post(link)["Location"] == "/zh-hans/my/"
    assert "100.00" in client.get("/en/my/").text


def test_a_link_works_once_and_ends_the_older_ones(client, gift):
    older, newer = mailed_link(client), mailed_link(client)
    assert client.post(newer).status_code == 303
    for link in (newer, older):
        stranger = Client()
        assert (stranger.get(link).status_code, stranger.post(link).status_code) == (410, 410)
        assert stranger.get("/en/my/").status_code == 302


def test_two_taps_at_once_are_one_sign_in(gift):
    donor = donor_of("lin@example.org")
    token = links.url_of(donor).rstrip("/").rsplit("/", 1)[1]
    assert links.use(token, at=BEGIN) == donor
    later = links.url_of(donor_of("lin@example.org")).rstrip("/").rsplit("/", 1)[1]
    # Another tap has won since the row was read: the condition of the update decides.
    DonorAccess.objects.update(signed_in_at=BEGIN + datetime.timedelta(seconds=1))
    assert links.use(later, at=BEGIN + datetime.timedelta(seconds=2)) is None


def test_a_link_ends_after_a_quarter_of_an_hour(client, gift, monkeypatch):
    link = mailed_link(client)
    now = links.tokens_v2.time.time()
    monkeypatch.setattr(links.tokens_v2.time, "time", lambda: now + django_settings.SESAME_MAX_AGE + 1)
    assert client.post(link).status_code == 410


def test_a_changed_link_and_a_link_of_a_changed_address_open_nothing(client, gift, others_gift):
    link = mailed_link(client)
    for wrong in (link[:-3] + "AA/", "/en/my/sign-in/x/", "/en/my/sign-in/" + "A" * 24 + "/"):
        assert client.post(wrong).status_code == 410
    donor = donor_of("lin@example.org")
    donor.email = "new@example.org"
    donor.save()
    assert client.post(link).status_code == 410


def test_links_cannot_be_guessed_for_long(client, gift):
    for _ in range(tries.WRONG_LINKS_FROM_A_NETWORK.most):
        client.get("/en/my/sign-in/guess/", REMOTE_ADDR="192.0.2.7")
    link = mailed_link(client)
    assert client.post(link, REMOTE_ADDR="192.0.2.99").status_code == 429
    assert client.post(link, REMOTE_ADDR="198.51.100.1").status_code == 303


@pytest.mark.parametrize("email", ["lin@example.org", "nobody@example.org"])
def test_an_address_gets_few_letters_an_hour_known_or_not(client, gift, email):
    codes = [client.post("/en/my/sign-in/", {"email": email}).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


def test_a_network_may_not_ask_for_everybody(client, gift):
    most = tries.LETTERS_FROM_A_NETWORK.most
    codes = [
        client.post("/en/my/sign-in/", {"email": f"a{n}@example.org"}, REMOTE_ADDR=f"2001:db8::{n + 1:x}").status_code
        for n in range(most + 1)
    ]
    assert codes == [200] * most + [429]


def test_a_wrong_address_is_answered_by_its_field(client, gift):
    page = ask(client, "not an address")
    assert 'value="not an address"' in page.text
    assert 'href="#id_email"' in page.text
    assert not mail.outbox


def test_signing_out_ends_the_session_in_our_rows_too(client, gift):
    sign_in(client)
    copied = client.cookies[sessions.COOKIE].value
    client.post("/en/my/sign-out/")
    thief = Client()
    thief.cookies[sessions.COOKIE] = copied
    assert thief.get("/en/my/").status_code == 302
    assert not Session.objects.filter(session_key=copied).exists()


def test_a_session_ends_after_its_hours(gift, rf):
    from django.http import HttpResponse

    response = HttpResponse()
    sessions.begin(response, donor_of("lin@example.org"), at=BEGIN)
    request = rf.get("/")
    request.COOKIES[sessions.COOKIE] = response.cookies[sessions.COOKIE].value
    assert sessions.donor_of(request, at=BEGIN + datetime.timedelta(hours=11)) is not None
    assert sessions.donor_of(request, at=BEGIN + datetime.timedelta(hours=13)) is None


def test_donors_and_staff_are_strangers(client, gift, charity_a):
    """A donor's session opens no staff screen, a staff session is no donor's, in either cookie."""
    sign_in(client)
    assert client.get("/cms/").status_code == 302
    crossed = Client()
    crossed.cookies[django_settings.SESSION_COOKIE_NAME] = client.cookies[sessions.COOKIE].value
    assert crossed.get("/cms/").status_code == 302
    staff = Client()
    staff.force_login(charity_a.finance)
    staff.cookies[sessions.COOKIE] = staff.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert staff.get("/en/my/").status_code == 302
    staff.post("/en/my/sign-out/")
    assert staff.get("/cms/").status_code == 200


def test_the_button_needs_its_form(gift):
    careful = Client(enforce_csrf_checks=True)
    donor = donor_of("lin@example.org")
    assert careful.post(links.url_of(donor)).status_code == 403
