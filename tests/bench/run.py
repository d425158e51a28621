"""One run of the benchmark: what was asked for, the databases, and the processes that take turns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.helpers import Helper
from tests.bench.lines import GROUPS
from tests.bench.places import Places, schema_fingerprint
from tests.bench.world import World

# A turn of a side: it is given the number of the round and says how it went.
Turn = Callable[[int], dict[str, Any]]


@dataclass(frozen=True)
class Run:
    """What a measuring function needs to know."""

    places: Places
    gifts: int
    runs: int
    engines: tuple[str, ...]
    asked: frozenset[str] = frozenset()
    profile: bool = False
    say: Callable[[str], None] = print
    world: World = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "world", World(self.gifts))

    def wants(self, key: str) -> bool:
        """Whether a line was asked for: by its name, by its group's, or because no other line of its group was."""
        group = next(name for name, lines in GROUPS.items() if any(line.key == key for line in lines))
        siblings = {line.key for line in GROUPS[group]}
        return key in self.asked or group in self.asked or not self.asked & siblings

    def world_of(self, gifts: int) -> World:
        """The year at another scale."""
        return self.world if gifts == self.gifts else World(gifts)

    @property
    def home(self) -> Path:
        return self.places.home

    def helper(self, program: str, url: str, *, gifts: int = 0, profile: str = "", **more: str) -> Helper:
        """Start a measured process on a database. ``profile`` names the file when this run takes profiles."""
        environment = {"BENCH_GIFTS": str(gifts or self.gifts), **more}
        wanted = self.home / f"profile-{profile}.txt" if self.profile and profile else None
        return Helper(program, self.home, url, environment, wanted)

    def opened(self, engine: str, name: str, gifts: int = 0) -> str:
        """A new database with opened books and nothing in them."""
        template = f"open_{gifts or self.gifts}_{schema_fingerprint()}"
        if not self.places.there(engine, template):
            half = self.places.fresh(engine, f"{template}_half")
            with self.helper("ours", half, gifts=gifts) as opener:
                opener.ask("open")
            self.places.copy(engine, f"{template}_half", template)
        return self.places.copy(engine, template, name)


def turns(rounds: int, sides: Mapping[str, Turn], *, warm: bool = True) -> dict[str, list[float]]:
    """Let the sides take turns, each round in the other order, and return each side's rate in each round.

    Round 0 warms up and is not counted.
    """
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(0 if warm else 1, rounds + 1):
        order = list(sides) if number % 2 else list(reversed(sides))
        for name in order:
            said = sides[name](number)
            if number:
                rates[name].append(said["count"] / said["seconds"])
    return rates


def beside(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The medians of two sides' rates, for reading."""
    return f"{median(ours):,.0f}/s against {median(theirs):,.0f}/s"
