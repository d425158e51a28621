"""Many donors at one pot, beside as many at a pot each: what splitting a hot pot could gain."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from tests.bench.lines import POSTGRES, Result, ratios
from tests.bench.run import Run, beside, turns
from tests.projects.matching.crowd import clock

CLIENTS = 4


def hot_pot(run: Run) -> Iterator[Result]:
    """Each turn lasts until the worker has answered the last gift."""
    url = run.places.fresh(POSTGRES, "pots")
    each = max(5, min(150, run.gifts // 4_000))
    with ExitStack() as stack:
        worker = stack.enter_context(run.helper("ours", url, profile="hot-pot"))
        began = clock()
        projects = worker.ask("open_pots", pots=CLIENTS)["projects"]
        donors = [stack.enter_context(run.helper("ours", url)) for _client in range(CLIENTS)]

        def give(to: list[int]) -> dict[str, Any]:
            worker.tell("answer_all", gifts=each * CLIENTS, began=began)
            for donor, project in zip(donors, to, strict=True):
                donor.tell("hold_and_give", project=project, gifts=each, began=began)
            for donor in donors:
                donor.answer()
            return worker.answer()

        rates = turns(
            run.runs,
            {"one": lambda _number: give(projects[:1] * CLIENTS), "several": lambda _number: give(projects)},
        )
    run.places.drop(POSTGRES, "pots")
    told = beside(rates["one"], rates["several"])
    yield Result("hot-pot", ratios(rates["one"], rates["several"]), f"gifts {told}; {each * CLIENTS:,} a turn")
