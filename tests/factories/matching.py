"""Pots, brought to life by the same actions as on the site."""

import datetime
from itertools import count

from django.utils import timezone

from ledger import books, posting, transparency
from ledger.policy import recipes
from projects.access.actors import DEMO, SETUP, WORKER
from projects.access.refs import new_ref
from projects.catalog.queries import book_of
from projects.matching import actions, formulas
from projects.matching.models import FormulaPeriod, MatchFormula, MatchPool, MatchRule
from projects.organisations.models import OrganisationKind
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.organisations import verified

_numbers = count(1)


def project_with_fund(**facts):
    """An open project whose fund and book are open in the ledger."""
    project = open_project(**facts)
    organisation = project.organisation
    if not organisation.book_code:
        organisation.book_code = organisation.slug
        organisation.save()
    books.open_book(code=organisation.book_code, by=SETUP.ref, at=BEGIN)
    books.open_fund(
        book=organisation.book_code,
        code=project.fund_code,
        restriction="PURPOSE",
        currency=project.currency,
        project_ref=project.ref,
        by=SETUP.ref,
        at=BEGIN,
    )
    return project


def post_gift(project, amount_minor: int, *, at=BEGIN, ref: str = "", currency: str = "CNY", **facts):
    """A gift in the books, as the checkout's settlement posts it: its reference and its entry."""
    ref = ref or new_ref()
    draft = recipes.gift(
        book=book_of(project),
        fund=project.fund_code,
        amount_minor=amount_minor,
        currency=currency,
        effective_on=timezone.localtime(at).date(),
        document_ref=ref,
        restricted=True,
        **facts,
    )
    return ref, posting.post(draft, by=DEMO.ref, at=at, key=f"gift:{ref}").entry_id


def post_refund(entry_id, amount_minor: int, *, at=BEGIN, ref: str = "") -> str:
    """(A part of) a gift goes back."""
    ref = ref or new_ref()
    posting.refund(
        origin=entry_id,
        amount_minor=amount_minor,
        document_ref=ref,
        effective_on=timezone.localtime(at).date(),
        by=DEMO.ref,
        at=at,
        key=f"refund:{ref}",
    )
    return ref


def run(*, at=BEGIN) -> int:
    """One turn of the worker: number what is new, then answer it."""
    transparency.sequence(at=at)
    return actions.match_pending(by=WORKER, at=at)


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
        matcher=who, project=project or project_with_fund(), pledged_minor=pledged_minor, **(defaults | facts)
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


PNG = b"\x89PNG\r\n\x1a\nevidence"


def published_formula(project=None, **terms) -> MatchFormula:
    """One per cent of a company's figure of the year before: drafted by one, published by another."""
    defaults = {
        "slug": f"formula-{next(_numbers)}",
        "name_zh": "营收配捐",
        "name_en": "A share of revenue",
        "base_zh": "经审计的营业收入",
        "base_en": "audited revenue",
        "share_bps": 100,
        "ratio_bps": 10_000,
        "opens_on": BEGIN.date().replace(month=1, day=1),
        "closes_on": BEGIN.date().replace(month=12, day=31),
    }
    formula = formulas.draft_formula(
        matcher=matcher(), project=project or project_with_fund(), by=SETUP, at=BEGIN, **(defaults | terms)
    )
    return formulas.publish_formula(formula, by=DEMO, at=BEGIN)


def entered_period(formula: MatchFormula, **facts) -> FormulaPeriod:
    """January's figure of ¥123,456.78, for gifts of the month that begins today."""
    defaults = {
        "starts_on": BEGIN.date().replace(month=1, day=1),
        "ends_on": BEGIN.date().replace(month=1, day=31),
        "base_minor": 123_456_78,
        "opens_on": BEGIN.date(),
        "closes_on": BEGIN.date() + datetime.timedelta(days=30),
        "file": PNG,
        "by": SETUP,
        "at": BEGIN,
    }
    return formulas.enter_period(formula, **(defaults | facts))
