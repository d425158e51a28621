"""Money in and out of a project's fund, straight through the ledger's door; the documents are made up."""

import datetime
import uuid

from ledger import posting, transparency
from ledger.policy import recipes
from tests.factories.access import BEGIN


def post(recipe, project, amount_minor: int, **more):
    """One entry on the project's fund."""
    draft = recipe(
        book=project.organisation.book_code,
        fund=project.fund_code,
        amount_minor=amount_minor,
        currency=project.currency,
        effective_on=BEGIN.date(),
        document_ref=uuid.uuid4().hex,
        **more,
    )
    return posting.post(draft, by="system:test", at=BEGIN, key=uuid.uuid4().hex).entry_id


def gift(project, amount_minor: int):
    return post(recipes.gift, project, amount_minor, restricted=True)


def match(project, amount_minor: int):
    return post(recipes.match, project, amount_minor, restricted=True, pool="pot", rule_version=1, gift_index=0)


def award(project, amount_minor: int):
    return post(recipes.award, project, amount_minor)


def payout(project, amount_minor: int):
    return post(recipes.payout, project, amount_minor)


def number(at: datetime.datetime = BEGIN) -> int:
    return transparency.sequence(at=at)


def usual_story(project) -> None:
    """150.50 given, 50.00 matched, 120.00 decided, 80.00 of it paid out; 80.50 is left."""
    gift(project, 100_00)
    gift(project, 50_50)
    match(project, 50_00)
    number()
    award(project, 80_00)
    award(project, 40_00)
    payout(project, 80_00)
    number()
