"""Gifts of the demonstration: opened like a donor's, paid at the Stripe emulator over HTTP, settled by its webhooks.

Donors are made up and say so. Nothing here posts to the ledger by itself.
"""

import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from charity_site import worker
from charity_site.demo.people import SURNAMES
from charity_site.demo.programmes import BOARD, PLUS, PROGRAMMES, RESERVE, ROOMS, Programme, shares
from charity_site.demo.world import World
from ledger import transparency
from ledger.policy import recipes
from ledger.posting import GENERAL_FUND, post
from projects.access.actors import DEMO
from projects.access.refs import new_ref
from projects.catalog.models import Project
from projects.checkout import flow
from projects.giving import actions as giving
from projects.giving.models import Gift
from projects.giving.visibility import Visibility

LONGEST_WAIT_SECONDS = 300
# Set → number of gifts; what they bring above what is paid out stays with the project.
NUMBER_OF_GIFTS = {ROOMS: 16, BOARD: 7, PLUS: 10, RESERVE: 5}
MARGIN = 1.06
# 童心房 is matched: 16 gifts of about 10,000 yuan bring 3,000 each from the pot.
ROOMS_GIVEN = 162_000
GENERAL_GIFTS = (12_000, 9_000, 6_000)
OPENING_MINOR = 20_000_00
# As donors choose: most show their name.
VISIBILITIES = (Visibility.PUBLIC, Visibility.PUBLIC, Visibility.INITIALS, Visibility.HIDDEN, Visibility.FINANCE)
MESSAGES = ("愿孩子们有一个自己的角落。", "尽一点心意。", "Keep going.", "")


@dataclass(frozen=True)
class Wish:
    """One gift to be given; without a project it is for the charity itself."""

    project: Project | None
    organisation: Any
    amount_minor: int
    number: int


def open_books_with_balances(world: World, at: datetime) -> None:
    """What each charity's general fund held before, so that it can bear fees: an opening balance (made up)."""
    for charity in world.charities.values():
        book = charity.organisation.book_code
        draft = recipes.opening_balance(
            book=book,
            fund=GENERAL_FUND,
            amount_minor=OPENING_MINOR,
            currency="CNY",
            effective_on=timezone.localtime(at).date(),
            document_ref=new_ref(),
            restricted=False,
        )
        post(draft, by=DEMO.ref, at=at, key=f"opening:{book}:{GENERAL_FUND}")
    transparency.sequence(at=at)


def give_all(world: World, projects: dict[str, Project]) -> int:
    """Give to the charities first (their general fund bears the fees), then to the projects. Returns how many."""
    general = [
        Wish(None, charity.organisation, amount * 100, number)
        for charity in world.charities.values()
        for number, amount in enumerate(GENERAL_GIFTS)
    ]
    _give(general)
    wishes = [wish for programme in PROGRAMMES for wish in _wishes(programme, projects[programme.slug])]
    _give(wishes)
    return len(general) + len(wishes)


def _wishes(programme: Programme, project: Project) -> list[Wish]:
    count = NUMBER_OF_GIFTS.get(programme.set, 0)
    if not count:
        return []
    total = ROOMS_GIVEN if programme.set == ROOMS else -(-int(programme.paid * MARGIN) // 100) * 100
    amounts = shares(total * 100, count)
    return [Wish(project, project.organisation, amount, number) for number, amount in enumerate(amounts)]


def _give(wishes: list[Wish]) -> None:
    gifts = [_pay(wish) for wish in wishes]
    waiting = {gift.pk for gift in gifts}
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while waiting:
        worker.one_round()
        settled = Gift.objects.filter(pk__in=waiting, state=Gift.State.SETTLED).values_list("pk", flat=True)
        waiting -= set(settled)
        if waiting and time.monotonic() > deadline:
            raise TimeoutError(f"{len(waiting)} gifts were paid at the emulator and did not settle")
        if waiting:
            time.sleep(0.2)
    # One round for the places in the log, one for the matches, one for the matches' own places.
    for _round in range(3):
        worker.one_round()


def _pay(wish: Wish) -> Gift:
    now = timezone.now()
    surname = SURNAMES[wish.amount_minor // 100 % len(SURNAMES)]
    anonymous = wish.number % 3 == 2
    gift = giving.open_gift(
        project=wish.project,
        organisation=wish.organisation,
        amount_minor=wish.amount_minor,
        currency="CNY",
        name="" if anonymous else f"{surname}示例",
        visibility=VISIBILITIES[wish.number % len(VISIBILITIES)],
        message=MESSAGES[wish.number % len(MESSAGES)],
        email=f"donor{wish.amount_minor // 100 % 97:02d}@donors.example",
        language="en" if wish.number % 5 == 4 else "zh-hans",
        by=DEMO,
        at=now,
        form_key=new_ref(),
    )
    name = wish.project.name_zh if wish.project else wish.organisation.name_zh
    home = f"{settings.SITE_URL}/zh-hans/"
    url = flow.start_payment(gift, title=name, description=name, success_url=home, cancel_url=home, at=now)
    press_pay(url)
    return gift


def press_pay(url: str) -> None:
    """What a donor does on the emulator's page."""
    body = urllib.parse.urlencode({"act": "pay"}).encode()
    request = urllib.request.Request(url, data=body, method="POST")
    opener = urllib.request.build_opener(_StayHere)
    opener.open(request, timeout=30).close()


class _StayHere(urllib.request.HTTPRedirectHandler):
    """The emulator sends the donor back to the site; nobody follows here."""

    def http_error_303(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        return fp

    http_error_302 = http_error_301 = http_error_303
