"""An organisation's life, as a table: each allowed move and the audit event it writes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrganisationState(models.TextChoices):
    PENDING = "PENDING", _("Pending")
    VERIFIED = "VERIFIED", _("Verified")
    SUSPENDED = "SUSPENDED", _("Suspended")
    CLOSED = "CLOSED", _("Closed")


MOVES: dict[tuple[str, str], str] = {
    ("PENDING", "VERIFIED"): "organisation.verified",
    ("PENDING", "CLOSED"): "organisation.closed",
    ("VERIFIED", "SUSPENDED"): "organisation.suspended",
    ("SUSPENDED", "VERIFIED"): "organisation.verified",
    ("VERIFIED", "CLOSED"): "organisation.closed",
    ("SUSPENDED", "CLOSED"): "organisation.closed",
}
