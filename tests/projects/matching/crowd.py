"""One of many processes that meet in one database. Started by `test_crowd.py`, with connections of its own.

python -m tests.projects.matching.crowd <database> give <project id> <how many> <which>
python -m tests.projects.matching.crowd <database> match <how many answers to wait for>
"""

import os
import sys


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


def match(answers: int) -> None:
    """What the worker does, again and again, until everything is answered."""
    from projects.matching.models import Match, MatchRelease
    from tests.factories.matching import run

    while Match.objects.count() + MatchRelease.objects.count() < answers:
        run()


if __name__ == "__main__":
    start(sys.argv[1])
    {"give": give, "match": match}[sys.argv[2]](*map(int, sys.argv[3:]))
