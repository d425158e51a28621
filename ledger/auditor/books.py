"""The laws, derived again from leaves alone and in their order. What the tables say is not known here, nor needed."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ledger.auditor import leaves
from ledger.auditor.keys import KeyHeaps, salt_of
from ledger.auditor.lines import Line
from ledger.auditor.matches import Pot, Seen, answer_all
from ledger.auditor.notices import read_notice
from ledger.auditor.report import Report
from ledger.auditor.spools import Spool
from ledger.auditor.takebacks import ACCOUNTS, check_take_back
from ledger.core.money import EXPONENTS, LARGEST_MINOR
from ledger.policy.chart import flow
from ledger.policy.kinds import KINDS, REINSTATING, TAKE_BACKS

Leaf = dict[str, Any]
# Kinds that are nothing without the entry they mirror.
MIRRORS = REINSTATING | {"REVERSAL", "AWARD_CANCELLED"}


class Books:
    """Everything the log has said so far, as far as a later leaf may depend on it."""

    def __init__(self, report: Report, leaf_at: Callable[[int], Leaf | None]) -> None:
        self.report = report
        # An earlier entry, read a second time and held against what was hashed.
        self.leaf_at = leaf_at
        self.spool = Spool()
        self.keys = KeyHeaps()
        self.charts: dict[str, str] = {}
        self.lines: dict[tuple[str, str], Line] = {}
        self.pots: dict[str, Pot] = {}
        # Formulas by reference: book, share, first and last day; and what pots made by them must pledge.
        self.formulas: dict[str, tuple[str, int, str, str]] = {}
        self.promised: dict[str, int] = {}
        # The day of the notice that is being read.
        self.today = ""
        self.pots_of: dict[tuple[str, str], list[Pot]] = defaultdict(list)
        self.periods: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.reversed: set[int] = set()
        self.salts: dict[str, int] = {}
        self.notices = 0
        self.entries = 0
        self.key_changes: list[tuple[str, str]] = []
        # Counts what makes an earlier judgement worthless: a period that was closed, a rule that was published.
        self.edition = 0

    def leaf(self, at: int, raw: bytes) -> Leaf | None:
        """Check one leaf. Its value, or None when it has none."""
        try:
            value = leaves.parse(raw)
        except leaves.NotCanonical:
            self.report.add("leaf_bytes", at=at)
            return None
        if fault := leaves.fault_of(value):
            self.report.add("leaf_shape", at=at, part=fault)
            return None
        if "notice" in value:
            self.notices += 1
            read_notice(self, at, value)
        else:
            self.entries += 1
            self._entry(at, value)
        return value

    def salt(self, book: str) -> int:
        if book not in self.salts:
            self.salts[book] = salt_of(book)
        return self.salts[book]

    def line(self, at: int, book: str, fund: str, currency: str) -> Line:
        """A fund's line; a fund that was never opened is said, and followed all the same."""
        line = self.lines.get((book, fund))
        if line is None:
            self.report.add("fund_unknown", at=at, book=book, fund=fund)
            line = self.lines[book, fund] = Line(book, fund, currency, "", self.report, self.spool)
        return line

    # ---- one entry ----

    def _entry(self, at: int, leaf: Leaf) -> None:
        book = leaf["book"]
        self.keys.add(int(leaf["key"][:16], 16) ^ self.salt(book))
        self._document(at, leaf)
        if book not in self.charts:
            self.report.add("chart_missing", at=at, book=book)
        for starts, ends in self.periods.get(book, ()):
            if starts <= leaf["on"] <= ends:
                self.report.add("period_closed", at=at, book=book, day=leaf["on"], starts=starts, ends=ends)
        if not self._postings(at, leaf):
            return
        nets = nets_of(leaf["lines"])
        lots = self._answer(at, leaf)
        self._stretches(at, leaf, nets, lots)
        for fund, net in nets.items():
            if net > 0:
                self.lines[book, fund].lot(at, net, KINDS[leaf["kind"]].source if leaf["kind"] in KINDS else "OTHER")
        self._matching(at, leaf)

    def _document(self, at: int, leaf: Leaf) -> None:
        rule = KINDS.get(leaf["kind"])
        if rule is None or rule.document_kind != leaf["doc"][0]:
            self.report.add("kind_unknown", at=at, kind=leaf["kind"], document=leaf["doc"][0])
        elif strange := set(leaf.get("facts", ())) - rule.facts:
            self.report.add("facts_strange", at=at, kind=leaf["kind"], facts=", ".join(sorted(strange)))

    def _postings(self, at: int, leaf: Leaf) -> bool:
        """L2 and L6: one positive amount from one account of the chart to another, in the fund's currency."""
        sound = True
        for fund, debit, credit, amount, currency in leaf["lines"]:
            line = self.line(at, leaf["book"], fund, currency)
            if not 0 < amount <= LARGEST_MINOR:
                self.report.add("amount_wrong", at=at, amount=amount)
                sound = False
            if debit == credit:
                self.report.add("sides_same", at=at, account=debit)
            for account in {debit, credit} - ACCOUNTS:
                self.report.add("account_unknown", at=at, account=account)
                sound = False
            if currency not in EXPONENTS or currency != line.currency:
                self.report.add("currency_differs", at=at, fund=fund, currency=currency, fund_currency=line.currency)
        return sound

    # ---- what answers an earlier entry ----

    def _answer(self, at: int, leaf: Leaf) -> int | None:
        """The position whose lot may be holed or covered: of what is taken back or reversed."""
        place: int | None = None
        if leaf["kind"] in TAKE_BACKS:
            place = check_take_back(self, at, leaf)
        if "reverses" in leaf:
            place = self._reversal(at, leaf)
        elif leaf["kind"] in MIRRORS:
            self.report.add("reversal_of_nothing", at=at)
        return place

    def _reversal(self, at: int, leaf: Leaf) -> int | None:
        """L5: the mirror of one earlier entry of the same book, once."""
        place: int = leaf["reverses"]
        origin = self.leaf_at(place) if place < at else None
        if origin is None or "kind" not in origin or origin["book"] != leaf["book"]:
            self.report.add("reversal_origin", at=at, origin=place)
            return None
        mirror = [[fund, credit, debit, *rest] for fund, debit, credit, *rest in origin["lines"]]
        if leaf["lines"] != mirror:
            self.report.add("reversal_no_mirror", at=at, origin=place)
        if place in self.reversed:
            self.report.add("reversed_twice", at=at, origin=place)
        self.reversed.add(place)
        return place

    # ---- L8 ----

    def _stretches(self, at: int, leaf: Leaf, nets: dict[str, int], origin: int | None) -> None:
        book, taken = leaf["book"], dict.fromkeys(nets, 0)
        for fund, kind, start, stop in leaf.get("uses", ()):
            if kind == "SPEND":
                taken[fund] = taken.get(fund, 0) + stop - start
            if (line := self.lines.get((book, fund))) is not None:
                line.use(at, kind, start, stop)
        for fund, start, stop in leaf.get("holes", ()):
            taken[fund] = taken.get(fund, 0) + stop - start
            if origin is None:
                self.report.add("hole_without_reason", at=at, fund=fund)
            if (line := self.lines.get((book, fund))) is not None:
                line.hole(at, start, stop, None if origin is None else line.lot_at(origin))
        for fund, start, stop in leaf.get("covers", ()):
            if leaf["kind"] not in TAKE_BACKS:
                self.report.add("hole_without_reason", at=at, fund=fund)
            if (line := self.lines.get((book, fund))) is not None:
                line.cover(at, start, stop, None if origin is None else line.lot_at(origin))
        for fund, length in taken.items():
            loss = max(-nets.get(fund, 0), 0)
            if length != loss:
                self.report.add("loss_differs", at=at, fund=fund, loss=loss, length=length)

    # ---- matching ----

    def _matching(self, at: int, leaf: Leaf) -> None:
        kind, book, facts = leaf["kind"], leaf["book"], leaf.get("facts", {})
        fund, _debit, _credit, amount, currency = leaf["lines"][0]
        if kind == "GIFT":
            answer_all(self.pots_of.get((book, fund), []), at, amount, Seen.of(leaf))
        elif kind == "MATCH":
            pool = self.pots.get(facts.get("pool", ""))
            rule, gift, offered = facts.get("rule"), facts.get("gift_index"), facts.get("offered")
            numbers = [rule, gift] if offered is None else [rule, gift, offered]
            if pool is None or not all(isinstance(number, int) for number in numbers):
                self.report.add("match_no_rule", at=at, pot=facts.get("pool", "?"))
            elif len(leaf["lines"]) > 1 or (pool.book, pool.fund, pool.currency) != (book, fund, currency):
                self.report.add("match_elsewhere", at=at, pot=pool.name)
            else:
                pool.match(at, gift, amount, rule, offered)


def nets_of(lines: list[list[Any]]) -> dict[str, int]:
    """What each fund gains (or loses) by some postings."""
    nets: dict[str, int] = {}
    for fund, debit, credit, amount, _currency in lines:
        nets[fund] = nets.get(fund, 0) + amount * flow(debit, credit)
    return nets
