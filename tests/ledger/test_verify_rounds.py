"""Several processes share a round of checks: they see one moment, say what one process says, and hide no death."""

import io
import os

from django.core.management import call_command

from charity_site.progress import Bar
from ledger import transparency, verify
from ledger.models import LogLeaf
from ledger.verify.rounds import DIED
from tests import guards
from tests.ledger import raw
from tests.ledger.story import tell

LOOKERS = [
    verify.Check(f"look {number}", "-", "-", lambda: [verify.Finding("seen", str(LogLeaf.objects.count()), "leaves")])
    for number in range(8)
]


def said(processes: int, checks=verify.CHECKS) -> list[tuple]:
    made = verify.run(checks, processes=processes)
    return [(one.check.name, one.skipped, sorted(map(str, one.findings))) for one in made]


def test_two_processes_say_what_one_says(transactional_db):
    tell()
    assert said(2) == said(1)
    assert not any(findings for _name, _skipped, findings in said(2))
    with guards.lifted():
        raw.execute("UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE line = 1")
    assert any(findings for _name, _skipped, findings in said(2))
    assert said(2) == said(1)


def test_all_processes_see_the_books_at_one_moment(transactional_db):
    desk = tell()
    size = transparency.head().size
    told = []

    def go_on(done: int, total: int) -> None:
        told.append((done, total))
        desk.gift(100)
        desk.sequence()

    made = verify.Round(LOOKERS, (), processes=2, told=go_on)
    assert {str(finding) for outcome in made.outcomes() for finding in outcome.findings} == {f"seen [{size}]: leaves"}
    assert made.head.size == size
    assert told[-1] == (8, 8)
    assert transparency.head().size > size


def test_a_process_that_dies_leaves_red_behind(transactional_db):
    here = os.getpid()
    deadly = verify.Check("deadly", "-", "-", lambda: [] if os.getpid() == here else os._exit(9))
    outcomes = list(verify.run([*LOOKERS, deadly], processes=2))
    assert [outcome.check.name for outcome in outcomes] == [check.name for check in [*LOOKERS, deadly]]
    assert outcomes[-1].findings[0].says == DIED


def test_rows_that_nobody_committed_are_checked_by_one_process(db):
    tell()
    assert said(2) == said(1)


def test_the_command_shares_its_work(transactional_db, capsys):
    call_command("verify", "--processes", "2")
    assert "Green." in capsys.readouterr().out


def test_a_bar_is_for_terminals_only():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        bar = Bar(stream)
        bar.show(1, 2)
        bar.wipe()
        assert (" 50 %" in stream.getvalue()) == shown
