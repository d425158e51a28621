"""A gift in cash or in goods that staff write down: what came, its evidence, who entered it and who else looked."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from projects.access.refs import new_ref
from projects.giving.visibility import Visibility

# The channels of such gifts.
CASH = "cash"
GOODS = "goods"
BY_HAND = (CASH, GOODS)


class HandGift(models.Model):
    """Cash or goods that somebody of the charity took in. It becomes a gift when a second person has seen the evidence.

    The facts never change (`sql/hand_gift_kept`); a wrong one is refused and entered anew. The person's name and
    address may be blanked.
    """

    class State(models.TextChoices):
        ENTERED = "ENTERED", _("waits for a second person")
        APPROVED = "APPROVED", _("in the books")
        REFUSED = "REFUSED", pgettext_lazy("gift in cash", "refused")

    class ValueBasis(models.TextChoices):
        INVOICE = "INVOICE", _("the invoice of the giver's own purchase")
        MARKET = "MARKET", _("a market price of the same goods")
        APPRAISAL = "APPRAISAL", _("an appraisal")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    form_key = models.CharField(max_length=64, unique=True)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="hand_gifts")
    project = models.ForeignKey("catalog.Project", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    received_on = models.DateField()
    # Of goods alone: their amount is a value, and never more than the evidence says.
    goods = models.CharField(max_length=200, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    value_basis = models.CharField(max_length=10, choices=ValueBasis.choices, blank=True)
    evidence_minor = models.BigIntegerField(null=True, blank=True)
    donor_name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.FINANCE)
    language = models.CharField(max_length=10, default="zh-hans")
    # The signed slip or its photograph: its digest stands here, its bytes lie outside everything that is served.
    evidence_sha256 = models.CharField(max_length=64)
    evidence_type = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ENTERED)
    entered_by_ref = models.CharField(max_length=64)
    entered_at = models.DateTimeField()
    decided_by_ref = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    gift = models.OneToOneField(
        "giving.Gift", null=True, blank=True, on_delete=models.PROTECT, related_name="entered_by_hand"
    )

    class Meta:
        verbose_name = _("gift in cash")
        verbose_name_plural = _("gifts in cash")
        ordering = ["-entered_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="hand_gift_amount_positive"),
            models.CheckConstraint(
                condition=~models.Q(decided_by_ref=models.F("entered_by_ref")), name="hand_gift_two_people"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at__isnull=True, decided_by_ref="")
                | models.Q(decided_at__isnull=False) & ~models.Q(decided_by_ref=""),
                name="hand_gift_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(state="ENTERED", decided_by_ref="", decided_at__isnull=True, gift__isnull=True)
                | models.Q(state="APPROVED", decided_at__isnull=False, gift__isnull=False)
                & ~models.Q(decided_by_ref="")
                | models.Q(state="REFUSED", decided_at__isnull=False, gift__isnull=True) & ~models.Q(decided_by_ref=""),
                name="hand_gift_decided_wholly",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    goods="", quantity__isnull=True, unit="", value_basis="", evidence_minor__isnull=True
                )
                | ~models.Q(goods="")
                & ~models.Q(unit="")
                & models.Q(
                    quantity__isnull=False,
                    quantity__gt=0,
                    evidence_minor__isnull=False,
                    value_basis__in=["INVOICE", "MARKET", "APPRAISAL"],
                    evidence_minor__gte=models.F("amount_minor"),
                ),
                name="hand_gift_goods_wholly_told",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def channel(self) -> str:
        return GOODS if self.goods else CASH

    @property
    def how_much(self) -> str:
        """Quantity and unit, as they are said: 12.5 kg."""
        return "" if self.quantity is None else f"{self.quantity.normalize():f} {self.unit}"


class HandRefund(models.Model):
    """A gift by hand that goes back by hand, whole or in part: entered by one person, booked when another has looked.

    The facts never change (`sql/hand_refund_kept`); a wrong one is refused and entered anew.
    """

    class State(models.TextChoices):
        ENTERED = "ENTERED", _("waits for a second person")
        APPROVED = "APPROVED", _("in the books")
        REFUSED = "REFUSED", pgettext_lazy("gift in cash", "refused")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    form_key = models.CharField(max_length=64, unique=True)
    gift = models.ForeignKey("giving.Gift", on_delete=models.PROTECT, related_name="hand_refunds")
    amount_minor = models.BigIntegerField()
    given_back_on = models.DateField()
    reason = models.CharField(max_length=500)
    # The giver's signature that it came back, or its photograph.
    evidence_sha256 = models.CharField(max_length=64)
    evidence_type = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ENTERED)
    entered_by_ref = models.CharField(max_length=64)
    entered_at = models.DateTimeField()
    decided_by_ref = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    refund = models.OneToOneField(
        "giving.Refund", null=True, blank=True, on_delete=models.PROTECT, related_name="entered_by_hand"
    )

    class Meta:
        verbose_name = _("refund by hand")
        verbose_name_plural = _("refunds by hand")
        ordering = ["-entered_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="hand_refund_amount_positive"),
            models.CheckConstraint(
                condition=~models.Q(decided_by_ref=models.F("entered_by_ref")), name="hand_refund_two_people"
            ),
            models.CheckConstraint(
                condition=models.Q(state="ENTERED", decided_by_ref="", decided_at__isnull=True, refund__isnull=True)
                | models.Q(state="APPROVED", decided_at__isnull=False, refund__isnull=False)
                & ~models.Q(decided_by_ref="")
                | models.Q(state="REFUSED", decided_at__isnull=False, refund__isnull=True)
                & ~models.Q(decided_by_ref=""),
                name="hand_refund_decided_wholly",
            ),
            models.UniqueConstraint(
                fields=["gift"], condition=models.Q(state="ENTERED"), name="hand_refund_one_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.ref
