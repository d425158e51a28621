"""Notices: public facts without postings that later entries are held against."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ledger.auditor.leaves import is_day
from ledger.auditor.lines import Line
from ledger.auditor.matches import VERSION_BITS, WHOLE, Pot
from ledger.core.money import EXPONENTS
from ledger.core.rules import CODE
from ledger.policy.chart import CHART
from ledger.policy.kinds import NOTICE_KINDS

if TYPE_CHECKING:
    from ledger.auditor.books import Books

RESTRICTIONS = ("NONE", "PURPOSE", "TIME", "PERPETUAL")
CAPS = ("cap_per_gift", "cap_total", "cap_per_donor", "cap_per_day")
# What a version that holds money or offers it again must not have: what was held could not be kept.
MOVING = {"cap_per_donor", "cap_per_day", "after"}
Facts = dict[str, Any]


def read_notice(books: "Books", at: int, leaf: dict[str, Any]) -> None:
    """Check a notice and remember what it says."""
    kind, facts = leaf["notice"], leaf["facts"]
    if kind not in NOTICE_KINDS or set(facts) - NOTICE_KINDS[kind]:
        books.report.add("notice_unknown", at=at, kind=kind)
        return
    reader = _READERS.get(kind)
    books.today = leaf["on"]
    try:
        right = reader is None or reader(books, at, leaf["book"], facts)
    except (KeyError, TypeError):
        right = False
    if not right:
        books.report.add("notice_wrong", at=at, kind=kind)


def _chart(books: "Books", at: int, book: str, facts: Facts) -> bool:
    if facts["version"] != CHART.version:
        books.report.note("chart_newer", book=book, version=facts["version"], known=CHART.version)
    books.charts[book] = facts["version"]
    return True


def _fund(books: "Books", at: int, book: str, facts: Facts) -> bool:
    fund, currency = facts["fund"], facts["currency"]
    if (book, fund) in books.lines:
        books.report.add("fund_twice", at=at, book=book, fund=fund)
        return True
    books.lines[book, fund] = Line(book, fund, currency, facts.get("project", ""), books.report, books.spool)
    return bool(CODE.match(fund) and currency in EXPONENTS and facts["restriction"] in RESTRICTIONS)


def _project(books: "Books", at: int, book: str, facts: Facts) -> bool:
    line = books.lines.get((book, facts["fund"]))
    if line is None:
        books.report.add("fund_unknown", at=at, book=book, fund=facts["fund"])
    elif line.project not in ("", facts["project"]):
        return False
    elif not line.project:
        line.project = facts["project"]
    return True


def _period(books: "Books", at: int, book: str, facts: Facts) -> bool:
    starts, ends = facts["starts"], facts["ends"]
    if not (is_day(starts) and is_day(ends) and starts <= ends):
        return False
    if any(starts <= last and first <= ends for first, last in books.periods[book]):
        return False
    books.periods[book].append((starts, ends))
    books.edition += 1
    return True


def _rule(books: "Books", at: int, book: str, facts: Facts) -> bool:
    numbers = [facts[name] for name in ("rule", "pledged", "ratio_bps")]
    numbers += [facts[name] for name in CAPS if name in facts]
    if not all(isinstance(number, int) and number > 0 for number in numbers) or facts["rule"] >= 1 << VERSION_BITS:
        return False
    if not (is_day(facts["opens"]) and is_day(facts["closes"]) and facts["opens"] <= facts["closes"]):
        return False
    line = books.lines.get((book, facts["fund"]))
    if line is None:
        books.report.add("fund_unknown", at=at, book=book, fund=facts["fund"])
    if not isinstance(facts.get("channels", ""), str) or facts.get("rounding", "DOWN") not in ("DOWN", "NEAREST"):
        return False
    holding = [name for name in ("reserves", "reoffers") if name in facts]
    if any(facts[name] != 1 for name in holding) or (holding and MOVING & facts.keys()):
        return False
    # Behind another pot: that one is of the same fund and known already, so it has answered first.
    if "after" in facts and facts["after"] not in {pot.name for pot in books.pots_of[book, facts["fund"]]}:
        return False
    name = facts["pool"]
    pot = books.pots.get(name)
    if pot is None:
        pot = books.pots[name] = Pot(name, book, facts, books.report, books.spool)
        books.pots_of[book, facts["fund"]].append(pot)
        if books.promised.get(name, pot.pledged) != pot.pledged:
            books.report.add("rule_differs", at=at, pot=name)
    elif not pot.agrees(book, facts):
        books.report.add("rule_differs", at=at, pot=name)
        return True
    pot.publish(facts)
    books.edition += 1
    return True


def _pool_closed(books: "Books", at: int, book: str, facts: Facts) -> bool:
    return facts["pool"] in books.pots


def _pool_stops(books: "Books", at: int, book: str, facts: Facts) -> bool:
    return _freeze(books, facts, frozen=True)


def _pool_goes_on(books: "Books", at: int, book: str, facts: Facts) -> bool:
    return _freeze(books, facts, frozen=False)


def _freeze(books: "Books", facts: Facts, *, frozen: bool) -> bool:
    pot = books.pots.get(facts["pool"])
    if pot is None or pot.frozen == frozen:
        return False
    pot.frozen = frozen
    return True


def _hold_asked(books: "Books", at: int, book: str, facts: Facts) -> bool:
    pot, gift, amount = books.pots.get(facts["pool"]), facts["gift"], facts["amount"]
    if pot is None or pot.book != book or not isinstance(gift, str) or not isinstance(amount, int) or amount <= 0:
        return False
    pot.ask(gift, amount, books.today)
    return True


def _hold_ended(books: "Books", at: int, book: str, facts: Facts) -> bool:
    pot, gift = books.pots.get(facts["pool"]), facts["gift"]
    if pot is None or pot.book != book or not isinstance(gift, str):
        return False
    pot.end(at, gift)
    return True


def _rest_withdrawn(books: "Books", at: int, book: str, facts: Facts) -> bool:
    pot = books.pots.get(facts["pool"])
    return pot is not None and pot.book == book and pot.withdraw(books.today)


def _formula(books: "Books", at: int, book: str, facts: Facts) -> bool:
    share = facts["share_bps"]
    if facts["formula"] in books.formulas or not isinstance(share, int) or not 0 < share <= WHOLE:
        return False
    if (book, facts["fund"]) not in books.lines:
        books.report.add("fund_unknown", at=at, book=book, fund=facts["fund"])
    books.formulas[facts["formula"]] = (book, share, facts["opens"], facts["closes"])
    return bool(is_day(facts["opens"]) and is_day(facts["closes"]) and facts["opens"] <= facts["closes"])


def _formula_period(books: "Books", at: int, book: str, facts: Facts) -> bool:
    """The pledge is the formula's share of the period's figure, and its pot promises just that."""
    formula = books.formulas.get(facts["formula"])
    base, pledged, starts, ends = facts["base"], facts["pledged"], facts["starts"], facts["ends"]
    if formula is None or not (isinstance(base, int) and is_day(starts) and is_day(ends)):
        return False
    of, share, opens, closes = formula
    books.promised[facts["pool"]] = pledged
    return of == book and pledged == base * share // WHOLE > 0 and opens <= starts <= ends <= closes


def _key_change(books: "Books", at: int, book: str, facts: Facts) -> bool:
    books.key_changes.append((facts["old"], facts["new"]))
    return True


_READERS: dict[str, Callable[["Books", int, str, Facts], bool]] = {
    "CHART_VERSION": _chart,
    "FUND_OPENED": _fund,
    "PROJECT_OPENED": _project,
    "PERIOD_CLOSED": _period,
    "MATCH_RULE_PUBLISHED": _rule,
    "MATCH_POOL_CLOSED": _pool_closed,
    "MATCH_POOL_FROZEN": _pool_stops,
    "MATCH_POOL_THAWED": _pool_goes_on,
    "MATCH_HOLD_ASKED": _hold_asked,
    "MATCH_HOLD_ENDED": _hold_ended,
    "MATCH_REST_WITHDRAWN": _rest_withdrawn,
    "MATCH_FORMULA": _formula,
    "MATCH_FORMULA_PERIOD": _formula_period,
    "KEY_CHANGE": _key_change,
}
