"""The project's side of the books: its charity's book, its fund, and the public notices about it."""

import datetime

from django.utils import timezone

from ledger import books, posting
from projects.access.actors import Actor
from projects.catalog.models import Project


def open_fund(project: Project, *, by: Actor, at: datetime.datetime) -> None:
    """Open the project's restricted fund in its charity's book."""
    books.open_fund(
        book=project.organisation.book_code,
        code=project.fund_code,
        restriction="PURPOSE",
        currency=project.currency,
        project_ref=project.ref,
        by=by.ref,
        at=at,
    )


def publish_filing(project: Project, *, by: Actor, at: datetime.datetime) -> None:
    """Put the filing into the log, where nobody can take it out again."""
    facts = {"project": project.ref, "filing_number": project.filing_number}
    _notice("PROJECT_FILED", project, facts, by=by, at=at)


def publish_opening(project: Project, *, by: Actor, at: datetime.datetime) -> None:
    """Put the opening into the log: which fund is whose."""
    _notice("PROJECT_OPENED", project, {"project": project.ref, "fund": project.fund_code}, by=by, at=at)


def _notice(kind: str, project: Project, facts: dict[str, str], *, by: Actor, at: datetime.datetime) -> None:
    posting.notice(
        kind,
        book=project.organisation.book_code,
        effective_on=timezone.localtime(at).date(),
        facts=facts,
        by=by.ref,
        at=at,
        key=f"{kind.lower()}:{project.ref}",
    )
