"""One of many processes that meet in one database. Started by `test_crowd.py`, with connections of its own.

python -m tests.projects.matching.crowd <database> give <project id> <how many> <which>
python -m tests.projects.matching.crowd <database> match <how many answers to wait for>
python -m tests.projects.matching.crowd <database> hold <project id> <how many> <which> <began>
python -m tests.projects.matching.crowd <database> answer_holds <how many gifts to wait for> <began>

``began`` is the machine's clock (`clock`) when the crowd set out: moments go on from there, the same for all.
"""

import os
import sys
import time
from datetime import datetime, timedelta


def clock() -> int:
    """Microseconds of a clock that all processes of a machine share."""
    return time.monotonic_ns() // 1_000


def now(began: int) -> datetime:
    from tests.factories.access import BEGIN

    return BEGIN + timedelta(microseconds=clock() - began)


def start(database: str) -> None:
    import django
    from django.conf import settings

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    settings.DATABASES["default"]["NAME"] = database
    django.setup()


def amounts(count: int, which: int) -> list[int]:
    """Gifts between 0.01 and 99.99, different in every process and the same in every run."""
    return [1 + (n * 7919 + which * 104_729) % 9_999 for n in range(count)]


def give(project_id: int, count: int, which: int) -> None:
    """Gifts, one transaction each; every tenth goes back as soon as it has a place in the log."""
    from ledger import transparency
    from projects.catalog.models import Project
    from tests.factories.access import BEGIN
    from tests.factories.matching import post_gift, post_refund

    project = Project.objects.select_related("organisation").get(pk=project_id)
    for number, amount in enumerate(amounts(count, which)):
        _, entry = post_gift(project, amount)
        if number % 10 == 0:
            transparency.sequence(at=BEGIN)
            post_refund(entry, amount)


def hold(project_id: int, count: int, which: int, began: int) -> None:
    """Donors who ask for a hold first; every third one leaves without paying, the others pay whatever was held."""
    from projects.access.actors import DEMO
    from projects.access.refs import new_ref
    from projects.catalog.models import Project
    from projects.matching import holds
    from tests.factories.matching import post_gift

    project = Project.objects.select_related("organisation").get(pk=project_id)
    for number, amount in enumerate(amounts(count, which)):
        ref = new_ref()
        holds.ask(project, ref, amount, by=DEMO, at=now(began))
        if number % 3 == 0:
            holds.end(ref, by=DEMO, at=now(began))
        else:
            post_gift(project, amount, ref=ref, channel="stripe", at=now(began))


def answer_holds(gifts: int, began: int) -> None:
    """The worker, until every gift is answered and nothing is held any more."""
    from projects.access.actors import DEMO
    from projects.matching import holds
    from projects.matching.models import HoldRequest, Match
    from tests.factories.matching import run

    while Match.objects.filter(round=1).count() < gifts or HoldRequest.objects.filter(is_over=False).exists():
        run()
        # What was let go before it had its place ends now; what is still kept does not.
        holds.end_lapsed(by=DEMO, at=now(began))


def match(answers: int) -> None:
    """What the worker does, again and again, until everything is answered."""
    from projects.matching.models import Match, MatchRelease
    from tests.factories.matching import run

    while Match.objects.count() + MatchRelease.objects.count() < answers:
        run()


if __name__ == "__main__":
    start(sys.argv[1])
    {"give": give, "match": match, "hold": hold, "answer_holds": answer_holds}[sys.argv[2]](*map(int, sys.argv[3:]))
