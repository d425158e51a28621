"""Matches worked out again from the published rules and the log, without a line of the site's own code for it.

The log has all that is needed: each rule version is a notice (share, caps, days, pledge, channels, rounding, the pot
tried first), each gift has its place, day, channel and amount, each match names its gift, each refund its origin. So
the answer to every gift is exact, not a bound: the newest version published before the gift whose days hold it; its
share of what the pot tried first has not matched, rounded as it says; at most its caps per gift, per day and per donor
and what the pot has left at that place; nothing for a channel it does not name. Caps per day and per donor count what
was ever matched. A refund frees the match in proportion, rounded down over all refunds of the gift.

Under a rule that caps donors each gift names an opaque reference of its donor, and a gift without one gets nothing.
What the log cannot show: whether two references are one person in truth (who has two addresses has two), whether a gift
without a reference truly had no address, why a pot was frozen (while it is, answers may be missing), why a matcher pays
late (money received is an entry of its own), and matches still being posted at the end of the log; those are counted.
"""

from typing import Any, NamedTuple

from ledger.auditor.report import Report
from ledger.auditor.spools import Pairs, Spool

WHOLE = 10_000
# Amount and version of an answer share one whole number in a column.
VERSION_BITS = 12


class Seen(NamedTuple):
    """What a gift's leaf says beside its amount, as far as a rule may ask for it."""

    currency: str
    day: str
    channel: str
    donor: str

    @classmethod
    def of(cls, leaf: dict[str, Any]) -> "Seen":
        facts = leaf.get("facts", {})
        return cls(leaf["lines"][0][4], leaf["on"], str(facts.get("channel", "")), str(facts.get("donor", "")))


