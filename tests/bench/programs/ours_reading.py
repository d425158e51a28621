"""Our side of the reading lines: traces, balances, figures; and spendings of any size."""

import random
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

from django.core.cache import cache
from django.db.models import F

from ledger import balances, posting, trace, transparency
from ledger.models import JournalEntry, LotUse
from ledger.policy import chart, recipes
from projects.catalog.models import Project
from projects.organisations.models import Organisation
from projects.tracing.figures import project_figures
from tests.bench.programs import ours_posting
from tests.bench.programs.serving import Command, measured
from tests.bench.world import BOOK, CURRENCY, FUNDS, YEAR_BEGINS, reference

_kept: dict[str, Any] = {}


def prepare() -> dict[str, Any]:
    """Choose what will be asked for: the same choice in every round, scattered over the year."""
    chance, size = random.Random(7), ours_posting.WORLD.size
    refs = [reference("gift", chance.randrange(size)) for _ in range(min(200, size // 20))]
    _kept["gifts"] = list(JournalEntry.objects.filter(document_ref__in=refs).values_list("id", flat=True))
    # Large spendings, so that there are fifty gifts to show behind each.
    uses = LotUse.objects.filter(kind="SPEND").annotate(length=F("stop") - F("start")).order_by("-length")
    large = list(uses.values_list("entry_id", flat=True)[: max(10, uses.count() // 20)])
    _kept["spendings"] = chance.choices(large, k=min(50, size // 20))
    _kept["projects"] = [_project(fund) for fund in FUNDS[1:11]]
    shown = sum(len(trace.back(entry).hops) for entry in _kept["spendings"][:20]) / 20
    return {"shown": shown}


@measured
def read(what: str) -> dict[str, Any]:
    """Ask each of what was prepared; the time is the median of one question, from asking to the value."""
    asked: dict[str, list[Callable[[], Any]]] = {
        "trace-gift": [lambda entry=entry: trace.forward(entry) for entry in _kept["gifts"]],
        "trace-spending": [lambda entry=entry: trace.back(entry) for entry in _kept["spendings"]],
        "balance": [lambda fund=fund: _balance(fund) for fund in FUNDS[1:11]],
        "figures": [lambda project=project: project_figures(project) for project in _kept["projects"]],
    }
    times = []
    for question in asked[what]:
        cache.clear()
        begun = perf_counter()
        question()
        times.append(perf_counter() - begun)
    return {"seconds": median(times), "count": 1}


def _balance(fund: str) -> int:
    return balances.balance(book=BOOK, account=chart.PLATFORM_CLEARING, currency=CURRENCY, fund=fund)


def _project(fund: str) -> Project:
    """A project as its page has read it: its figures ask the books, and the payouts (there are none)."""
    owner = Organisation(pk=10**9, book_code=BOOK)
    return Project(pk=10**9, ref=fund, organisation=owner, fund_code=fund, currency=CURRENCY, opened_at=YEAR_BEGINS)


# ---- spendings of any size ----

UNIT = 100


def fill(gifts: int) -> None:
    """One fund with so many equal gifts that a spending of a known sum covers a known number of them."""
    drafts = (
        (
            recipes.gift(
                book=BOOK,
                fund="p01",
                amount_minor=UNIT,
                currency=CURRENCY,
                effective_on=YEAR_BEGINS.date(),
                document_ref=reference("fill", number),
                restricted=True,
            ),
            YEAR_BEGINS + timedelta(milliseconds=number),
            f"fill:{number}",
        )
        for number in range(gifts)
    )
    ours_posting.post_all(drafts)
    transparency.sequence(at=YEAR_BEGINS + timedelta(days=2))


@measured
def spend_covering(gifts: int, number: int, times: int) -> dict[str, Any]:
    """Post ``times`` spendings that each cover so many gifts; the time is the median of one."""
    at = YEAR_BEGINS + timedelta(days=3)
    taken = []
    for time in range(times):
        ref = reference("cover", number * 1_000 + time)
        draft = recipes.award(
            book=BOOK,
            fund="p01",
            amount_minor=gifts * UNIT,
            currency=CURRENCY,
            effective_on=at.date(),
            document_ref=ref,
        )
        begun = perf_counter()
        posting.post(draft, by=ours_posting.BY, at=at, key=f"cover:{ref}")
        taken.append(perf_counter() - begun)
    return {"seconds": median(taken), "count": 1}


COMMANDS: dict[str, Command] = {"prepare": prepare, "read": read, "fill": fill, "spend_covering": spend_covering}
