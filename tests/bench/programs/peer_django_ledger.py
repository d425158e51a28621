"""django-ledger: a gift is one posted journal entry with two transactions, by its own `commit_txs`."""

import os
from decimal import Decimal
from time import perf_counter
from typing import Any

import dj_database_url
import django
from django.conf import settings

from tests.bench.programs.serving import serve
from tests.bench.world import FUNDS, World

settings.configure(
    SECRET_KEY="bench-" + "k" * 50,
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.admin",
        "django_ledger",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    DATABASES={"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=60)},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
WORLD = World(int(os.environ["BENCH_GIFTS"]))
_accounts: dict[str, Any] = {}


def open_books() -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django_ledger.io import roles
    from django_ledger.models import EntityModel

    call_command("migrate", verbosity=0)
    admin = get_user_model().objects.create_user("bench")
    entity = EntityModel.create_entity(name="bench", admin=admin, use_accrual_method=True, fy_start_month=1)
    chart = entity.create_chart_of_accounts(assign_as_default=True, commit=True)
    _accounts["money"] = chart.create_account(
        code="1010", role=roles.ASSET_CA_CASH, name="clearing", balance_type="debit", active=True
    )
    for number, fund in enumerate(FUNDS, 4010):
        _accounts[fund] = chart.create_account(
            code=str(number), role=roles.INCOME_OPERATIONAL, name=fund, balance_type="credit", active=True
        )
    _accounts["ledger"] = entity.create_ledger(name="gifts", posted=True)


def post(start: int, stop: int) -> dict[str, Any]:
    gifts = list(WORLD.gifts(start, stop))
    ledger, money = _accounts["ledger"], _accounts["money"]
    begun = perf_counter()
    for gift in gifts:
        amount = Decimal(gift.amount_minor) / 100
        sides = [
            {"account": money, "amount": amount, "tx_type": "debit", "description": gift.ref},
            {"account": _accounts[gift.fund], "amount": amount, "tx_type": "credit", "description": gift.ref},
        ]
        ledger.commit_txs(je_timestamp=gift.at, je_txs=sides, je_posted=True)
    return {"seconds": perf_counter() - begun, "count": len(gifts)}


if __name__ == "__main__":
    django.setup()
    serve({"open": open_books, "post": post})
