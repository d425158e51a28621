"""What a donor's own pages have to remember. Who the donor is, and what they gave, is `giving`'s."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.access.refs import new_ref
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


class ErasureRequest(models.Model):
    """A donor wants to be forgotten. The row stays, with the donor's opaque reference, to prove that it was done."""

    class State(models.TextChoices):
        ASKED = "ASKED", _("asked for")
        CONFIRMED = "CONFIRMED", _("confirmed by mail")
        DONE = "DONE", _("done")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="erasure_requests")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    # The code of what it waits for: a payment, a refund or a dispute under way.
    waits_for = models.CharField(max_length=40, blank=True)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("wish to be erased")
        verbose_name_plural = _("wishes to be erased")
        constraints = [
            models.UniqueConstraint(
                fields=["donor"], condition=~models.Q(state="DONE"), name="erasure_one_open_per_donor"
            ),
            models.CheckConstraint(
                condition=models.Q(state="ASKED", confirmed_at__isnull=True) | models.Q(confirmed_at__isnull=False),
                name="erasure_confirmed_has_its_moment",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="DONE") | models.Q(done_at__isnull=False), name="erasure_done_has_its_moment"
            ),
        ]

    def __str__(self) -> str:
        return self.ref
