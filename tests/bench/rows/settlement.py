"""The year's gifts as one file of a platform, taken in to its published statement, beside posting the same gifts."""

from collections.abc import Iterator
from typing import Any

from tests.bench.lines import Result, ratios
from tests.bench.rows.bulk import MB
from tests.bench.run import Run, beside, turns


def settlement(run: Run, engine: str) -> Iterator[Result]:
    """Each turn has books of its own, and a process of its own whose memory is looked at afterwards."""
    path = str(run.home / "platform.csv")
    peaks = []

    def ours(number: int) -> dict[str, Any]:
        with run.helper("ours", run.opened(engine, "settled"), profile=f"settlement-{engine}") as clerk:
            clerk.ask("settlement_desk")
            said = clerk.ask("take_in", path=path)
        if number:
            peaks.append(said["peak_bytes"] / MB)
        return said

    def floor(_number: int) -> dict[str, Any]:
        with run.helper("ours", run.opened(engine, "settled_floor")) as poster:
            return poster.ask("post_many", start=0, stop=run.gifts)

    with run.helper("ours", run.opened(engine, "settled")) as platform:
        platform.ask("file_of_gifts", path=path)
    small = run.gifts < 100_000
    # The whole year is taken in fewer times: each takes minutes.
    rates = turns(run.runs if small else min(run.runs, 2), {"ours": ours, "floor": floor}, warm=small)
    for name in ("settled", "settled_floor"):
        run.places.drop(engine, name)
    (run.home / "platform.csv").unlink()
    yield Result(f"settlement-{engine}", ratios(rates["ours"], rates["floor"]), beside(rates["ours"], rates["floor"]))
    yield Result(f"memory-settlement-{engine}", tuple(peaks), "Django and the site's apps included")
