"""Reports of verification: kept by the command and once a day by the worker; a red one is heard and names nobody."""

import logging
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from charity_site import alarm, worker
from ledger import reports, transparency
from tests import guards
from tests.ledger import raw
from tests.ledger.story import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return tell()


def test_a_kept_report_says_what_was_found_and_at_which_head():
    call_command("verify", "--keep", "--json")
    report = reports.last()
    head = transparency.head()
    assert (report.green, report.red, report.size, report.root_hex) == (True, [], head.size, head.root_hex)
    assert {"leaves", "schema", "gifts", "audit"} <= {outcome["check"] for outcome in report.outcomes}
    assert report.by == "system:operator"


def test_a_red_report_is_heard_by_those_who_look_after_the_site(desk, settings, caplog):
    settings.ALARM_ADDRESSES = ["books@charity.example"]
    with guards.lifted():
        raw.execute("UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE line = 1")
    with caplog.at_level(logging.ERROR), pytest.raises(SystemExit):
        call_command("verify", "--keep", "--by", "system:worker")
    report = reports.last()
    assert "leaves" in report.red
    assert "The verification of the books is red" in caplog.text
    (sent,) = mail.outbox
    assert sent.to == ["books@charity.example"]
    assert "leaves" in sent.body
    assert f"/oversight/verifications/{report.number}/" in sent.body
    # Rows are named in the report only.
    assert not any(finding["row"] in sent.body for outcome in report.outcomes for finding in outcome["findings"])


def test_a_mail_that_cannot_be_sent_keeps_nobody_from_the_report(desk, settings, caplog, monkeypatch):
    settings.ALARM_ADDRESSES = ["books@charity.example"]

    def no_server(*_arguments, **_named):
        raise ConnectionRefusedError

    monkeypatch.setattr(alarm, "send_mail", no_server)
    alarm.raise_alarm(desk.verified(green=False))
    assert "could not be mailed" in caplog.text


def test_a_kept_report_is_of_every_check():
    with pytest.raises(CommandError, match="exclude each other"):
        call_command("verify", "--keep", "--only", "leaves")


def test_what_an_exception_said_is_not_kept():
    says = f"{reports.COULD_NOT_GO_ON}ValueError: 张三 is no number"
    finding = {"table": "?", "row": "?", "says": says}
    outcome = {"check": "x", "law": "-", "promise": "y", "green": False, "skipped": "", "findings": [finding]}
    report = reports.keep(outcomes=[outcome], size=0, root_hex="00" * 32, by="somebody", at=timezone.now())
    assert report.outcomes[0]["findings"][0]["says"] == f"{reports.COULD_NOT_GO_ON}ValueError"


def test_no_more_rows_are_kept_than_somebody_reads():
    findings = [{"table": "t", "row": str(number), "says": "is wrong"} for number in range(80)]
    outcome = {"check": "x", "law": "-", "promise": "y", "green": False, "skipped": "", "findings": findings}
    report = reports.keep(outcomes=[outcome], size=0, root_hex="00" * 32, by="somebody", at=timezone.now())
    assert (len(report.outcomes[0]["findings"]), report.outcomes[0]["more"]) == (50, 30)


@pytest.mark.parametrize("change", ["green = NOT green", "size = size + 1", "outcomes = '[]'", "verified_by = 'x'"])
def test_a_changed_report_is_found(desk, change):
    with guards.lifted():
        raw.execute(f"UPDATE ledger_verification SET {change} WHERE number = 2")
    assert next(number for number, _fault in reports.broken()) == 2


def test_a_missing_report_is_found(desk):
    with guards.lifted():
        raw.execute("DELETE FROM ledger_verification WHERE number = 2")
    assert [number for number, _fault in reports.broken()] == [3]


# ---- once a day ----


class Started(list):
    """Stands for the process that verifies."""

    ended = None

    def __call__(self, command, **_named):
        self.append(command)
        return self

    def poll(self):
        return self.ended


@pytest.fixture
def started(monkeypatch):
    started = Started()
    monkeypatch.setattr(worker.subprocess, "Popen", started)
    monkeypatch.setattr(worker, "_calendar", {})
    monkeypatch.setattr(worker, "_verifying", [])
    return started


def test_the_worker_verifies_once_a_day_beside_itself(started, monkeypatch):
    worker.verify_daily()
    worker.verify_daily()
    assert [command[2:] for command in started] == [["django", "verify", "--keep", "--by", "system:worker"]]
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(worker.timezone, "localdate", lambda: tomorrow)
    worker.verify_daily()
    assert len(started) == 1, "the one of today still runs"
    started.ended = 0
    worker.verify_daily()
    assert len(started) == 2


def test_a_worker_that_was_started_again_does_not_verify_again(started):
    call_command("verify", "--keep", "--json")
    worker.verify_daily()
    assert started == []
