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

from django.db.models import Count, Q

from projects.access.people import staff_addresses
from projects.giving.bearing import day_of
from projects.giving.models import Donor, Gift
from projects.matching.farming import farming
from projects.matching.models import MatchPool
from projects.relief.queries import helped_phones

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


def suspicions(pool: MatchPool, donors: Sequence[Donor], *, at: datetime.datetime) -> dict[int, Suspicion]:
    """The signs of some payers at a pot, by their primary key: as many queries for hundreds as for one."""
    donors = [donor for donor in donors if donor.email]
    if not donors:
        return {}
    charity = pool.project.organisation
    fast = {found.donor_ref for found in farming(pool, day_of(at), among=donors)}
    mobiles = {donor.pk: mobile[1] for donor in donors if (mobile := _MOBILE.match(donor.email.partition("@")[0]))}
    helped = helped_phones(charity, sorted(set(mobiles.values())), within=ROUND_TRIP, at=at)
    staff = staff_addresses(charity, on=day_of(at))
    took_back = _who_took_back(pool, donors)
    found = {}
    for donor in donors:
        address = donor.email.lower()
        signs = {
            FAST: donor.ref in fast,
            HELPED: mobiles.get(donor.pk) in helped,
            MATCHER: _is_of_matcher(pool.matcher, address),
            STAFF: address in staff,
            TOOK_BACK: donor.pk in took_back,
        }
        found[donor.pk] = Suspicion(tuple(reason for reason, shown in signs.items() if shown))
    return found


def _who_took_back(pool: MatchPool, donors: Sequence[Donor]) -> frozenset[int]:
    """The payers of whose gifts to the pot's project at least so many went back, by their primary key."""
    gone = Gift.objects.filter(donor__in=donors, project=pool.project).filter(
        Q(refunded_minor__gt=0) | Q(disputed_minor__gt=0)
    )
    times = gone.order_by().values("donor").annotate(times=Count("pk")).filter(times__gte=TAKEN_BACK_TIMES)
    return frozenset(times.values_list("donor", flat=True))


def _is_of_matcher(matcher: Any, address: str) -> bool:
    contact = matcher.contact_email.lower()
    domain = contact.partition("@")[2]
    return bool(contact) and (
        address == contact or (domain not in OPEN_DOMAINS and address.partition("@")[2] == domain)
    )
