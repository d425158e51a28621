"""The page an auditor reads first says what is so: every law has its row, every file it names is there."""

import re

import pytest

from ledger import verify
from ledger.sql import LAWS
from tests.architecture.source import BASE

README = (BASE / "ledger/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("law", [f"L{number}" for number in range(1, 12)])
def test_every_law_has_a_row_and_a_test(law):
    (row,) = re.findall(rf"^\| {law} .*$", README, flags=re.MULTILINE)
    tests = re.findall(r"`(test_\w+\.py)`", row)
    assert tests
    text = "".join((BASE / "tests/ledger" / name).read_text() for name in tests)
    assert f"def test_{law.lower()}_" in text or f'match="{law}' in text


def test_every_file_it_names_is_there():
    for name in re.findall(r"`(\w[\w/.]*\.(?:py|sql|json))`", README):
        places = [BASE / "ledger" / name, BASE / "tests/ledger" / name, BASE / name, BASE / "ledger/sql" / name]
        assert any(place.exists() for place in places), name


def test_every_law_in_the_database_is_named():
    assert [law for law in LAWS if f"`{law}`" not in README] == []


def test_every_law_is_verified():
    verified = {law for check in verify.CHECKS for law in check.law.split() if law != "-"}
    assert {f"L{number}" for number in range(2, 12)} <= verified
