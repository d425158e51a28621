"""A donor's own statement: for whoever is signed in, for any days, and of nobody else's receipts."""

import io

import pytest
from pypdf import PdfReader

from projects.access.actors import STRIPE
from projects.receipts import actions as receipts
from tests.factories.access import BEGIN
from tests.projects.donors.conftest import sign_in

pytestmark = pytest.mark.django_db
DAYS = {"since": "2026-01-01", "until": "2026-12-31"}


def issue(gift):
    return receipts.issue(gift=gift, by=STRIPE, at=BEGIN)


def text_of(answer) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())


@pytest.mark.parametrize(("language", "title"), [("en", "Statementofgifts"), ("zh-hans", "捐赠清单")])
def test_it_holds_the_donors_own_receipts_alone(client, gift, others_gift, language, title):
    issue(gift)
    issue(others_gift)
    sign_in(client)
    answer = client.get(f"/{language}/my/statement/", DAYS)
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    assert "statement-2026-01-01-2026-12-31.pdf" in answer["Content-Disposition"]
    text = text_of(answer)
    assert title in text
    assert "¥100.00" in text
    assert ("55.00" in text, "王强" in text) == (False, False)


def test_it_refuses_who_is_not_signed_in(client, gift):
    issue(gift)
    answer = client.get("/en/my/statement/", DAYS)
    assert (answer.status_code, answer.url) == (302, "/en/my/sign-in/")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"since": "2026-12-31", "until": "2026-01-01"}, "The last day lies before the first."),
        ({"since": "2026-01-01", "until": "soon"}, "Please write the day as year-month-day."),
        ({"since": "2026-01-01", "until": ""}, "Please fill this in."),
        ({"since": "2020-01-01", "until": "2020-12-31"}, "Please choose other days."),
    ],
)
def test_it_refuses_days_that_make_no_statement_and_keeps_what_was_typed(client, gift, asked, said):
    issue(gift)
    sign_in(client)
    answer = client.get("/en/my/statement/", asked)
    assert answer["Content-Type"].startswith("text/html")
    assert said in answer.text
    assert asked["since"] in answer.text


def test_my_giving_leads_to_it_and_it_asks_for_days_first(client, gift):
    sign_in(client)
    assert "/zh-hans/my/statement/" in client.get("/zh-hans/my/").text
    assert "生成 PDF" in client.get("/zh-hans/my/statement/").text
