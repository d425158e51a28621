"""Pots, brought to life by the same actions as on the site."""

import datetime
from itertools import count

from projects.access.actors import DEMO, SETUP
from projects.matching import actions
from projects.matching.models import MatchPool, MatchRule
from projects.organisations.models import OrganisationKind
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.organisations import verified

_numbers = count(1)


def matcher():
    return verified(kind=OrganisationKind.MATCHER, name_zh="某企业", name_en="A company", fundraising_certificate="")


def draft_pool(project=None, *, pledged_minor=1_000_00, **facts) -> MatchPool:
    """A pot of a thousand that promises nothing yet."""
    defaults = {
        "slug": f"pot-{next(_numbers)}",
        "name_zh": "配捐池",
        "name_en": "Matching pot",
        "by": SETUP,
        "at": BEGIN,
    }
    who = facts.pop("matcher", None) or matcher()
    return actions.draft_pool(
        matcher=who, project=project or open_project(), pledged_minor=pledged_minor, **(defaults | facts)
    )


def draft_rule(pool: MatchPool, **terms) -> MatchRule:
    """Half of each gift, for a month."""
    defaults = {
        "ratio_bps": 5_000,
        "opens_on": BEGIN.date(),
        "closes_on": BEGIN.date() + datetime.timedelta(days=30),
        "by": SETUP,
        "at": BEGIN,
    }
    return actions.draft_rule(pool, **(defaults | terms))


def open_pool(project=None, *, pledged_minor=1_000_00, **terms) -> MatchPool:
    """A pot whose first rule is published: drafted by one, published by another."""
    pool = draft_pool(project, pledged_minor=pledged_minor)
    actions.publish_rule(draft_rule(pool, **terms), by=DEMO, at=BEGIN)
    pool.refresh_from_db()
    return pool
