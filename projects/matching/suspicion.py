"""How suspicious a donor's matched gifts to a pot are: links between payer, household, staff and refunds, in points.

No single sign proves anything; who reaches the threshold is looked at by a person before the matcher pays. What cannot
be seen here: a payer without an e-mail address, and a person who uses another one for each gift.

* **FAST** (RF07): so many gifts within so few minutes (`farming.MEASURES`).
* **HELPED** (RF06): the payer's address is a mobile number (as 139.com and others give it) of somebody the charity
  helped within 180 days before or after the look. It is compared by its keyed hash; nobody's identity is opened.
* **MATCHER**: the payer writes from the matcher's own domain, or is its contact.
* **STAFF**: the payer is a member of the charity's staff.
* **TOOK_BACK**: earlier matched gifts of this payer went back.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from projects.access.people import staff_addresses
from projects.giving.bearing import day_of
from projects.giving.models import Donor, Gift
from projects.matching.farming import farming
from projects.matching.models import MatchPool
from projects.relief.queries import helped_by_phone

FAST, HELPED, MATCHER, STAFF, TOOK_BACK = "FAST", "HELPED", "MATCHER", "STAFF", "TOOK_BACK"
# A house norm of 2026: each sign that by itself asks for a look reaches the threshold, of the weaker ones it takes two.
POINTS = {FAST: 50, HELPED: 60, MATCHER: 50, STAFF: 30, TOOK_BACK: 30}
THRESHOLD = 50
# RF06: a round trip counts when gift and help lie so near each other.
ROUND_TRIP = datetime.timedelta(days=180)
TAKEN_BACK_TIMES = 2
# Domains that anybody has an address in say nothing about who pays.
OPEN_DOMAINS = frozenset(
    {"qq.com", "163.com", "126.com", "139.com", "189.cn", "wo.cn", "sina.com", "sina.cn", "sohu.com", "aliyun.com"}
    | {"foxmail.com", "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "yeah.net"}
)
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})\Z")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Which signs a payer's gifts to a pot show, and what they come to."""

    reasons: tuple[str, ...]

    @property
    def score(self) -> int:
        return sum(POINTS[reason] for reason in self.reasons)

    @property
    def is_flagged(self) -> bool:
        return self.score >= THRESHOLD


def suspicion(pool: MatchPool, donor: Donor, *, at: datetime.datetime, fast: frozenset[str]) -> Suspicion:
    """The signs of one payer at a pot. ``fast`` are the payers that RF07 names there (`fast_payers`)."""
    if not donor.email:
        return Suspicion(())
    gifts = Gift.objects.filter(donor=donor, project=pool.project)
    address = donor.email.lower()
    signs = {
        FAST: donor.ref in fast,
        HELPED: _is_helped(pool, address, at),
        MATCHER: _is_of_matcher(pool.matcher, address),
        STAFF: address in staff_addresses(pool.project.organisation, on=day_of(at)),
        TOOK_BACK: gifts.filter(Q(refunded_minor__gt=0) | Q(disputed_minor__gt=0)).count() >= TAKEN_BACK_TIMES,
    }
    return Suspicion(tuple(reason for reason, found in signs.items() if found))


def fast_payers(pool: MatchPool, donors: Sequence[Donor], on: datetime.date) -> frozenset[str]:
    """The references of those among some payers whom RF07 names at a pot."""
    return frozenset(found.donor_ref for found in farming(pool, on, among=donors))


def _is_helped(pool: MatchPool, address: str, at: datetime.datetime) -> bool:
    mobile = _MOBILE.match(address.partition("@")[0])
    return mobile is not None and helped_by_phone(pool.project.organisation, mobile[1], within=ROUND_TRIP, at=at)


def _is_of_matcher(matcher: Any, address: str) -> bool:
    contact = matcher.contact_email.lower()
    domain = contact.partition("@")[2]
    return bool(contact) and (
        address == contact or (domain not in OPEN_DOMAINS and address.partition("@")[2] == domain)
    )
