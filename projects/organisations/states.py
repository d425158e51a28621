"""An organisation's life, as a table: each allowed move and the audit event it writes."""

from django.db import models
from django.utils.translation import pgettext_lazy


class OrganisationState(models.TextChoices):
    PENDING = "PENDING", pgettext_lazy("state of an organisation", "Pending")
    VERIFIED = "VERIFIED", pgettext_lazy("state of an organisation", "Verified")
    SUSPENDED = "SUSPENDED", pgettext_lazy("state of an organisation", "Suspended")
    CLOSED = "CLOSED", pgettext_lazy("state of an organisation", "Closed")


MOVES: dict[tuple[str, str], str] = {
    ("PENDING", "VERIFIED"): "organisation.verified",
    ("PENDING", "CLOSED"): "organisation.closed",
    ("VERIFIED", "SUSPENDED"): "organisation.suspended",
    ("SUSPENDED", "VERIFIED"): "organisation.verified",
    ("VERIFIED", "CLOSED"): "organisation.closed",
    ("SUSPENDED", "CLOSED"): "organisation.closed",
}
