"""What a page asks: does it take longer in a large book than in a small one? And a spending over many gifts?"""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

from tests.bench.helpers import Helper
from tests.bench.lines import Result
from tests.bench.rows.bulk import world
from tests.bench.run import Run, turns

SMALL_YEAR = 10_000
MANY, FEW = 100_000, 10
QUESTIONS = ("trace-gift", "trace-spending", "balance", "figures")


def read(run: Run, engine: str) -> Iterator[Result]:
    """The same questions to the whole year and to a small one, in turns."""
    small = min(SMALL_YEAR, run.gifts // 2)
    years = {"whole": (run.gifts, world(run, engine)), "small": (small, world(run, engine, small))}
    with ExitStack() as stack:
        sides: dict[str, Helper] = {}
        for name, (gifts, url) in years.items():
            sides[name] = stack.enter_context(run.helper("ours", url, gifts=gifts, profile=f"read-{name}-{engine}"))
            run.say(f"  {gifts:,} gifts: {sides[name].ask('prepare')['shown']:.0f} gifts shown behind a spending")
        for what in QUESTIONS:
            askers = {name: partial(_ask, side, what) for name, side in sides.items()}
            rates = turns(run.runs, askers)
            times = {name: [1 / rate for rate in found] for name, found in rates.items()}
            yield Result(f"{what}-{engine}", *_growth(times["whole"], times["small"], f"{small:,} gifts"))


def _ask(side: Helper, what: str, _number: int) -> dict[str, Any]:
    return side.ask("read", what=what)


def spending(run: Run, engine: str) -> Iterator[Result]:
    """One spending over many gifts against one over few, in the same book, in turns."""
    many = MANY if run.gifts >= 10 * MANY else max(FEW, run.gifts // 10)
    rounds = min(run.runs, 3)
    with run.helper("ours", run.opened(engine, "line"), profile=f"spending-{engine}") as ours:
        ours.ask("fill", gifts=(rounds + 1) * (many + 20 * FEW))
        rates = turns(
            rounds,
            {
                "many": lambda number: ours.ask("spend_covering", gifts=many, number=2 * number, times=1),
                "few": lambda number: ours.ask("spend_covering", gifts=FEW, number=2 * number + 1, times=20),
            },
        )
    times = {name: [1 / rate for rate in found] for name, found in rates.items()}
    values, beside = _growth(times["many"], times["few"], f"over {FEW} gifts")
    yield Result(f"spending-{engine}", values, f"{beside}; many = {many:,} gifts")


def _growth(large: list[float], small: list[float], small_name: str) -> tuple[tuple[float, ...], str]:
    values = tuple(one / other for one, other in zip(large, small, strict=True))
    middle = [sorted(times)[len(times) // 2] * 1_000 for times in (large, small)]
    return values, f"{middle[0]:.2f} ms against {middle[1]:.2f} ms ({small_name})"
