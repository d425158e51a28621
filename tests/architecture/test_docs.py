"""Documents are tested: settings, checks and commands they name exist, and those that exist are named."""

import ast
import re

import pytest
from django.core.management import get_commands

from tests.architecture import source

SITE = (source.BASE / "charity_site/README.md").read_text()
README = (source.BASE / "README.md").read_text()


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def settings_read() -> set[str]:
    """The names that settings.py asks the environment for."""
    nodes = ast.walk(source.tree(source.BASE / "charity_site/settings.py"))
    calls = (node for node in nodes if isinstance(node, ast.Call))
    readers = ("env.text", "env.flag", "env.number", "env.numbers")
    return {
        call.args[0].value
        for call in calls
        if ast.unparse(call.func) in readers and isinstance(call.args[0], ast.Constant)
    }


def test_every_setting_is_documented_and_nothing_else():
    rows = [line.split("|")[1] for line in section(SITE, "Settings").splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == settings_read()


def test_only_the_settings_read_the_environment():
    """Except what runs without Django's settings."""
    allowed = {"charity_site/env.py", "charity_site/processes.py", "charity_site/wsgi.py"}
    found = {
        source.name(path)
        for path in source.python_files()
        if re.search(r"os\.(environ|getenv)", path.read_text()) and "emulator" not in path.parts
    }
    assert found <= allowed


def test_every_check_is_documented():
    code = (source.BASE / "charity_site/checks.py").read_text()
    documented = set(re.findall(r"`(charity_site\.[EW]\d+)`", section(SITE, "Checks")))
    assert documented == set(re.findall(r'id="(charity_site\.[EW]\d+)"', code))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (source.BASE / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", sorted(source.name(path) for path, _ in source.text_files() if path.suffix == ".md"))
def test_commands_in_documents_exist(path):
    text = (source.BASE / path).read_text()
    assert set(re.findall(r"(?:`|^ {4})make ([a-z-]+)", text, re.MULTILINE)) <= make_targets()
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())


def test_the_readme_is_short_and_its_files_exist():
    assert len(README.splitlines()) <= 90
    links = re.findall(r"\]\(([^)#]+)\)", README)
    named = [name for name in re.findall(r"`([A-Za-z_.]+(?:/[A-Za-z_.]*)+)`", README) if not name.startswith("var/")]
    assert [name for name in links + named if not (source.BASE / name).exists()] == []
