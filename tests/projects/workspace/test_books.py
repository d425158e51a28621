"""The charity's books on a screen: statements as table and file, and months that are closed one after the other."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from wagtail.users.models import UserProfile

from ledger import periods, reports, stated, transparency
from ledger.core.refusals import Refused
from projects.audit.models import AuditEvent
from projects.organisations import closing
from tests.factories import relief
from tests.factories.access import BEGIN

pytestmark = pytest.mark.django_db

LATER = BEGIN + timedelta(days=70)


@pytest.fixture
def books(charity_a):
    """Charity A with money in a fund, all of it numbered."""
    relief.funded_project(charity_a)
    transparency.sequence(at=BEGIN + timedelta(hours=5))
    return charity_a


def verified():
    head = transparency.head()
    outcome = {"check": "x", "law": "-", "promise": "y", "green": True, "skipped": "", "findings": []}
    reports.keep(outcomes=[outcome], size=head.size, root_hex=head.root_hex, by="x" * 8, at=LATER)


def months(charity):
    return closing.open_months(charity.organisation, on=LATER.date())


def days(charity):
    """The days of the first open month, as an address has them."""
    month = months(charity)[0]
    return {"starts_on": month.isoformat(), "ends_on": closing.last_day(month).isoformat()}


@pytest.mark.parametrize("kind", ["position", "activities", "cash_flow", "trial_balance", "account"])
def test_finance_reads_every_statement_in_both_languages(books, client, kind):
    client.force_login(books.finance)
    for language, word in (("zh-hans", "截至日志序号"), ("en", "as known at log position")):
        profile = UserProfile.get_for_user(books.finance)
        profile.preferred_language = language
        profile.save()
        page = client.get(reverse("workspace_books:index"), {"statement": kind, **days(books)})
        assert page.status_code == 200
        assert word in page.content.decode()


def test_a_statement_is_a_file_too(books, client):
    client.force_login(books.admin)
    asked = {"statement": "position", **days(books)}
    table = client.get(reverse("workspace_books:index"), asked | {"format": "csv"})
    assert table["Content-Type"].startswith("text/csv")
    assert "cash," in table.content.decode("utf-8-sig")
    said = json.loads(client.get(reverse("workspace_books:index"), asked | {"format": "json"}).content)
    assert said["statement"]["statement"] == "position"
    assert all(said["identities"].values())


def test_what_cannot_be_stated_is_said_and_nothing_breaks(books, client):
    client.force_login(books.finance)
    for asked in (
        {"statement": "position", "position": "999999"},
        {"statement": "nothing"},
        {"starts_on": "2026-02-31"},
        {"starts_on": "2026-03-01", "ends_on": "2026-01-01"},
        {"statement": "account", "after": "x" * 30},
        {"currency": "XXX", "format": "csv"},
    ):
        assert client.get(reverse("workspace_books:index"), asked).status_code == 200


def test_months_are_closed_in_turn_and_the_next_person_sees_it(books, client):
    verified()
    month = months(books)[0]
    closing.close_month(books.organisation, month=month, by=books.finance, at=LATER)
    transparency.sequence(at=LATER)
    assert month not in months(books)
    assert AuditEvent.objects.filter(event="books.month_closed", by_ref=books.finance.ref).count() == 1
    assert len(stated.stated(book=books.organisation.book_code)) == 3
    client.force_login(books.admin)
    page = client.get(reverse("workspace_books:index")).content.decode()
    assert month.isoformat() in page
    for one in stated.stated(book=books.organisation.book_code):
        assert one.digest in page


def test_a_later_month_waits_for_the_one_before(books):
    verified()
    with pytest.raises(Refused, match="month_out_of_turn"):
        closing.close_month(books.organisation, month=months(books)[1], by=books.admin, at=LATER)
    assert periods.closed_periods(book=books.organisation.book_code) == []


@pytest.mark.parametrize("role", ["editor", "caseworker", "checker"])
def test_nobody_else_closes_a_month(books, role):
    with pytest.raises(Refused, match="not_permitted"):
        closing.close_month(books.organisation, month=months(books)[0], by=getattr(books, role), at=LATER)


def test_another_charitys_finance_closes_nothing_here(books, charity_b):
    with pytest.raises(Refused, match="not_permitted"):
        closing.close_month(books.organisation, month=months(books)[0], by=charity_b.finance, at=LATER)


def test_the_regulator_reads_the_same_statement(books, client, regulator):
    asked = {"statement": "activities", **days(books), "format": "json"}
    client.force_login(regulator)
    theirs = client.get(reverse("oversight:statements", args=[books.organisation.slug]), asked)
    client.force_login(books.finance)
    ours = client.get(reverse("workspace_books:index"), asked)
    assert json.loads(theirs.content)["statement"] == json.loads(ours.content)["statement"]
