"""Regulators read every report of verification; rows are named only to those who oversee every charity."""

import pytest
from django.urls import reverse
from django.utils import translation

from charity_site.management.commands.verify import all_checks
from ledger import reports
from projects.organisations.models import Organisation
from tests.factories.access import BEGIN

pytestmark = pytest.mark.django_db
ROW = "id=5f0c"


@pytest.fixture
def report():
    finding = {"table": "ledger_posting", "row": ROW, "says": "is wrong"}
    good = {
        "check": "keys",
        "law": "L4",
        "promise": "every value is of its column's kind",
        "green": True,
        "skipped": "",
    }
    bad = good | {"check": "leaves", "law": "L9", "promise": "every leaf hashes to what the log keeps", "green": False}
    return reports.keep(
        outcomes=[good | {"findings": []}, bad | {"findings": [finding]}], size=1234, root_hex="ab" * 32,
        by="system:worker", at=BEGIN,
    )  # fmt: skip


def test_the_reports_are_listed_and_lead_to_each(client, regulator, report):
    client.force_login(regulator)
    page = client.get(reverse("oversight:verifications")).content.decode()
    assert "1,234" in page
    assert reverse("oversight:verification", args=[report.number]) in page
    assert "未通过" in page
    assert "未通过" in client.get(reverse("oversight:home")).content.decode()


def test_a_report_speaks_both_languages(client, regulator, report):
    client.force_login(regulator)
    address = reverse("oversight:verification", args=[report.number])
    assert "每片叶子重新计算的哈希与日志所存一致" in client.get(address).content.decode()
    assert (
        "every leaf hashes to what the log keeps" in client.get(address.replace("/zh-hans/", "/en/")).content.decode()
    )


def test_rows_are_named_to_those_who_oversee_every_charity(client, regulator, charity_b, report):
    client.force_login(regulator)
    address = reverse("oversight:verification", args=[report.number])
    page = client.get(address).content.decode()
    assert ROW not in page
    assert "共指出 1 行" in page
    Organisation.objects.filter(pk=charity_b.organisation.pk).update(book_code="")
    assert ROW in client.get(address).content.decode()


@pytest.mark.parametrize("number", [99, 2**70])
def test_a_report_that_is_not_there_is_not_found(client, regulator, number):
    client.force_login(regulator)
    assert client.get(reverse("oversight:verification", args=[number])).status_code == 404


def test_every_check_has_its_promise_in_chinese():
    with translation.override("zh-hans"):
        same = [check.name for check in all_checks() if translation.gettext(check.promise) == check.promise]
    assert same == []
