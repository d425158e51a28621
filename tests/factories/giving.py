"""Gifts in any state, brought there by the same actions as on the site."""

import datetime
from typing import Any

from ledger import transparency
from projects.access.actors import STRIPE
from projects.access.refs import new_ref
from projects.catalog.models import Project
from projects.giving import actions
from projects.giving.models import Gift
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project


def project_with_books(organisation: Any = None, **facts: Any) -> Project:
    """An open project; its charity has its book and the project its fund."""
    return open_project(organisation, **facts)


def opened_gift(project: Project | None = None, *, at: datetime.datetime = BEGIN, **wish: Any) -> Gift:
    """Somebody wants to give."""
    project = project or project_with_books()
    defaults = {
        "amount_minor": 100_00,
        "currency": project.currency,
        "name": "林晓",
        "visibility": "PUBLIC",
        "message": "",
        "email": "donor@example.org",
        "language": "zh-hans",
        "form_key": new_ref(),
    }
    return actions.open_gift(project=project, by=STRIPE, at=at, **(defaults | wish))


def settled_gift(project: Project | None = None, *, at: datetime.datetime = BEGIN, **wish: Any) -> Gift:
    """The money has come and has its place in the log."""
    gift = opened_gift(project, at=at, **wish)
    gift = actions.settle_gift(
        gift,
        provider_ref=f"pi_{gift.ref}",
        amount_minor=gift.amount_minor,
        currency=gift.currency,
        by=STRIPE,
        at=at,
    )
    transparency.sequence(at=at)
    return gift
