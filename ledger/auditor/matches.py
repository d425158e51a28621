"""Matches worked out again from the published rules and the log, without a line of the site's own code for it.

The log has all that is needed: each rule version is a notice (share, caps, days, pledge, channels, rounding, the pot
tried first), each gift has its place, day, channel and amount, each match names its gift, each refund its origin. So
the answer to every gift is exact, not a bound: the newest version published before the gift whose days hold it; its
share of what the pot tried first has not matched, rounded as it says; at most its caps per gift, per day and per donor
and what the pot has left at that place; nothing for a channel it does not name. Caps per day and per donor count what
was ever matched. A refund frees the match in proportion, rounded down over all refunds of the gift.

A version may hold money: somebody asks for it by a notice that names the gift to come and its amount, the pot holds
what that gift would get at the notice's place, and the gift is answered by that version with at least this much. What
is held is nobody else's until the gift comes or a notice ends it. A version may offer freed money again: to the
earliest gifts that lacked some, each up to all it lacks, until one cannot be given all; such a match names what made
the money free. A matcher takes the rest back when its days are over; then nothing more than what is bound is left.

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
# Money is held for gifts by the site's own form: this is their channel.
FORM = "stripe"


class Seen(NamedTuple):
    """What a gift's leaf says beside its amount, as far as a rule may ask for it."""

    currency: str
    day: str
    channel: str
    donor: str
    # Only where its pots hold money is a gift asked for its name.
    ref: str = ""

    @classmethod
    def of(cls, leaf: dict[str, Any]) -> "Seen":
        facts = leaf.get("facts", {})
        channel, donor = str(facts.get("channel", "")), str(facts.get("donor", ""))
        return cls(leaf["lines"][0][4], leaf["on"], channel, donor, leaf["doc"][1])


