"""Refunds, match releases, disputes: the facts they state against postings, stretches and the origin."""

from typing import TYPE_CHECKING, Any

from ledger.policy.chart import CHART, DEFICIT, REFUND_COVER, flow
from ledger.policy.kinds import KINDS, REINSTATING, RETURNABLE

if TYPE_CHECKING:
    from ledger.auditor.books import Books

# Kinds that free a match when they take a gift back.
FREES_MATCH = ("REFUND", "DISPUTE_WITHDRAWN")
GENERAL_FUND = "general"
ACCOUNTS = frozenset(account.code for account in CHART.accounts)


def check_take_back(books: "Books", at: int, leaf: dict[str, Any]) -> int | None:
    """The position of what is taken back, where everything about it is as stated."""
    facts = leaf.get("facts", {})
    parts = [facts.get(name) for name in ("unspent", "covered", "deficit")]
    place = facts.get("origin")
    if not all(isinstance(part, int) and part >= 0 for part in [*parts, place]):
        books.report.add("take_back_facts", at=at)
        return None
    origin = books.leaf_at(place) if place < at else None
    if origin is None or not _can_be_taken_back(origin) or origin["book"] != leaf["book"]:
        books.report.add("take_back_origin", at=at, origin=place)
        return None
    fund, money, income, _amount, currency = origin["lines"][0]
    unspent, covered, deficit = parts
    if not _lines_fit(leaf["lines"], (fund, money, income, currency), unspent, covered, deficit):
        books.report.add("take_back_lines", at=at)
    if _length(leaf, "holes", fund) != unspent or _length(leaf, "covers", fund) != covered + deficit:
        books.report.add("take_back_lengths", at=at)
    _matching(books, at, leaf, (place, origin), unspent + covered + deficit)
    return place if isinstance(place, int) else None


def _can_be_taken_back(origin: dict[str, Any]) -> bool:
    lines, kind = origin.get("lines", []), origin.get("kind", "")
    if kind in REINSTATING and "reverses" in origin and lines:
        pass  # what came back: its first line can be taken back again
    elif kind not in KINDS or KINDS[kind].source not in RETURNABLE or len(lines) != 1:
        return False
    _fund, debit, credit, *_rest = lines[0]
    return {debit, credit} <= ACCOUNTS and flow(debit, credit) == 1


def _lines_fit(
    lines: list[list[Any]], origin: tuple[str, str, str, str], unspent: int, covered: int, deficit: int
) -> bool:
    """Whether the postings are the three parts stated: from the gift's own fund, borne elsewhere, and short."""
    fund, money, income, currency = origin
    expected = [
        ((fund,), income, unspent),
        ((GENERAL_FUND, fund), REFUND_COVER, covered),
        ((GENERAL_FUND, fund), DEFICIT, deficit),
    ]
    wanted = [part for part in expected if part[2]]
    return len(lines) == len(wanted) and all(
        line[0] in funds and line[1:] == [debit, money, amount, currency]
        for line, (funds, debit, amount) in zip(lines, wanted, strict=True)
    )


def _length(leaf: dict[str, Any], name: str, fund: str) -> int:
    """How long the stretches are, all of them in the fund; else a length that nothing equals."""
    parts = leaf.get(name, [])
    return sum(stop - start for _fund, start, stop in parts) if all(part[0] == fund for part in parts) else -1


def _matching(books: "Books", at: int, leaf: dict[str, Any], origin: tuple[int, dict[str, Any]], amount: int) -> None:
    place, there = origin
    if leaf["kind"] in FREES_MATCH and there["kind"] == "GIFT":
        line = there["lines"][0]
        for pot in books.pots_of.get((leaf["book"], line[0]), ()):
            pot.taken_back(at, place, line[3], amount)
    elif leaf["kind"] == "MATCH_RELEASE":
        facts = there.get("facts", {})
        pool = books.pots.get(facts.get("pool", ""))
        if there["kind"] == "MATCH" and pool is not None and isinstance(facts.get("gift_index"), int):
            pool.release(at, facts["gift_index"], amount)
        else:
            books.report.add("match_no_rule", at=at, pot=facts.get("pool", "?"))
