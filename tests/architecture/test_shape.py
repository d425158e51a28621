"""Sizes, single importers and words: what a reader may rely on, counted so that nobody has to argue."""

import ast
import re

import pytest

from tests.architecture import source

MOST_LINES = 400
LONGEST_FUNCTION = 70


def test_no_file_is_longer_than_a_reader_can_hold():
    lengths = {source.name(path): len(path.read_text().splitlines()) for path in source.python_files()}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_function_is_longer_than_a_screen():
    too_long = {}
    for path in source.python_files():
        for node in ast.walk(source.tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    too_long[f"{source.name(path)}: {node.name}"] = length
    assert too_long == {}


@pytest.mark.parametrize(
    ("package", "only"),
    [("stripe", "projects/checkout/stripe_client.py"), ("weasyprint", "projects/receipts/render.py")],
)
def test_one_file_imports(package, only):
    importers = {
        source.name(path)
        for path in source.python_files()
        if any(module.partition(".")[0] == package for module in source.imports(path))
    }
    assert importers <= {only}


def test_moments_are_handed_in_and_not_made_by_the_database():
    """auto_now would ask the clock behind the linter's back; a default=timezone.now too."""
    found = []
    for path in source.python_files("ledger", "projects"):
        for node in ast.walk(source.tree(path)):
            if not isinstance(node, ast.keyword):
                continue
            asks = node.arg in ("default", "db_default") and ast.unparse(node.value).endswith(("now", "today", "Now()"))
            if asks or node.arg in ("auto_now", "auto_now_add"):
                found.append(f"{source.name(path)}:{node.value.lineno}")
    assert not found


def test_a_day_is_the_day_where_the_charity_is():
    """A moment's own ``date()`` is that of its zone, UTC: between midnight and eight in China it is yesterday's."""
    asked = re.compile(r"\bat\.date\(\)")
    files = source.python_files("projects", "charity_site")
    assert [source.name(path) for path in files if asked.search(path.read_text())] == []


# Places and addresses that hold on one machine only. Put together here so that this file does not find itself.
ONE_MACHINE = [
    re.escape(str(source.BASE.parent) + "/"),
    "/" + "home/[a-z]",
    "/" + "Users/[A-Za-z]",
    "/" + r"root\b",
    "(?<!no-emit-)index" + "-url",
    "find" + "-links",
    "trusted" + "-host",
    "py" + r"pi\.[a-z]+",
]


def test_no_file_depends_on_one_machine():
    word = re.compile("|".join(ONE_MACHINE))
    found = [
        f"{source.name(path)}:{number}: {line.strip()[:80]}"
        for path, text in source.text_files()
        for number, line in enumerate(text.splitlines(), 1)
        if word.search(line)
    ]
    assert not found


@pytest.mark.parametrize("name", ["base", "dev", "localstripe"])
def test_requirements_are_pinned_and_hashed(name):
    text = (source.BASE / f"requirements/{name}.txt").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    entries = [entry for entry in entries if not entry.startswith("#")]
    assert len(entries) > 10
    for entry in entries:
        first = entry.splitlines()[0]
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", first), first
        assert "--hash=sha256:" in entry, first


@pytest.mark.parametrize("name", ["base", "dev", "localstripe"])
def test_requirements_are_compiled_from_what_is_asked(name):
    asked = (source.BASE / f"requirements/{name}.in").read_text().splitlines()
    wanted = {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in asked if line and line[0].isalpha()}
    text = (source.BASE / f"requirements/{name}.txt").read_text()
    pinned = {match.lower() for match in re.findall(r"^([A-Za-z0-9._-]+)(?:\[|==)", text, re.MULTILINE)}
    assert wanted <= pinned, "run: make lock"
