"""The short form beside a project: an amount, and what a sponsor adds. The rest is asked on the next page."""

import datetime
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from ledger.core.refusals import Refused
from projects.catalog.models import Project
from projects.giving.suggestions import suggested_amounts
from projects.matching.queries import promise

CHOSEN = 1  # which of the suggested amounts is chosen when the page opens; where there is only one, that one


@dataclass(frozen=True)
class Suggestion:
    """One tile, with what the open match pots would add to a gift of this size now."""

    minor: int
    chosen: bool
    matched_minor: int
    left_minor: int
    sentence: str


@dataclass(frozen=True)
class Offer:
    action: str
    currency: str
    suggestions: tuple[Suggestion, ...]


def offer(project: Project, at: datetime.datetime) -> Offer | None:
    """None where gifts cannot be taken: the form is then not shown, and the page says why."""
    try:
        action = reverse("give", kwargs={"slug": project.slug})
        amounts = suggested_amounts(project)
    except (NoReverseMatch, Refused):
        return None
    chosen = amounts[: CHOSEN + 1][-1]
    return Offer(
        action,
        project.currency,
        tuple(_suggestion(project, minor, minor == chosen, at) for minor in amounts),
    )


def _suggestion(project: Project, minor: int, chosen: bool, at: datetime.datetime) -> Suggestion:
    found = promise(project, minor, at)
    return Suggestion(minor, chosen, found.matched_minor, found.left_minor, found.sentence)
