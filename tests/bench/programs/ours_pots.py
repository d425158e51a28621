"""Our side of the line about a hot pot: donors who ask for a hold and then pay, and the worker that answers them."""

from time import perf_counter, sleep
from typing import Any

from projects.access.actors import DEMO
from projects.access.refs import new_ref
from projects.catalog.models import Project
from projects.matching import holds
from projects.matching.models import Match
from tests.bench.programs.serving import Command, measured
from tests.factories import matching as make
from tests.projects.matching.crowd import now

# More than all donors of a run are promised: what is compared is the way, not the end of a pot.
PLEDGED = 10**11
# Seconds after which the worker gives up waiting for the last gift.
PATIENCE = 300


def open_pots(pots: int) -> dict[str, Any]:
    """So many pots that hold money before it is paid, each of a project of its own; the ids of the projects."""
    opened = [
        make.open_pool(pledged_minor=PLEDGED, ratio_bps=5_000, cap_per_gift_minor=40_00, reserves=True)
        for _pot in range(pots)
    ]
    make.run()
    return {"projects": [pool.project_id for pool in opened]}


@measured
def hold_and_give(project: int, gifts: int, began: int) -> dict[str, Any]:
    """One donor after the other: asks what would be added, and pays. Moments count from ``began``, for all the same."""
    to = Project.objects.select_related("organisation").get(pk=project)
    begun = perf_counter()
    for number in range(gifts):
        ref, amount_minor = new_ref(), 1 + number * 7_919 % 9_999
        holds.ask(to, ref, amount_minor, by=DEMO, at=now(began))
        make.post_gift(to, amount_minor, ref=ref, channel="stripe", at=now(began))
    return {"seconds": perf_counter() - begun, "count": gifts}


@measured
def answer_all(gifts: int, began: int) -> dict[str, Any]:
    """The worker, from now until so many more gifts are answered."""
    begun, wanted = perf_counter(), Match.objects.count() + gifts
    while Match.objects.count() < wanted:
        if perf_counter() - begun > PATIENCE:
            raise RuntimeError(f"{wanted - Match.objects.count()} of {gifts} gifts were not answered")
        make.run(at=now(began))
        sleep(0.01)
    return {"seconds": perf_counter() - begun, "count": gifts}


COMMANDS: dict[str, Command] = {"open_pots": open_pots, "hold_and_give": hold_and_give, "answer_all": answer_all}