class Part:
    """A later answer to a gift, of what was left of it then."""

    __slots__ = ("matched", "of", "returned")

    def __init__(self, matched: int, of: int) -> None:
        self.matched, self.of, self.returned = matched, of, 0

    def free(self, amount: int) -> int:
        """What a further return of so much of the gift frees of this part."""
        before = _share(self.matched, self.of, self.returned)
        self.returned += amount
        return _share(self.matched, self.of, self.returned) - before

    @property
    def standing(self) -> int:
        return self.matched - _share(self.matched, self.of, self.returned)


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
        self.reserves = bool(facts.get("reserves"))
        self.reoffers = bool(facts.get("reoffers"))
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
        self.reserved = 0
        self.withdrawn: int | None = None
        self.frozen = False
        # What is held for gifts to come, by the version that counted when it was asked for.
        self.holds: dict[str, tuple[Version | None, int]] = {}
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
        # Gifts that lack some of what was wanted for them (with the version), and their amounts; those before are done.
        self._short, self._short_amounts, self._short_next = Pairs(spool), Pairs(spool), 0
        self._more: dict[int, list[Part]] = {}
        # Later answers that have no match in the log yet: by gift and by what made the money free.
        self._offered: dict[tuple[int, int], int] = {}

    @property
    def holds_money(self) -> bool:
        return any(version.reserves for version in self.versions)

    @property
    def available(self) -> int:
        return self.pledged - (self.withdrawn or 0) - self.committed - self.reserved

    def left(self, version: Version) -> int:
        """What the pot can still give by a version."""
        limit = min(version.limit, self.pledged - (self.withdrawn or 0))
        return max(limit - self.committed - self.reserved, 0)

    def agrees(self, book: str, facts: dict[str, Any]) -> bool:
        """Whether a further version is of the same pot: book, fund, currency and pledge never change."""
        same = (self.book, self.fund, self.currency, self.pledged)
        newest = max((version.number for version in self.versions), default=0)
        told = (book, facts["fund"], facts["currency"], facts["pledged"])
        return same == told and facts["rule"] > newest and self.withdrawn is None

    def publish(self, facts: dict[str, Any]) -> None:
        self.versions.append(Version(facts))
        self._by_day.clear()

    # ---- gifts ----

    def gift(self, position: int, amount: int, seen: "Seen", before: dict[str, int]) -> int:
        """Work out a gift's answer at its place. ``before``: what the pots older than this one have answered to it."""
        held_by, held = self.holds.pop(seen.ref, (None, 0)) if self.holds else (None, 0)
        self.reserved -= held
        version = held_by if held else self._counting(seen.day)
        given = 0 if version is None else self._given(position, version, amount, seen, before, held)
        if held:
            self.offer(position)
        return given

    def _counting(self, day: str) -> Version | None:
        if day not in self._by_day:
            holding = [version for version in self.versions if version.opens <= day <= version.closes]
            self._by_day[day] = max(holding, key=lambda version: version.number, default=None)
        return self._by_day[day]

    def _given(
        self, position: int, version: Version, amount: int, seen: "Seen", before: dict[str, int], held: int
    ) -> int:
        day, donor = seen.day, seen.donor
        if seen.currency != self.currency or (version.channels and seen.channel not in version.channels):
            return 0
        amount -= min(before.get(version.after, 0), amount)
        want = _wanted(version, amount)
        left = max(self.left(version), held)
        bounds = [want, left]
        if version.cap_day is not None:
            bounds.append(max(version.cap_day - self._days.get(day, 0), 0))
        if version.cap_donor is not None:
            bounds.append(max(version.cap_donor - self._donors.get(donor, 0), 0) if donor else 0)
        given = min(bounds)
        if version.reoffers and left < want:
            self._short.append(position, want << VERSION_BITS | version.number)
            self._short_amounts.append(position, amount)
        if given:
            self._add(given, day, donor)
            self.answers.append(position, given << VERSION_BITS | version.number)
        return given

    def _add(self, given: int, day: str, donor: str) -> None:
        self.committed += given
        self._days[day] = self._days.get(day, 0) + given
        if donor:
            self._donors[donor] = self._donors.get(donor, 0) + given

    # ---- holds, and money that becomes free ----

    def ask(self, gift: str, amount: int, day: str) -> None:
        """Hold what a gift of so much would get now, by the version that counts now."""
        if gift in self.holds:
            return
        version, held = self._counting(day), 0
        if version is not None and version.reserves and (not version.channels or FORM in version.channels):
            held = min(_wanted(version, amount), self.left(version))
        self.holds[gift] = version, held
        self.reserved += held

    def end(self, position: int, gift: str) -> None:
        """Nobody waits for the gift any more."""
        _version, held = self.holds.pop(gift, (None, 0))
        self.reserved -= held
        if held:
            self.offer(position)

    def withdraw(self, day: str) -> bool:
        """Take the rest back; false while a version's days are not over."""
        if not all(version.closes < day for version in self.versions):
            return False
        self.withdrawn = (self.withdrawn or 0) + self.available
        return True

    def offer(self, position: int) -> None:
        """Free money goes to the earliest gifts that lack some, until one cannot be given all it lacks."""
        while self._short_next < len(self._short) and self.available > 0:
            gift, packed = self._short.at(self._short_next)
            version = self._version(packed & (1 << VERSION_BITS) - 1)
            lacks, rest = self._lacks(gift, packed >> VERSION_BITS, self._short_amounts.at(self._short_next)[1])
            if lacks:
                given = min(lacks, self.left(version))
                if not given:
                    return
                self._more.setdefault(gift, []).append(Part(given, rest))
                self._offered[gift, position] = given << VERSION_BITS | version.number
                self.committed += given
                if given < lacks:
                    return
            self._short_next += 1

    def _version(self, number: int) -> Version:
        return next(version for version in self.versions if version.number == number)

    def _lacks(self, gift: int, wanted: int, amount: int) -> tuple[int, int]:
        """What a gift still lacks, and what is left of the gift itself."""
        returned = self._returned.get(gift, 0)
        matched = (self.answers.value(gift) or 0) >> VERSION_BITS
        standing = matched - _share(matched, amount, returned)
        standing += sum(part.standing for part in self._more.get(gift, ()))
        return max(wanted - _share(wanted, amount, returned) - standing, 0), amount - returned

    # ---- what stands in the log ----

    def match(self, position: int, gift: int, amount: int, version: int, offered: int | None = None) -> None:
        """A match stands in the log: it must be an answer worked out for its gift, and the first one that says so."""
        if offered is not None:
            self._compare(position, gift, amount, version, self._offered.pop((gift, offered), 0))
            return
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
        self._compare(position, gift, amount, version, 0 if index is None else self.answers.at(index)[1])

    def _compare(self, position: int, gift: int, amount: int, version: int, expected: int) -> None:
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
        if answer is None and self._short.find(gift) is None:
            return
        matched, before = (answer or 0) >> VERSION_BITS, self._returned.get(gift, 0)
        self._returned[gift] = before + amount
        freed = [_share(matched, gift_amount, before + amount) - _share(matched, gift_amount, before)]
        freed += [part.free(amount) for part in self._more.get(gift, ())]
        self.committed -= sum(freed)
        if owed := [(one, position) for one in freed if one]:
            self._owed.setdefault(gift, []).extend(owed)
            self.offer(position)

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
        for (gift, offered), answer in self._offered.items():
            if offered < before and not self.frozen:
                self.report.add("match_missing", at=gift, pot=self.name, amount=answer >> VERSION_BITS)
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


def _wanted(version: Version, amount: int) -> int:
    share = (amount * version.share + version.half) // WHOLE
    return share if version.cap_gift is None else min(share, version.cap_gift)


def _share(matched: int, gift_amount: int, returned: int) -> int:
    return matched * min(returned, gift_amount) // gift_amount


def answer_all(pots: list[Pot], position: int, amount: int, seen: Seen) -> None:
    """A gift comes to the pots of its fund, in the order their first rules were published."""
    before: dict[str, int] = {}
    for pot in pots:
        before[pot.name] = pot.gift(position, amount, seen, before)
