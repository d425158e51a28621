"""Official bills (公益事业捐赠票据): what the finance authority's own system has issued for a gift, as it told us.

The bill itself is made there and looked at there. Here stand its code, number, check code and day, and nothing that
looks like it. A bill is never changed and never removed; it may be answered by a void. The laws stand in ``sql/``.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.access.refs import new_ref


class OfficialBill(models.Model):
    """One bill for one gift. When it became void, the gift may get another one."""

    class State(models.TextChoices):
        ISSUED = "ISSUED", _("valid")
        VOID = "VOID", _("void")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="official_bills")
    gift = models.ForeignKey(
        "giving.Gift", models.PROTECT, to_field="ref", db_column="gift_ref", related_name="official_bills"
    )
    code = models.CharField(max_length=20)
    number = models.CharField(max_length=20)
    check_code = models.CharField(max_length=20)
    issued_on = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    entered_by_ref = models.CharField(max_length=64)
    entered_at = models.DateTimeField()

    class Meta:
        verbose_name = _("official bill")
        verbose_name_plural = _("official bills")
        ordering = ["-entered_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="officialbill_one_row_per_number"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, code__gt="", number__gt="", check_code__gt=""),
                name="officialbill_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.number}"

    @property
    def is_void(self) -> bool:
        return hasattr(self, "void")

    @property
    def state(self) -> str:
        return self.State.VOID if self.is_void else self.State.ISSUED

    def get_state_display(self) -> str:
        return str(self.State(self.state).label)


class OfficialBillVoid(models.Model):
    """The authority's system says that the bill no longer counts."""

    bill = models.OneToOneField(OfficialBill, models.PROTECT, related_name="void")
    voided_on = models.DateField()
    by_ref = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("void official bill")
        verbose_name_plural = _("void official bills")

    def __str__(self) -> str:
        return str(self.bill)
