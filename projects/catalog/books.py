"""The project's side of the books: its charity's book, its fund, and the public notices about it."""

import datetime

from projects.access.actors import Actor
from projects.catalog.models import Project

GENERAL_FUND = "general"
CODE_LENGTH = 32


def code_for(slug: str, ref: str) -> str:
    """A code for the books: the slug where it is short enough to read there, else the reference."""
    readable = len(slug) <= CODE_LENGTH and slug != GENERAL_FUND and "_" not in slug
    return slug if slug and readable else ref


def open_fund(project: Project, *, at: datetime.datetime) -> None:
    """Open the project's restricted fund in its charity's book."""


def publish(project: Project, kind: str, *, by: Actor, at: datetime.datetime) -> None:
    """Put a public fact about the project into the log."""