class Version:
    """One published rule version."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.number: int = facts["rule"]
        self.share: int = facts["ratio_bps"]
        self.cap_gift: int | None = facts.get("cap_per_gift")
        limits = [facts["pledged"], facts.get("cap_total", facts["pledged"])]
        self.limit: int = min(limits)
        self.cap_donor: int | None = facts.get("cap_per_donor")
        self.cap_day: int | None = facts.get("cap_per_day")
        self.channels: tuple[str, ...] = tuple(filter(None, facts.get("channels", "").split(",")))
        self.half = WHOLE // 2 if facts.get("rounding") == "NEAREST" else 0
        self.after: str = facts.get("after", "")
        self.opens: str = facts["opens"]
        self.closes: str = facts["closes"]


class Pot:
    """One matcher's pot: its versions, what it has promised, and its answers in the order of the gifts."""

    def __init__(self, name: str, book: str, facts: dict[str, Any], report: Report, spool: Spool) -> None:
        self.name = name
        self.book = book
        self.fund: str = facts["fund"]
        self.currency: str = facts["currency"]
        self.pledged: int = facts["pledged"]
        self.report = report
        self.versions: list[Version] = []
        self.committed = 0
        self.frozen = False
        # What was ever matched of the gifts of a day, and of a donor.
        self._days: dict[str, int] = {}
        self._donors: dict[str, int] = {}
        # Gift's position; matched amount with the version. Only answers of more than nothing.
        self.answers = Pairs(spool)
        self._by_day: dict[str, Version | None] = {}
        # Answers before this number have their match in the log; those behind it that have, too.
        self._next = 0
        self._ahead: set[int] = set()
        self._returned: dict[int, int] = {}
        self._owed: dict[int, list[tuple[int, int]]] = {}

    def agrees(self, book: str, facts: dict[str, Any]) -> bool:
        """Whether a further version is of the same pot: book, fund, currency and pledge never change."""
        same = (self.book, self.fund, self.currency, self.pledged)
        newest = max((version.number for version in self.versions), default=0)
        return same == (book, facts["fund"], facts["currency"], facts["pledged"]) and facts["rule"] > newest

    def publish(self, facts: dict[str, Any]) -> None:
        self.versions.append(Version(facts))
        self._by_day.clear()

    # ---- gifts ----

    def gift(self, position: int, amount: int, seen: "Seen", before: dict[str, int]) -> int:
        """Work out a gift's answer at its place. ``before``: what the pots older than this one have answered to it."""
        day = seen.day
        if day not in self._by_day:
            holding = [version for version in self.versions if version.opens <= day <= version.closes]
            self._by_day[day] = max(holding, key=lambda version: version.number, default=None)
        version = self._by_day[day]
        if version is None or seen.currency != self.currency:
            return 0
        if version.channels and seen.channel not in version.channels:
            return 0
        amount -= min(before.get(version.after, 0), amount)
        bounds = [(amount * version.share + version.half) // WHOLE, max(version.limit - self.committed, 0)]
        if version.cap_gift is not None:
            bounds.append(version.cap_gift)
        if version.cap_day is not None:
            bounds.append(max(version.cap_day - self._days.get(day, 0), 0))
        donor = seen.donor
        if version.cap_donor is not None:
            bounds.append(max(version.cap_donor - self._donors.get(donor, 0), 0) if donor else 0)
        given = min(bounds)
        if given:
            self.committed += given
            self._days[day] = self._days.get(day, 0) + given
            if donor:
                self._donors[donor] = self._donors.get(donor, 0) + given
            self.answers.append(position, given << VERSION_BITS | version.number)
        return given

    def match(self, position: int, gift: int, amount: int, version: int) -> None:
        """A match stands in the log: it must be the answer worked out for its gift, and the first one."""
        if self._next < len(self.answers) and self.answers.at(self._next)[0] == gift:
            index: int | None = self._next
            self._next += 1
        else:
            index = self.answers.find(gift)
            if index is not None and (index < self._next or index in self._ahead):
                self.report.add("match_twice", at=position, pot=self.name, gift=gift)
                return
            if index is not None:
                self._ahead.add(index)
        while self._next in self._ahead:
            self._ahead.remove(self._next)
            self._next += 1
        expected = 0 if index is None else self.answers.at(index)[1]
        if expected != amount << VERSION_BITS | version:
            self.report.add(
                "match_wrong",
                at=position,
                pot=self.name,
                gift=gift,
                amount=amount,
                version=version,
                expected=expected >> VERSION_BITS,
                rule=expected & (1 << VERSION_BITS) - 1,
            )

    # ---- taken back ----

    def taken_back(self, position: int, gift: int, gift_amount: int, amount: int) -> None:
        """(A part of) a gift went back: what that frees of its match."""
        answer = self.answers.value(gift)
        if answer is None:
            return
        matched, before = answer >> VERSION_BITS, self._returned.get(gift, 0)
        freed = _share(matched, gift_amount, before + amount) - _share(matched, gift_amount, before)
        self._returned[gift] = before + amount
        self.committed -= freed
        if freed:
            self._owed.setdefault(gift, []).append((freed, position))

    def release(self, position: int, gift: int, amount: int) -> None:
        """A release stands in the log: it must be the next one that a refund of its gift asks for."""
        owed = self._owed.get(gift, [])
        expected = owed.pop(0)[0] if owed else 0
        if not owed:
            self._owed.pop(gift, None)
        if amount != expected:
            self.report.add(
                "match_release_wrong", at=position, pot=self.name, gift=gift, amount=amount, expected=expected
            )

    # ---- the end ----

    def finish(self, before: int) -> tuple[int, int]:
        """How many answers and releases wait for their entry; what is owed from before a position is a finding."""
        waiting = 0
        last = max(self._ahead, default=-1)
        for index in range(self._next, len(self.answers)):
            if index in self._ahead:
                continue
            gift, answer = self.answers.at(index)
            if gift < before and not self.frozen:
                self.report.add("match_missing", at=gift, pot=self.name, amount=answer >> VERSION_BITS)
            elif index < last:
                self.report.add("wait_match", at=gift, pot=self.name, amount=answer >> VERSION_BITS)
            else:
                waiting += 1
        releases = 0
        for gift, owed in self._owed.items():
            for amount, position in owed:
                if position < before and not self.frozen:
                    self.report.add("match_release_missing", at=position, pot=self.name, gift=gift, amount=amount)
                else:
                    releases += 1
        return waiting, releases


def _share(matched: int, gift_amount: int, returned: int) -> int:
    return matched * min(returned, gift_amount) // gift_amount


def answer_all(pots: list[Pot], position: int, amount: int, seen: Seen) -> None:
    """A gift comes to the pots of its fund, in the order their first rules were published."""
    before: dict[str, int] = {}
    for pot in pots:
        before[pot.name] = pot.gift(position, amount, seen, before)
