"""Our side of the statements line: donors with receipts of a year, and a charity's statements of all of them."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

from django.db.models import Sum
from django.utils import timezone

from projects.access.actors import SETUP
from projects.access.models import User
from projects.access.roles import Role
from projects.giving.models import Donor, Gift
from projects.organisations import actions as organisations
from projects.organisations.models import Organisation
from projects.receipts import batches, render
from projects.receipts.models import Receipt, ReceiptDonor
from projects.receipts.statements import statement_of
from tests.bench.programs.ours_site import charity_of_the_bench
from tests.bench.programs.serving import Command, measured
from tests.bench.world import BOOK, CURRENCY, YEAR_BEGINS

FAMILY_NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何"
MOST_GIFTS = 12
TOGETHER = 500


def donors_with_receipts(donors: int) -> dict[str, Any]:
    """So many donors, each with one to twelve gifts and their receipts; every fifth reads English."""
    charity, projects = charity_of_the_bench()
    clerk = User.objects.create(username="bench-finance")
    organisations.grant_role(clerk, Role.FINANCE, organisation=charity, by=SETUP, at=timezone.now())
    people = Donor.objects.bulk_create(_donors(donors))
    project_of = list(projects.values())
    gifts = Gift.objects.bulk_create(_gifts(people, charity, project_of), batch_size=TOGETHER)
    rows = Receipt.objects.bulk_create(_receipts(gifts, charity), batch_size=TOGETHER)
    ReceiptDonor.objects.bulk_create(
        (ReceiptDonor(receipt=row, kind="NAMED", name=row.gift.donor_name) for row in rows), batch_size=TOGETHER
    )
    return {"receipts": len(rows)}


def _donors(count: int) -> Iterator[Donor]:
    for number in range(count):
        name, language = f"{FAMILY_NAMES[number % 20]}捐赠{number}", "en" if number % 5 == 4 else "zh-hans"
        yield Donor(name=name, email=f"{number}@bench.example", language=language, created_at=YEAR_BEGINS)


def _gifts(people: list[Donor], charity: Organisation, projects: list[Any]) -> Iterator[Gift]:
    for number, donor in enumerate(people):
        for which in range(1 + number * 7 % MOST_GIFTS):
            at = YEAR_BEGINS + timedelta(days=which * 30, hours=number % 24)
            yield Gift(
                form_key=f"{number}-{which}", project=projects[(number + which) % len(projects)], organisation=charity,
                donor=donor, amount_minor=1_00 + (number * 7919 + which) % 100_000, currency=CURRENCY,
                donor_name=donor.name, email=donor.email, language=donor.language, state="SETTLED",
                created_at=at, settled_at=at, entry_id=uuid4(),
            )  # fmt: skip


def _receipts(gifts: list[Gift], charity: Organisation) -> Iterator[Receipt]:
    year = YEAR_BEGINS.year
    for serial, gift in enumerate(gifts, 1):
        assert gift.settled_at
        assert gift.project
        yield Receipt(
            issuer=charity, year=year, serial=serial, number=f"{year}-{serial:06d}", gift=gift,
            amount_minor=gift.amount_minor, currency=CURRENCY, language=gift.language,
            given_on=timezone.localtime(gift.settled_at).date(), issuer_name_zh=charity.name_zh,
            issuer_name_en=charity.name_en, project_name_zh=gift.project.name_zh, issued_at=gift.settled_at,
            issued_by=SETUP.ref,
        )  # fmt: skip


def _days() -> dict[str, date]:
    return {"since": YEAR_BEGINS.date(), "until": YEAR_BEGINS.date() + timedelta(days=MOST_GIFTS * 31)}


@measured
def make_statements() -> dict[str, Any]:
    """From the wish to the ZIP, turn by turn as the worker takes them."""
    charity, clerk = Organisation.objects.get(book_code=BOOK), User.objects.get(username="bench-finance")
    begun = perf_counter()
    batch = batches.ask(charity, **_days(), by=clerk, at=timezone.now())
    while batches.make(batch, at=timezone.now(), most=batches.AT_ONCE):
        pass
    seconds = perf_counter() - begun
    batch.refresh_from_db()
    if batch.state != "READY" or batch.drawn != Donor.objects.count():
        raise RuntimeError(f"not all were drawn: {batch.state}, {batch.drawn} of {batch.total}, {batch.failed} failed")
    pages = batch.statements.aggregate(pages=Sum("pages"))["pages"]
    batches.discard(batch, by=clerk, at=timezone.now())
    return {"seconds": seconds, "count": pages}


def statement_pages(path: str) -> dict[str, Any]:
    """The same statements as HTML, one file each, for the floor."""
    folder, charity = Path(path), Organisation.objects.get(book_code=BOOK)
    folder.mkdir(exist_ok=True)
    for number, donor in enumerate(Donor.objects.order_by("pk")):
        told = statement_of(donor, **_days(), at=timezone.now(), issuer=charity)
        (folder / f"{number}.html").write_text(render.statement_page(told, donor.language))
    return {}


COMMANDS: dict[str, Command] = {
    "donors_with_receipts": donors_with_receipts,
    "make_statements": make_statements,
    "statement_pages": statement_pages,
}
