"""The city's figures are those of the benchmark, multiplied; what is not measured is not made up."""

from tests.bench import city
from tests.bench.lines import LINES, Result
from tests.bench.machine import Machine
from tests.bench.report import Measured, row_of

MEASURED = Measured(Machine(), 1_600_000, "abc", "2026-11-22")
RESULTS = [
    Result("post-raw", (0.6,), "1,000/s against 2,000/s"),
    Result("sequencer-postgresql-speed", (50_000,), "3,200,000 entries in the log"),
    Result("sequencer-postgresql", (0.05,), "50,000/s against 1,000,000/s"),
    Result("bytes", (800, 801, 800), "1,280 MB"),
    Result("auditor", why_not="no log"),
]
TABLE = "\n".join(row_of(LINES[result.key], result, MEASURED) for result in RESULTS)


def test_hours_and_bytes_are_multiplied():
    rows = {what: (whole, each) for what, whole, each in city.table(city.Figures.of(TABLE), 36_000_000, 10)}
    assert rows["post, one client"] == ("10.0 h", "60.0 min")
    assert rows["entries (gifts, matches, spendings)"] == ("72,000,000", "7,200,000")
    assert rows["number, hash, snapshots, tiles"] == ("0.4 h", "2.4 min")
    assert rows["disk, tables and indexes"] == ("28.8 GB", "2.88 GB")


def test_what_is_not_measured_is_said():
    rows = {what: whole for what, whole, _each in city.table(city.Figures.of(TABLE), 36_000_000, 10)}
    assert rows["check from outside, one process"] == rows["post in bulk"] == "not measured yet"


def test_it_reads_the_repositorys_own_figures(capsys):
    assert city.main([]) == 0
    assert "| gifts | 65,000,000 | 1,585,366 |" in capsys.readouterr().out
