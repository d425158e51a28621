"""Goods that are handed out to a household: entered by one person of finance, booked when another has looked."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from projects.access.refs import new_ref
from projects.giving import goods


class GoodsIssue(models.Model):
    """Goods out of stock for one request of one case, at the value at which they stand in the books (minor units).

    The facts never change (`sql/goods_issue_kept`); a wrong one is refused and entered anew. It names the request, and
    nobody: the ledger has this row's own reference.
    """

    class State(models.TextChoices):
        ENTERED = "ENTERED", _("waits for a second person")
        APPROVED = "APPROVED", _("in the books")
        REFUSED = "REFUSED", pgettext_lazy("goods handed out", "refused")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    form_key = models.CharField(max_length=64, unique=True)
    request = models.ForeignKey("relief.AssistanceRequest", models.PROTECT, related_name="goods_issues")
    # Out of the goods given to the charity itself; else out of those given to the request's project.
    from_general = models.BooleanField(default=False)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    goods = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    unit = models.CharField(max_length=20)
    handed_out_on = models.DateField()
    # The handover sheet with the case's number; names and faces are covered.
    evidence_sha256 = models.CharField(max_length=64)
    evidence_type = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ENTERED)
    entered_by_ref = models.CharField(max_length=64)
    entered_at = models.DateTimeField()
    decided_by_ref = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    entry_id = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("goods handed out")
        verbose_name_plural = _("goods handed out")
        ordering = ["-entered_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0, quantity__gt=0), name="goods_issue_positive"),
            models.CheckConstraint(condition=~Q(goods="") & ~Q(unit=""), name="goods_issue_says_what"),
            models.CheckConstraint(condition=~Q(decided_by_ref=F("entered_by_ref")), name="goods_issue_two_people"),
            models.CheckConstraint(
                condition=Q(state="ENTERED", decided_by_ref="", decided_at__isnull=True, entry_id__isnull=True)
                | Q(state="APPROVED", decided_at__isnull=False, entry_id__isnull=False) & ~Q(decided_by_ref="")
                | Q(state="REFUSED", decided_at__isnull=False, entry_id__isnull=True) & ~Q(decided_by_ref=""),
                name="goods_issue_decided_wholly",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def fund_code(self) -> str:
        """The fund out of whose stock they go."""
        return goods.GENERAL_GOODS if self.from_general else goods.fund_of(self.request.project)

    @property
    def how_much(self) -> str:
        """Quantity and unit, as they are said: 12.5 kg."""
        return f"{self.quantity.normalize():f} {self.unit}"
