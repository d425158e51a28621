"""The short way for the leaves that come by the million: one posting, no stretches (gifts, matches, payouts).

A leaf that fits the pattern differs from an earlier one only in places where any text of the same form is canonical,
too: two hashes, a reference, an amount, a gift's position. If the earlier one was judged whole, byte by byte, and was
right, this one's bytes are canonical and the same laws hold for it: what is left is to add it up. Everything else goes
the long way. A closed period or a new matching rule makes earlier judgements void.
"""

import re

from ledger.auditor.books import Books, Leaf
from ledger.auditor.keys import HEAPS
from ledger.auditor.lines import Line
from ledger.auditor.matches import Pot, Seen, answer_all
from ledger.policy.chart import flow
from ledger.policy.kinds import KINDS

PATTERN = re.compile(
    rb'\{"book":"([a-z0-9-]{1,32})",(?:"commitment":"[0-9a-f]{64}",)?'
    rb'"doc":\["([a-z_]{1,32})","[A-Za-z0-9_-]{8,64}"\],'
    rb'(?:"facts":\{(?:("channel":"[a-z]{1,20}")'
    rb'|"gift_index":(0|[1-9][0-9]{0,14}),("pool":"[A-Za-z0-9_-]{1,64}","rule":[1-9][0-9]{0,3}))\},)?'
    rb'"key":"([0-9a-f]{64})",'
    rb'("kind":"[A-Z_]{1,32}","lines":\[\["[a-z0-9-]{1,32}","[0-9a-z.-]{1,32}","[0-9a-z.-]{1,32}"),'
    rb'([1-9][0-9]{0,14}),("[A-Z]{3}"\]\],"on":"[0-9-]{10}"),'
    rb'"seal":"[0-9a-f]{64}","v":1\}'
)
# So many judgements are remembered: books, funds, kinds and days make them.
MOST_ROUTES = 50_000

Constant = tuple[bytes, bytes, bytes, bytes, bytes, bytes]


class Route:
    """A judgement that may be used again: where leaves of this form go."""

    __slots__ = ("came", "line", "pot", "pots", "rule", "salt", "seen")

    def __init__(self, books: Books, leaf: Leaf) -> None:
        fund, debit, credit, _amount, _currency = leaf["lines"][0]
        kind, book = leaf["kind"], leaf["book"]
        self.salt = books.salt(book)
        self.seen = Seen.of(leaf)
        self.line: Line | None = books.lines[book, fund] if flow(debit, credit) == 1 else None
        self.came = self.line.source(KINDS[kind].source) if self.line else [0, 0]
        self.pots: list[Pot] = books.pots_of.get((book, fund), []) if kind == "GIFT" else []
        self.pot: Pot | None = books.pots[leaf["facts"]["pool"]] if kind == "MATCH" else None
        self.rule: int = leaf["facts"]["rule"] if kind == "MATCH" else 0


class Quick:
    """Takes leaves in order; remembers judgements."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._routes: dict[Constant, Route] = {}
        self._edition = 0
        self.quick = 0

    def take(self, position: int, leaves: list[bytes]) -> None:
        """The leaves from a position on."""
        fits, routes, heaps, mask = PATTERN.fullmatch, self._routes, self.books.keys.heaps, HEAPS - 1
        slow = 0
        for leaf in leaves:
            found = fits(leaf)
            if found is not None:
                book, doc, channel, gift, terms, key, kind, amount, tail = found.groups()
                route = routes.get((book, doc, channel, terms, kind, tail))
                if route is not None:
                    prefix = int(key[:16], 16) ^ route.salt
                    heaps[prefix & mask].append(prefix)
                    line = route.line
                    if line is not None:
                        minor = int(amount)
                        line.end = end = line.end + minor
                        recent = line.lots.recent
                        recent.append(position)
                        recent.append(end)
                        came = route.came
                        came[0] += minor
                        came[1] += 1
                        if route.pots:
                            answer_all(route.pots, position, minor, route.seen)
                        if route.pot is not None:
                            route.pot.match(position, int(gift), minor, route.rule)
                    position += 1
                    continue
            slow += 1
            self._slowly(position, leaf, found)
            position += 1
        self.quick += len(leaves) - slow
        self.books.entries += len(leaves) - slow

    def _slowly(self, position: int, leaf: bytes, found: re.Match[bytes] | None) -> None:
        """Judge a leaf whole; if it is right and of the usual form, remember that."""
        books = self.books
        before = books.report.counts.total()
        value = books.leaf(position, leaf)
        if books.edition != self._edition or len(self._routes) > MOST_ROUTES:
            self._routes.clear()
            self._edition = books.edition
        if found is None or value is None or books.report.counts.total() != before:
            return
        book, doc, channel, _gift, terms, key, kind, amount, tail = found.groups()
        if not _same(value, book, key, amount) or flow(value["lines"][0][1], value["lines"][0][2]) < 0:
            return
        if (terms is not None) == (value["kind"] == "MATCH"):
            route = Route(books, value)
            # A pot that holds money asks each gift for its name: there is no short way to it.
            if not any(pot.holds_money for pot in route.pots):
                self._routes[book, doc, channel, terms, kind, tail] = route


def _same(value: Leaf, book: bytes, key: bytes, amount: bytes) -> bool:
    """Whether the pattern read what the parser read."""
    return (value["book"].encode(), value["key"].encode(), value["lines"][0][3]) == (book, key, int(amount))
