"""A charity's statements of all its donors, beside bare WeasyPrint on the same pages."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter
from typing import Any

from tests.bench.lines import POSTGRES, Result, ratios
from tests.bench.run import Run, beside, turns

FEWEST, MOST = 20, 1_000
# As many as the task starts.
PROCESSES = 2


def statements(run: Run) -> Iterator[Result]:
    """Pages in a second. More donors take longer and change nothing else: a thousand are enough for a year of gifts."""
    donors = min(max(run.gifts // 100, FEWEST), MOST)
    url, pages = run.places.fresh(POSTGRES, "statements"), run.home / "pages"
    with ExitStack() as stack:
        clerk = stack.enter_context(run.helper("ours", url, profile="statements"))
        clerk.ask("donors_with_receipts", donors=donors)
        run.places.settle(POSTGRES, "statements")
        clerk.ask("statement_pages", path=str(pages))
        bare = [stack.enter_context(run.helper("paper", url)) for _process in range(PROCESSES)]
        for part, process in enumerate(bare):
            process.ask("load", path=str(pages), part=part, parts=PROCESSES)

        def ours(_number: int) -> dict[str, Any]:
            return clerk.ask("make_statements")

        def floor(_number: int) -> dict[str, Any]:
            begun = perf_counter()
            for process in bare:
                process.tell("draw")
            count = sum(process.answer()["count"] for process in bare)
            return {"seconds": perf_counter() - begun, "count": count}

        rates = turns(run.runs, {"ours": ours, "floor": floor})
        drawn = [clerk.ask("make_statements")["count"], floor(0)["count"]]
    if drawn[0] != drawn[1]:
        raise RuntimeError(f"the floor draws other pages: {drawn}")
    shutil.rmtree(pages)
    run.places.drop(POSTGRES, "statements")
    told = beside(rates["ours"], rates["floor"])
    yield Result("statements", ratios(rates["ours"], rates["floor"]), f"pages {told}; {donors:,} donors")
