"""What became of every row of a file stands on a public page and in the interface, as the notice in the log says it."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from ledger import transparency
from projects.settlement import actions, published
from projects.settlement.completing import statement
from projects.settlement.models import SettlementFile
from tests.factories import settlement as make
from tests.factories.access import BEGIN
from tests.factories.pages import project_page, site
from tests.factories.settlement import gift, line, row

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/settlements"


@pytest.fixture
def file(charity_a) -> SettlementFile:
    rows = [gift(1, "10.00", 手续费="0.10"), gift(2), gift(2), row(3, "神秘", "3.00"), gift(4, "坏")]
    return make.imported(charity_a, make.csv_of(rows))


def asked(client: Client, **query: object) -> dict:
    return client.get(ADDRESS, query).json()


def test_the_interface_says_what_the_rows_and_the_log_say(client, charity_a, file):
    (said,) = asked(client)["statements"]
    counts, totals = statement(file)
    assert (said["counts"], said["totals"]) == (counts, totals)
    assert (said["digest"], said["rows"], said["total"]) == (file.sha256, 5, sum(totals.values()))
    assert (said["book"], said["source"]) == (charity_a.organisation.book_code, "PLATFORM")
    assert said["position"] is None
    while transparency.sequence(at=BEGIN):
        pass
    (said,) = asked(client)["statements"]
    assert said["position"] == transparency.position_of(file.notice_id)


def test_the_page_names_digest_counts_and_sums_and_nobody(client, file):
    site()
    text = client.get("/en/settlements/").content.decode()
    assert file.sha256 in text
    assert "Gift, in the books" in text
    assert "10.90" in text
    assert "林晓" not in text
    assert "list.csv" not in text
    assert "结算文件逐行去向" in client.get("/zh-hans/settlements/").content.decode()


def test_of_one_charity_only_its_own_files_are_shown(client, charity_a, charity_b, file):
    other = make.imported(charity_b, make.csv_of([gift(9, "7.00")]))
    site()
    text = client.get("/en/settlements/", {"charity": charity_b.organisation.slug}).content.decode()
    assert other.sha256 in text
    assert file.sha256 not in text
    listed = asked(client, book=charity_a.organisation.book_code)["statements"]
    assert [one["digest"] for one in listed] == [file.sha256]
    assert client.get("/en/settlements/", {"charity": "nobody"}).status_code == 404


def test_what_is_not_complete_is_not_published(client, charity_a):
    make.started(charity_a, make.csv_of([gift(1)]))
    make.imported(charity_a, make.csv_of([gift(2)]), stated_rows=7)
    assert asked(client) == {"statements": [], "after": ""}


def test_statements_come_a_page_at_a_time(client, charity_a, file):
    make.statement(charity_a, line("B1", "5.00"))
    first = asked(client, limit=1)
    second = asked(client, limit=1, after=first["after"])
    assert [one["source"] for one in (*first["statements"], *second["statements"])] == ["BANK", "PLATFORM"]
    assert second["after"] == ""


def test_many_statements_ask_no_more_than_a_few_questions(charity_a, file, django_assert_max_num_queries):
    for number in range(20, 24):
        make.imported(charity_a, make.csv_of([gift(number)]))
    with django_assert_max_num_queries(6):
        assert len(published.statements(list(published.complete_files()))) == 5


def test_the_check_page_and_the_charitys_page_lead_there(client, charity_a):
    site()
    assert "/en/settlements/" in client.get("/en/check/").content.decode()


# ---- from a project to its files ----


def test_a_projects_page_leads_to_the_files_that_brought_it_gifts(client, charity_a, project):
    page = project_page(project)
    mine = [gift(1, "10.00", 项目=project.slug), gift(2, "2.50", 项目=project.slug), gift(3, "7.00"), gift(4, "坏")]
    file = make.imported(charity_a, make.csv_of(mine))
    elsewhere = make.imported(charity_a, make.csv_of([gift(5, "4.00")]))
    assert f"/settlements/?project={project.slug}" in client.get(page.get_url()).content.decode()
    text = client.get("/en/settlements/", {"project": project.slug}).content.decode()
    assert file.sha256 in text
    assert elsewhere.sha256 not in text
    assert "12.50" in text
    assert "林晓" not in text
    (found,) = published.files_of_project(project)
    assert (found.gifts, found.gifts_minor) == (2, 1250)


def test_a_project_without_files_says_nothing_of_them(client, project):
    page = project_page(project)
    assert "/settlements/?project=" not in client.get(page.get_url()).content.decode()
    assert client.get("/en/settlements/", {"project": "nobody"}).status_code == 404


def test_what_a_file_brought_is_written_once(charity_a, project):
    make.imported(charity_a, make.csv_of([gift(1, "10.00", 项目=project.slug)]))
    with pytest.raises(DatabaseError, match="L3"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE settlement_giftsbrought SET gifts = 9")


def test_a_file_whose_totals_differ_is_not_shown_before_they_are_accepted(charity_a, project):
    rows = make.csv_of([gift(1, "10.00", 项目=project.slug)])
    file = make.imported(charity_a, rows, stated_rows=7)
    assert list(published.files_of_project(project)) == []
    actions.accept_totals(file, reason="x", by=charity_a.second_finance, at=BEGIN)
    assert list(published.files_of_project(project)) == [file]
