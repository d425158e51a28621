"""Our side of the settlement lines: the year's gifts as one file of a platform, taken in from its bytes to COMPLETE."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from projects.access.actors import SETUP
from projects.access.models import User
from projects.access.roles import Role
from projects.organisations import actions as organisations
from projects.organisations.models import Organisation
from projects.settlement import actions
from projects.settlement.models import SettlementFile
from tests.bench.programs.ours_posting import WORLD
from tests.bench.programs.ours_site import charity_of_the_bench
from tests.bench.programs.serving import Command, measured
from tests.bench.world import BOOK, Gift, project_ref

HEADING = ("编号", "类型", "金额", "手续费", "日期", "项目", "捐赠人", "留言")


def file_of_gifts(path: str) -> dict[str, Any]:
    """The year as a platform lists it: one row a gift, with a number, a project's name, a donor and a word."""
    with open(path, "w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(HEADING)
        lines.writerows(map(_cells, WORLD.gifts(0, WORLD.size)))
    return {"bytes": Path(path).stat().st_size}


def _cells(gift: Gift) -> Iterator[str]:
    yield f"4200{gift.number:016}"
    yield "捐赠"
    yield f"{gift.amount_minor // 100}.{gift.amount_minor % 100:02}"
    # Six in a thousand, as wallets take it; of the smallest gifts that is nothing.
    fee = gift.amount_minor * 6 // 1_000
    yield f"{fee // 100}.{fee % 100:02}" if fee else ""
    yield f"{gift.at:%Y-%m-%d %H:%M:%S}"
    yield project_ref(gift.fund) if gift.fund != "general" else ""
    yield f"捐赠人{gift.number % 997}"
    yield "加油"


def settlement_desk() -> None:
    """The charity, its projects, and somebody of finance who may take files in."""
    charity, _projects = charity_of_the_bench()
    clerk = User.objects.create(username="bench-finance")
    organisations.grant_role(clerk, Role.FINANCE, organisation=charity, by=SETUP, at=datetime.now(tz=UTC))


@measured
def take_in(path: str) -> dict[str, Any]:
    """From the bytes to the published statement: everything that the charity waits for."""
    clerk, charity = User.objects.get(username="bench-finance"), Organisation.objects.get(book_code=BOOK)
    begun = perf_counter()
    at = datetime.now(tz=UTC)
    with open(path, "rb") as stream:
        file = actions.receive_file(
            charity, file=stream, file_name="year.csv", mapping_code="generic-csv", by=clerk, at=at
        )
    actions.start_import(file, by=clerk, at=at)
    actions.import_rows(file, at=datetime.now(tz=UTC))
    seconds = perf_counter() - begun
    found = SettlementFile.objects.get(pk=file.pk)
    if found.state != "COMPLETE" or found.rows.filter(state="GIFT").count() != WORLD.size:
        raise RuntimeError(f"not all was taken in: {found.state}, {found.rows_done} rows")
    return {"seconds": seconds, "count": WORLD.size}


COMMANDS: dict[str, Command] = {"file_of_gifts": file_of_gifts, "settlement_desk": settlement_desk, "take_in": take_in}
