"""A project's life, as a table: each allowed move and the audit event it writes."""

from django.db import models
from django.utils.translation import pgettext_lazy


class ProjectState(models.TextChoices):
    DRAFT = "DRAFT", pgettext_lazy("state of a project", "Draft")
    SUBMITTED = "SUBMITTED", pgettext_lazy("state of a project", "Submitted")
    FILED = "FILED", pgettext_lazy("state of a project", "Filed")
    OPEN = "OPEN", pgettext_lazy("state of a project", "Open")
    PAUSED = "PAUSED", pgettext_lazy("state of a project", "Paused")
    CLOSED = "CLOSED", pgettext_lazy("state of a project", "Closed")
    REPORTED = "REPORTED", pgettext_lazy("state of a project", "Reported")
    ARCHIVED = "ARCHIVED", pgettext_lazy("state of a project", "Archived")
    CANCELLED = "CANCELLED", pgettext_lazy("state of a project", "Cancelled")


MOVES: dict[tuple[str, str], str] = {
    ("DRAFT", "SUBMITTED"): "project.submitted",
    ("SUBMITTED", "DRAFT"): "project.sent_back",
    ("SUBMITTED", "FILED"): "project.filed",
    ("FILED", "OPEN"): "project.opened",
    ("OPEN", "PAUSED"): "project.paused",
    ("PAUSED", "OPEN"): "project.resumed",
    ("OPEN", "CLOSED"): "project.closed",
    ("PAUSED", "CLOSED"): "project.closed",
    ("CLOSED", "REPORTED"): "project.reported",
    ("REPORTED", "ARCHIVED"): "project.archived",
    ("DRAFT", "CANCELLED"): "project.cancelled",
    ("SUBMITTED", "CANCELLED"): "project.cancelled",
}

# What the public may see: everything from the opening on. A draft is nobody's business, a filed plan not yet.
PUBLIC_STATES = (ProjectState.OPEN, ProjectState.PAUSED, ProjectState.CLOSED, ProjectState.REPORTED)
# Awards may still be decided from money already given while a project is paused or closed to new gifts.
AWARDING_STATES = (ProjectState.OPEN, ProjectState.PAUSED, ProjectState.CLOSED)
