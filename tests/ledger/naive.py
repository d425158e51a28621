"""The books as a child would keep them: one coin per unit, in a row, each remembering where it came from and went.

No intervals, no cursor, no tables. The story machine holds the real books against this.
"""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Coin:
    """One minor unit on a fund's line."""

    lot: str
    spent_by: str = ""
    hole_by: str = ""
    cover_by: str = ""

    @property
    def free(self) -> bool:
        return not (self.spent_by or self.hole_by)


@dataclass
class Event:
    """Something posted: what it brought to which fund, whether it has its place, what it was reversed by."""

    name: str
    kind: str
    gains: dict[str, int] = field(default_factory=dict)
    moves: list[tuple[str, str, str, int]] = field(default_factory=list)
    numbered: bool = False
    reversed_by: str = ""


class Naive:
    """Funds as rows of coins, accounts as sums, and what still waits for its place."""

    def __init__(self, funds: list[str]) -> None:
        self.coins: dict[str, list[Coin]] = {fund: [] for fund in funds}
        self.events: dict[str, Event] = {}
        self.sides: dict[tuple[str, str], int] = defaultdict(int)

    # ---- asking ----

    def free(self, fund: str) -> list[Coin]:
        return [coin for coin in self.coins[fund] if coin.free]

    def of_lot(self, fund: str, name: str) -> list[Coin]:
        return [coin for coin in self.coins[fund] if coin.lot == name]

    def waiting(self, fund: str) -> int:
        return sum(event.gains.get(fund, 0) for event in self.events.values() if not event.numbered)

    # ---- doing ----

    def post(self, name: str, kind: str, moves, *, gains=None, spends=None) -> None:
        """``moves`` are (fund, debit, credit, amount); ``spends`` says how much of which fund is used."""
        self.events[name] = Event(name, kind, dict(gains or {}), list(moves))
        for fund, debit, credit, amount in moves:
            self.sides[fund, debit] += amount
            self.sides[fund, credit] -= amount
        for fund, amount in (spends or {}).items():
            for coin in self.free(fund)[:amount]:
                coin.spent_by = name

    def sequence(self) -> None:
        for event in self.events.values():
            if not event.numbered:
                event.numbered = True
                for fund, amount in event.gains.items():
                    self.coins[fund] += [Coin(event.name) for _ in range(amount)]

    def take_back(self, name: str, origin: str, amount: int, *, money: str, income: str, cover: str, deficit: str):
        """The origin's own free coins, last ones first; for the rest other coins stand in."""
        ((fund, _gain),) = self.events[origin].gains.items()
        own = self.of_lot(fund, origin)
        holes = [coin for coin in own if coin.free][-amount:]
        rest = amount - len(holes)
        covers = [coin for coin in own if coin.spent_by and not coin.cover_by]
        covers = covers[len(covers) - rest :] if rest else []
        for coin in holes:
            coin.hole_by = name
        for coin in covers:
            coin.cover_by = name
        borne = min(len(covers), len(self.free("general")))
        parts = [
            (fund, income, money, len(holes)),
            ("general", cover, money, borne),
            ("general", deficit, money, len(covers) - borne),
        ]
        self.post(name, "REFUND", [part for part in parts if part[3]], spends={"general": borne})

    def reverse(self, name: str, origin: str, worth) -> None:
        """Sides exchanged. What comes back waits for its place; what goes is taken out of the origin's own lot."""
        event = self.events[origin]
        moves = [(fund, credit, debit, amount) for fund, debit, credit, amount in event.moves]
        nets: dict[str, int] = defaultdict(int)
        for fund, debit, credit, amount in moves:
            nets[fund] += amount * ((credit in worth) - (debit in worth))
        for fund, net in nets.items():
            if net < 0:
                for coin in self.of_lot(fund, origin):
                    coin.hole_by = name
        self.post(name, "REVERSAL", moves, gains={fund: net for fund, net in nets.items() if net > 0})
        event.reversed_by = name
