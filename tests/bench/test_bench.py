"""The benchmark works and its file is whole; how fast anything is, no test says."""

import re
import subprocess
import sys

import pytest
from django.db import connection

from tests import engine
from tests.architecture import source
from tests.bench.__main__ import MEASURES
from tests.bench.lines import GROUPS, LINES, Result
from tests.bench.machine import Machine
from tests.bench.places import Places
from tests.bench.report import Measured, merged, rows_of
from tests.bench.run import Run
from tests.bench.world import World

FILE = source.BASE / "BENCHMARKS.md"


@pytest.fixture
def tiny():
    """A run of a few hundred gifts, on the database that the suite runs on."""

    def run(*arguments: str) -> str:
        home = engine.var_dir() / "bench"
        command = [sys.executable, "-m", "tests.bench", "--gifts", "300", "--runs", "1", "--engine", connection.vendor]
        done = subprocess.run(
            [*command, "--home", str(home), *arguments], cwd=source.BASE, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


def test_every_line_is_measured_at_a_tiny_scale(tiny, tmp_path):
    said = tiny("--write", str(tmp_path / "B.md"))
    rows = rows_of((tmp_path / "B.md").read_text())
    expected = [
        line.key for group, (engine, _) in MEASURES.items() if engine == connection.vendor for line in GROUPS[group]
    ]
    measured = [key for key in expected if "not measured" not in rows[key]]
    # The peers are installed by `make bench` only.
    assert set(expected) - set(measured) <= {"post-hordak", "post-django-ledger"}, said


def test_the_file_names_every_line_and_no_other():
    assert list(rows_of(FILE.read_text())) == list(LINES)


def test_a_run_measures_what_was_asked_for_by_line_or_by_group(tmp_path):
    """Every line of a group that was named, one line of another; that a group is named like a line confuses nothing."""
    asked = frozenset({"post", "bulk-postgresql", "sequencer-sqlite"})
    run = Run(Places(tmp_path), 300, 1, (), asked)
    wanted = {line for group in ("post", "bulk-postgresql", "bulk-sqlite") for line in GROUPS[group]}
    wanted = [line.key for line in LINES.values() if line in wanted and run.wants(line.key)]
    whole = [line.key for group in ("post", "bulk-postgresql") for line in GROUPS[group]]
    assert wanted == [*whole, "sequencer-sqlite"]


def test_a_run_of_some_lines_leaves_the_others_as_they_were(tmp_path):
    path, machine = tmp_path / "B.md", Machine({"CPU": "one"}, {})
    path.write_text(merged(path, {"bytes": Result("bytes", (700.0,))}, Measured(machine, 300, "abc", "2026-01-01")))
    path.write_text(merged(path, {"auditor": Result("auditor", (0.5,))}, Measured(machine, 400, "def", "2026-01-02")))
    rows = rows_of(path.read_text())
    assert "| 300 | 2026-01-01, abc |" in rows["bytes"]
    assert "| 400 | 2026-01-02, def |" in rows["auditor"]


def test_figures_of_another_machine_do_not_stay(tmp_path):
    path = tmp_path / "B.md"
    one, other = Machine({"CPU": "one"}, {}), Machine({"CPU": "other"}, {})
    path.write_text(merged(path, {"bytes": Result("bytes", (700.0,))}, Measured(one, 300, "abc", "2026-01-01")))
    path.write_text(merged(path, {"auditor": Result("auditor", (0.5,))}, Measured(other, 300, "abc", "2026-01-01")))
    assert "not measured yet" in rows_of(path.read_text())["bytes"]


def test_goals_are_judged_by_the_median():
    line = LINES["post-raw"]
    assert [line.met(value) for value in (0.49, 0.5, 0.8)] == ["NO", "yes", "reach"]
    assert [LINES["bytes"].met(value) for value in (901, 900, 600)] == ["NO", "yes", "reach"]


@pytest.mark.parametrize("size", [3, 300, 4_000])
def test_the_made_up_year_sums_exactly_and_repeats_itself(size):
    gifts = list(World(size).gifts(0, size))
    assert sum(gift.amount_minor for gift in gifts) == 3_000_000_000 * size // 1_600_000
    assert gifts == list(World(size).gifts(0, size))
    assert len({gift.ref for gift in gifts}) == size
    assert min(gift.amount_minor for gift in gifts) > 0


def test_spendings_stay_within_what_funds_hold():
    held = {"general": 5_000, "p01": 100_000, "p02": 50}
    spent: dict[str, int] = {}
    for spending in World(1_000).spending(500, 0, held):
        spent[spending.fund] = spent.get(spending.fund, 0) + spending.amount_minor
    assert set(spent) == {"general", "p01"}
    assert all(amount <= held[fund] for fund, amount in spent.items())


def test_no_figure_of_the_file_is_written_by_hand():
    """Every line of the table is measured, says why not, or says that it is not measured yet."""
    for key, row in rows_of(FILE.read_text()).items():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 11, key
        assert ("measured" in cells[8]) == (cells[3] == "–"), key
        assert cells[3] == "–" or re.fullmatch(r"\d{4}-\d\d-\d\d, \w+.*", cells[10].strip()), key
