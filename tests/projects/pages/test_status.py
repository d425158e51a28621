"""Everybody may know whether the books were verified and when; what is wrong is not told here."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ledger import reports

pytestmark = pytest.mark.django_db


def keep(*, green: bool, at) -> None:
    says = [] if green else [{"table": "ledger_posting", "row": "entry_id=5f0c", "says": "is wrong"}]
    outcome = {"check": "leaves", "law": "L9", "promise": "y", "green": green, "skipped": "", "findings": says}
    reports.keep(outcomes=[outcome], size=7, root_hex="ab" * 32, by="system:worker", at=at)


def told(client) -> str:
    return client.get("/status.json").json()["verification"]


def test_before_the_first_verification_there_is_none(client):
    assert client.get("/status.json").json() == {
        "verification": "none", "verified_at": None, "verified_size": None, "log_size": 0, "numbered_at": None,
    }  # fmt: skip
    assert "账目尚未校验" in client.get("/zh-hans/status/").content.decode()


@pytest.mark.parametrize(
    ("green", "days", "word", "sentence"),
    [
        (True, 0, "green", "The books are in order"),
        (True, 3, "late", "The books have not been verified lately"),
        (False, 0, "red", "The last verification found something wrong"),
        (False, 3, "red", "The last verification found something wrong"),
    ],
)
def test_it_says_how_the_last_one_ended_and_no_more(client, green, days, word, sentence):
    keep(green=green, at=timezone.now() - timedelta(days=days))
    assert told(client) == word
    page = client.get("/en/status/").content.decode()
    assert sentence in page
    assert "5f0c" not in page
    assert "leaves" not in client.get("/status.json").content.decode()
