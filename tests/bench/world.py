"""A made-up campaign year of a district: no figure in it is anybody's. The same seed gives the same year.

1.6 million gifts that sum to exactly 30,000,000.00 yuan, 35,000 spendings, two pots of matching; smaller scales keep
the proportions. Most gifts are of 1 to 20 yuan, a few are large; projects are as unequal as they are anywhere.
"""

import hashlib
import random
from array import array
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise

FULL_SCALE = 1_600_000
FULL_SUM_MINOR = 3_000_000_000
FULL_SPENDINGS = 35_000
SEED = 20_250_909
BOOK = "bench"
CURRENCY = "CNY"
PROJECTS = 60
FUNDS = ("general", *(f"p{number:02}" for number in range(1, PROJECTS + 1)))
CHANNELS = ("stripe", "platform", "platform", "platform", "bank")
YEAR_BEGINS = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=364)
# Two pots, one fund each: fund, parts of the year's sum, cap of one match.
POTS = {"p01": ("pot-a", 30, 20_000), "p02": ("pot-b", 60, 5_000)}
RATIO_BPS = 10_000
_AMOUNTS = {
    100: 190, 200: 90, 500: 170, 660: 30, 880: 40, 1_000: 210, 1_660: 20, 2_000: 120, 5_000: 80, 10_000: 32,
    20_000: 9, 50_000: 3.2, 100_000: 1.1, 500_000: 0.08, 1_000_000: 0.02,
}  # fmt: skip
# From here on a gift is large: the large ones carry what makes the year's sum exact.
_LARGE = 5_000


@dataclass(frozen=True, slots=True)
class Gift:
    """One gift of the year."""

    number: int
    fund: str
    amount_minor: int
    at: datetime
    ref: str
    channel: str
    # Stands for the bound private facts: as many bytes, as random to look at.
    commitment: bytes

    @property
    def on(self) -> date:
        return self.at.date()


@dataclass(frozen=True, slots=True)
class Spending:
    """One award of the year."""

    fund: str
    amount_minor: int
    at: datetime
    ref: str


class World:
    """The year at a scale."""

    def __init__(self, gifts: int, seed: int = SEED) -> None:
        self.size = gifts
        self.sum_minor = FULL_SUM_MINOR * gifts // FULL_SCALE
        self.spendings = max(4, FULL_SPENDINGS * gifts // FULL_SCALE)
        self._seed = seed
        chance = random.Random(seed)
        self._amounts = _exact(chance.choices(list(_AMOUNTS), list(_AMOUNTS.values()), k=gifts), self.sum_minor)
        # A twentieth is for no project in particular; the others follow a long tail.
        weights = [0.05, *(0.95 / rank**0.8 / 8.2 for rank in range(1, PROJECTS + 1))]
        bounds = list(accumulate(weights))
        self._funds = array("B", (bisect(bounds, chance.random() * bounds[-1] * 0.999_999) for _ in range(gifts)))

    def gifts(self, start: int, stop: int) -> Iterator[Gift]:
        """The gifts numbered ``start`` to ``stop``. Numbers past the year repeat it under other references."""
        for number in range(start, stop):
            place, ref = number % self.size, reference("gift", number)
            yield Gift(
                number=number,
                fund=FUNDS[self._funds[place]],
                amount_minor=self._amounts[place],
                at=YEAR_BEGINS + number * YEAR / self.size,
                ref=ref,
                channel=CHANNELS[number % len(CHANNELS)],
                commitment=hashlib.sha256(ref.encode()).digest(),
            )

    def slices(self) -> list[tuple[int, int]]:
        """The year in stretches of the campaign: gifts come in, are numbered, matched and spent, and again."""
        count = 16 if self.size >= 100_000 else 4
        bounds = [self.size * part // count for part in range(count + 1)]
        return list(pairwise(bounds))

    def moment(self, number: int) -> datetime:
        """Just after the gift before ``number``."""
        return YEAR_BEGINS + number * YEAR / self.size - timedelta(milliseconds=1)

    def spending(self, stop: int, first: int, held: dict[str, int]) -> list[Spending]:
        """The awards after gift ``stop``: three fifths of what each fund holds, in unequal awards.

        ``first`` is the number of awards so far. The largest fund keeps back more, so that a very large award can be
        tried.
        """
        due = self.spendings * stop // self.size - first
        rich = {fund: amount for fund, amount in sorted(held.items()) if amount >= 100}
        whole = sum(rich.values())
        found: list[Spending] = []
        for fund, amount in rich.items():
            count = max(1, due * amount // whole)
            budget = amount * (2 if fund == "p01" else 6) // 10
            chance = random.Random(f"{self._seed}:{stop}:{fund}")
            for part in _unequal(chance, budget, count):
                number = first + len(found)
                found.append(Spending(fund, part, self.moment(stop), reference("award", number)))
        return found


def reference(kind: str, number: int) -> str:
    """An opaque reference: scattered like a random one, never the same twice."""
    return hashlib.blake2b(f"{kind}:{number}".encode(), digest_size=16).hexdigest()


def project_ref(fund: str) -> str:
    """The reference of the project that a fund serves."""
    return f"bench-{fund}"


def _exact(drawn: list[int], wanted: int) -> "array[int]":
    """The drawn amounts with the large ones stretched so that all sum to exactly what is wanted."""
    amounts = array("q", drawn)
    large = [place for place, amount in enumerate(amounts) if amount >= _LARGE] or [0]
    held = sum(amounts[place] for place in large)
    room = wanted - (sum(amounts) - held)
    for place in large:
        amounts[place] = max(1, amounts[place] * room // held)
    # What rounding left over is one donor's; what a tiny scale has too much of is taken where it stands.
    rest = wanted - sum(amounts)
    amounts[large[0]] += max(rest, 0)
    for place, amount in enumerate(amounts):
        taken = min(amount - 1, max(-rest, 0))
        amounts[place] -= taken
        rest += taken
    return amounts


def _unequal(chance: random.Random, budget: int, count: int) -> list[int]:
    """A budget in unequal positive parts."""
    count = max(1, min(count, budget // 10))
    weights = [chance.lognormvariate(0, 0.8) for _ in range(count)]
    whole = sum(weights)
    parts = [max(1, int(budget * weight / whole)) for weight in weights]
    return parts if sum(parts) <= budget else parts[:1]
