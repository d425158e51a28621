"""A book as plain text: programs of other makers accept it, and add up to the same balances, to the last unit."""

import csv
import io
import re
import shutil
import subprocess
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from ledger import balances, plain_text, posting
from ledger.core.money import EXPONENTS
from ledger.policy import recipes, transit
from ledger.policy.chart import CHART
from tests import needs
from tests.ledger.helpers import BY, Desk
from tests.ledger.story import tell

pytestmark = pytest.mark.django_db


def program(name: str, package: str) -> str:
    """The path of a foreign program."""
    path = shutil.which(name)
    if path is None:
        needs.missing(f"There is no {name}: apt-get install {package}")
    return str(path)


def run(*command: str) -> str:
    """What it says; it has to be content."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def desk():
    """A row of every sort, in currencies with two, no and three decimal places."""
    desk = tell()
    for currency, fund in (("JPY", "tokyo"), ("KWD", "kuwait"), ("USD", "dollars")):
        desk.fund(fund, currency)
        desk.gift(1, fund=fund, currency=currency)
        first = desk.gift(100_001, fund=fund, currency=currency)
        desk.sequence()
        desk.award(40_003, fund=fund, currency=currency)
        desk.refund(first.entry_id, 20_002)
        costs = recipes.cost(
            book=desk.book, amounts_by_fund={fund: 17}, expense_class="MANAGEMENT", currency=currency,
            effective_on=date(2026, 9, 3), document_ref=f"cost-{currency}-1",
        )  # fmt: skip
        posting.post(costs, by=BY, at=desk.tick(), key=f"cost:{currency}")
    desk.post(transit.suspense_in, 4_700)
    desk.sequence()
    return desk


def written(desk, form, tmp_path, **more) -> str:
    path = tmp_path / f"book.{form}"
    call_command("export_journal", format=form, book=desk.book, out=str(path), **more)
    return str(path)


def ours(desk, position=None) -> dict[tuple[str, str], Decimal]:
    """Account name and currency → balance, without the empty ones: neither program lists those."""
    rows = balances.sides(book=desk.book, position=position)
    return {
        (plain_text.account_name(row.account, row.fund), row.currency): Decimal(row.net_minor).scaleb(
            -EXPONENTS[row.currency]
        )
        for row in rows
        if row.net_minor
    }


def by_hledger(path) -> dict[tuple[str, str], Decimal]:
    text = run(program("hledger", "hledger"), "-f", path, "balance", "--flat", "-N", "-O", "csv")
    rows = list(csv.reader(io.StringIO(text)))[1:]
    amounts = {name: amount.split(" ") for name, amount in rows}
    return {(name, currency): Decimal(number) for name, (number, currency) in amounts.items()}


def by_beancount(path) -> dict[tuple[str, str], Decimal]:
    # A sum of positions is printed with the currency's own decimals; a sum of bare numbers would be rounded for show.
    query = "SELECT account, currency, sum(position) AS total GROUP BY account, currency"
    rows = csv.reader(io.StringIO(run(program("bean-query", "beancount"), "-f", "csv", path, query)))
    found = {(name.strip(), currency.strip()): total.split() for name, currency, total in list(rows)[1:]}
    assert all(total[1] == currency for (_name, currency), total in found.items() if total)
    return {key: Decimal(total[0]) for key, total in found.items() if total}


def test_hledger_accepts_the_book_and_has_our_balances(desk, tmp_path):
    path = written(desk, "hledger", tmp_path)
    run(program("hledger", "hledger"), "-f", path, "check", "--strict")
    assert by_hledger(path) == ours(desk)


def test_beancount_accepts_the_book_and_has_our_balances(desk, tmp_path):
    path = written(desk, "beancount", tmp_path)
    run(program("bean-check", "beancount"), path)
    assert by_beancount(path) == ours(desk)


@pytest.mark.parametrize(("form", "check"), [("hledger", ["hledger", "check", "-f"]), ("beancount", ["bean-check"])])
def test_they_refuse_a_book_that_is_a_minor_unit_off(desk, tmp_path, form, check):
    program(check[0], form)
    path = tmp_path / "book"
    text = "\n".join(plain_text.export(book=desk.book, form=form))
    # One award's last line and its mate, each a unit more: the entry still balances, the asserted balances do not.
    changed, count = re.subn(r"(-?)200\.00 CNY$", r"\g<1>200.01 CNY", text, count=2, flags=re.MULTILINE)
    assert count == 2
    path.write_text(changed)
    assert subprocess.run([*check, str(path)], capture_output=True, timeout=120).returncode != 0


def test_at_an_earlier_position_it_is_the_book_as_it_was(desk, tmp_path):
    path = written(desk, "hledger", tmp_path, position=9)
    run(program("hledger", "hledger"), "-f", path, "check", "--strict")
    assert by_hledger(path) == ours(desk, 9) != ours(desk)


def test_every_entry_is_there_once_and_nobody_is_named(desk):
    text = "\n".join(plain_text.export(book=desk.book, form="beancount"))
    places = [int(place) for place in re.findall(r"^  position: (\d+)$", text, re.MULTILINE)]
    assert len(places) == len(set(places)) == text.count(" * ")
    assert places == sorted(places)
    assert BY not in text


def test_each_account_keeps_a_name_of_its_own():
    names = {plain_text.account_name(account.code, "x") for account in CHART.accounts}
    assert len(names) == len(CHART.accounts)
    assert all(re.fullmatch(r"[A-Z][a-z]+:[0-9][0-9A-Za-z-]*:F-x", name) for name in names)


def test_an_empty_book_is_a_file_without_entries(tmp_path):
    desk = Desk("empty-book")
    desk.sequence()
    run(program("hledger", "hledger"), "-f", written(desk, "hledger", tmp_path), "check", "--strict")
    run(program("bean-check", "beancount"), written(desk, "beancount", tmp_path))


def test_an_unknown_book_and_an_unsaid_one_are_refused(desk):
    with pytest.raises(CommandError, match="book_unknown"):
        call_command("export_journal", format="hledger", book="nobody")
    Desk("charity-b")
    with pytest.raises(CommandError, match="book_wanted"):
        call_command("export_journal", format="hledger")


def test_it_is_written_to_standard_output_without_a_file(desk, capsys):
    call_command("export_journal", format="hledger")
    assert capsys.readouterr().out.startswith(f"; Book {desk.book} up to log position")
