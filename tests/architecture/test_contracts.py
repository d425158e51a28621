"""The import contract holds, and each of its parts can fail."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import source

RINGS = "Rings: charity_site above projects above ledger"
SHELF = "Shelf: each app imports only what stands below it, faces are strangers"
RING = "Ledger ring: commands, checks, reading, the one door, tables, laws, pure policy, pure core"
PURE = "Purity: core and policy have no framework, clock, randomness or input and output"
BARE = "Bare books: the ledger knows no CMS, payment provider, PDF or history package"
STRIPE = "One file imports stripe"
WEASYPRINT = "One file imports weasyprint"
BELOW = "Nothing below the faces knows the CMS"
CLOSED = "Ledger tables are the ledger's own: other rings use its functions"
AUDITOR = "The outside verifier needs Python and cryptography, nothing of the site"
EMULATOR = "The emulator is a program of its own"

# Which contract, in which file, with which line. A contract with several promises has a breach for each.
BREACHES = [
    (RINGS, "ledger/core/breach.py", "import projects.access"),
    (RINGS, "projects/access/breach.py", "import charity_site.env"),
    (SHELF, "projects/access/breach.py", "import projects.catalog"),
    (SHELF, "projects/pages/breach.py", "import projects.checkout"),
    (SHELF, "projects/giving/breach.py", "import projects.relief"),
    (SHELF, "projects/newcomer/__init__.py", ""),
    (RING, "ledger/core/breach.py", "import ledger.policy"),
    (RING, "ledger/policy/breach.py", "import ledger.sql"),
    (RING, "ledger/newcomer.py", ""),
    (PURE, "ledger/core/breach.py", "import django"),
    (PURE, "ledger/policy/breach.py", "import time"),
    (PURE, "ledger/policy/breach.py", "import secrets"),
    (AUDITOR, "ledger/auditor/breach.py", "import django"),
    (AUDITOR, "ledger/auditor/breach.py", "import ledger.models"),
    (RING, "ledger/auditor/breach.py", "import ledger.posting"),
    (BARE, "ledger/breach.py", "import simple_history"),
    (STRIPE, "projects/giving/breach.py", "import stripe"),
    (STRIPE, "projects/checkout/breach.py", "import stripe"),
    (WEASYPRINT, "projects/receipts/breach.py", "import weasyprint"),
    (BELOW, "projects/catalog/breach.py", "import wagtail.models"),
    (CLOSED, "projects/giving/breach.py", "import ledger.sql"),
    (CLOSED, "projects/tracing/breach.py", "import ledger.models"),
    (EMULATOR, "projects/checkout/emulator/breach.py", "import django"),
]


def lint_imports(folder: Path) -> tuple[int, dict[str, str]]:
    """The linter's exit code and its verdict on each contract, by name."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = {**os.environ, "COLUMNS": "400", "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    verdicts = dict(re.findall(r"^(.+?) +(KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    assert verdicts, done.stdout + done.stderr
    return done.returncode, verdicts


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The three rings, to be damaged."""
    folder = tmp_path_factory.mktemp("rings")
    for ring in source.RINGS:
        ignored = shutil.ignore_patterns("*.po", "*.mo", "static", "__pycache__")
        shutil.copytree(source.BASE / ring, folder / ring, ignore=ignored)
    shutil.copy(source.BASE / "pyproject.toml", folder)
    return folder


def test_every_contract_is_kept_and_has_a_breach():
    code, verdicts = lint_imports(source.BASE)
    assert set(verdicts.values()) == {"KEPT"}, verdicts
    assert code == 0
    assert set(verdicts) == {contract for contract, _, _ in BREACHES}, "a contract without a breach is none"


@pytest.mark.parametrize(("contract", "path", "line"), BREACHES, ids=lambda value: value or "new")
def test_a_breach_is_named(copy, contract, path, line):
    breach = copy / path
    made = not breach.parent.exists()
    breach.parent.mkdir(exist_ok=True)
    breach.write_text(line + "\n")
    try:
        code, verdicts = lint_imports(copy)
    finally:
        breach.unlink()
        if made:
            breach.parent.rmdir()
    assert code == 1
    assert verdicts[contract] == "BROKEN"


# What the pure rings may import from outside: the standard library's parts that compute and do not act.
PURE_IMPORTS = frozenset(
    "__future__ abc base64 bisect collections contextlib cryptography dataclasses datetime decimal enum fractions "
    "functools hashlib heapq hmac itertools json math operator re string struct types typing unicodedata uuid".split()
)


def test_the_outside_verifier_imports_only_the_standard_library_core_and_policy():
    """The only package it needs comes with ``ledger.core``: cryptography."""
    foreign = {
        f"{source.name(path)}: {module}"
        for path in source.python_files("ledger/auditor")
        for module in source.imports(path)
        if module.partition(".")[0] not in sys.stdlib_module_names
        and not module.startswith(("ledger.auditor", "ledger.core", "ledger.policy"))
    }
    assert not foreign


@pytest.mark.parametrize("ring", ["ledger/core", "ledger/policy"])
def test_the_pure_rings_import_only_what_computes(ring):
    foreign = {
        f"{source.name(path)}: {module}"
        for path in source.python_files(ring)
        for module in source.imports(path)
        if module.partition(".")[0] not in PURE_IMPORTS | {"ledger"}
    }
    assert not foreign
