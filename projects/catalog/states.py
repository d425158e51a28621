"""A project's life, as a table: each allowed move and the audit event it writes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ProjectState(models.TextChoices):
    DRAFT = "DRAFT", _("Draft")
    SUBMITTED = "SUBMITTED", _("Submitted")
    FILED = "FILED", _("Filed")
    OPEN = "OPEN", _("Open")
    PAUSED = "PAUSED", _("Paused")
    CLOSED = "CLOSED", _("Closed")
    REPORTED = "REPORTED", _("Reported")
    ARCHIVED = "ARCHIVED", _("Archived")
    CANCELLED = "CANCELLED", _("Cancelled")


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
