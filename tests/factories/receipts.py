"""Settled gifts and their receipts, through the same actions as on the site."""

from projects.access.actors import DEMO, STRIPE
from projects.access.refs import new_ref
from projects.giving import actions as giving
from projects.giving.models import Gift
from projects.receipts import actions
from projects.receipts.models import Receipt
from tests.factories.access import BEGIN
from tests.factories.matching import project_with_fund


def settled_gift(project=None, *, amount_minor: int = 100_00, name: str = "王小明", at=BEGIN, **details) -> Gift:
    """A gift whose money has arrived."""
    project = project or project_with_fund()
    defaults = {"visibility": "FINANCE", "message": "", "email": "", "language": "zh-hans"}
    gift = giving.open_gift(
        project=project,
        amount_minor=amount_minor,
        currency=project.currency,
        name=name,
        by=DEMO,
        at=at,
        form_key=new_ref(),
        **(defaults | details),
    )
    return giving.settle_gift(
        gift, provider_ref=f"pi_{new_ref()}", amount_minor=amount_minor, currency=project.currency, by=STRIPE, at=at
    )


def receipt_for(gift: Gift | None = None, *, at=BEGIN, **details) -> Receipt:
    return actions.issue(gift=gift or settled_gift(at=at, **details), by=STRIPE, at=at)
