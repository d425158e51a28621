"""django-hordak: a gift is one transaction with two legs, by its own `transfer_to`, under its own database triggers."""

import os
from decimal import Decimal
from time import perf_counter
from typing import Any

import dj_database_url
import django
from django.conf import settings

from tests.bench.programs.serving import serve
from tests.bench.world import CURRENCY, FUNDS, World

settings.configure(
    SECRET_KEY="bench-" + "k" * 50,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
    DATABASES={"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=60)},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DEFAULT_CURRENCY=CURRENCY,
    CURRENCIES=(CURRENCY,),
    HORDAK_INTERNAL_CURRENCY=CURRENCY,
    HORDAK_CURRENCIES=[CURRENCY],
    USE_TZ=True,
)
WORLD = World(int(os.environ["BENCH_GIFTS"]))
_accounts: dict[str, Any] = {}


def open_books() -> None:
    from django.core.management import call_command
    from hordak.models import Account, AccountType

    call_command("migrate", verbosity=0)
    _accounts["money"] = Account.objects.create(
        name="clearing", code="1", type=AccountType.asset, currencies=[CURRENCY]
    )
    for number, fund in enumerate(FUNDS, 2):
        _accounts[fund] = Account.objects.create(
            name=fund, code=str(number), type=AccountType.income, currencies=[CURRENCY]
        )


def post(start: int, stop: int) -> dict[str, Any]:
    from moneyed import Money

    gifts = list(WORLD.gifts(start, stop))
    begun = perf_counter()
    for gift in gifts:
        amount = Money(Decimal(gift.amount_minor) / 100, CURRENCY)
        _accounts[gift.fund].transfer_to(_accounts["money"], amount, description=gift.ref, date=gift.on)
    return {"seconds": perf_counter() - begun, "count": len(gifts)}


if __name__ == "__main__":
    django.setup()
    serve({"open": open_books, "post": post})
