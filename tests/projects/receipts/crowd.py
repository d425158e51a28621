"""One of several processes that issue receipts of one charity. Started by `test_crowd.py`.

python -m tests.projects.receipts.crowd <database> <first gift id> <last gift id>
"""

import sys

from tests.projects.matching.crowd import start


def issue(first: int, last: int) -> None:
    """Receipts for the same gifts as everybody else; every third is rolled back once before it is issued."""
    from django.db import transaction

    from projects.access.actors import STRIPE
    from projects.giving.models import Gift
    from projects.receipts import actions
    from tests.factories.access import BEGIN

    for number, gift in enumerate(Gift.objects.filter(pk__gte=first, pk__lte=last).order_by("pk")):
        if number % 3 == 0:
            with transaction.atomic():
                actions.issue(gift=gift, by=STRIPE, at=BEGIN)
                transaction.set_rollback(True)
        actions.issue(gift=gift, by=STRIPE, at=BEGIN)


if __name__ == "__main__":
    start(sys.argv[1])
    issue(*map(int, sys.argv[2:]))
