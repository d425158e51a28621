"""What a donor's own pages have to remember. Who the donor is, and what they gave, is `giving`'s."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.giving.models import Donor


class DonorAccess(models.Model):
    """When a donor last signed in. Every link that was mailed before that moment has ended."""

    donor = models.OneToOneField(Donor, on_delete=models.PROTECT, related_name="access")
    signed_in_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sign-in of a donor")
        verbose_name_plural = _("sign-ins of donors")

    def __str__(self) -> str:
        return str(self.donor_id)
