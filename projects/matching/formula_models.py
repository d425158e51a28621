"""A standing match by formula (as 联通配捐): a share of a company's figure, period by period, becomes a pot.

The formula is public and frozen before its first period. Each period's figure is entered with its evidence by one
person and confirmed by another; the pledge is worked out from it and never typed.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.access.languages import NamedInTwoLanguages
from projects.access.refs import new_ref

BPS = 10_000


class MatchFormula(NamedInTwoLanguages, models.Model):
    """What a company promises: a share of a figure of its own, and how gifts are matched with the sum."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=100, blank=True)
    name_en = models.CharField(_("name in English"), max_length=100, blank=True)
    # The figure: “operating revenue of the branch, as audited”.
    base_zh = models.CharField(_("figure in Chinese"), max_length=200, blank=True)
    base_en = models.CharField(_("figure in English"), max_length=200, blank=True)
    matcher = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="match_formulas")
    project = models.ForeignKey("catalog.Project", models.PROTECT, related_name="match_formulas")
    currency = models.CharField(max_length=3)
    share_bps = models.PositiveIntegerField(_("share of the figure in basis points"))
    ratio_bps = models.PositiveIntegerField(_("share of a gift in basis points"))
    cap_per_gift_minor = models.BigIntegerField(_("at most per gift"), null=True, blank=True)
    opens_on = models.DateField(_("first day"))
    closes_on = models.DateField(_("last day"))
    drafted_by = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    published_by = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    notice_id = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("matching formula")
        verbose_name_plural = _("matching formulas")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(share_bps__gt=0, share_bps__lte=BPS), name="formula_share_is_a_part"),
            models.CheckConstraint(condition=Q(ratio_bps__gt=0), name="formula_ratio_positive"),
            models.CheckConstraint(
                condition=Q(cap_per_gift_minor__isnull=True) | Q(cap_per_gift_minor__gt=0), name="formula_cap_positive"
            ),
            models.CheckConstraint(condition=Q(closes_on__gte=F("opens_on")), name="formula_days_in_order"),
            models.CheckConstraint(condition=~Q(name_zh="", name_en=""), name="formula_has_a_name"),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by="", notice_id__isnull=True)
                | (Q(published_at__isnull=False, notice_id__isnull=False) & ~Q(published_by="")),
                name="formula_published_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(published_by="") | ~Q(published_by=F("drafted_by")), name="formula_maker_is_not_publisher"
            ),
        ]


class FormulaPeriod(models.Model):
    """One period's figure with its evidence, in minor units, and the pot that came of it."""

    class State(models.TextChoices):
        ENTERED = "ENTERED", _("waits for a second person")
        CONFIRMED = "CONFIRMED", _("confirmed: the pot is open")
        REFUSED = "REFUSED", _("refused")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    formula = models.ForeignKey(MatchFormula, models.PROTECT, related_name="periods")
    starts_on = models.DateField()
    ends_on = models.DateField()
    base_minor = models.BigIntegerField()
    pledged_minor = models.BigIntegerField()
    # The days on which gifts are matched with it.
    opens_on = models.DateField()
    closes_on = models.DateField()
    evidence_sha256 = models.CharField(max_length=64)
    evidence_type = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ENTERED)
    entered_by = models.CharField(max_length=64)
    entered_at = models.DateTimeField()
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    # Why it was refused.
    answer = models.CharField(max_length=500, blank=True, default="")
    pool = models.OneToOneField(
        "matching.MatchPool", models.PROTECT, null=True, blank=True, related_name="formula_period"
    )
    notice_id = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("period of a matching formula")
        verbose_name_plural = _("periods of matching formulas")
        ordering = ["formula", "starts_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["formula", "starts_on"], condition=~Q(state="REFUSED"), name="formula_period_once"
            ),
            models.CheckConstraint(condition=Q(base_minor__gt=0, pledged_minor__gt=0), name="formula_period_positive"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on"), closes_on__gte=F("opens_on")), name="formula_period_in_order"
            ),
            models.CheckConstraint(condition=~Q(decided_by=F("entered_by")), name="formula_period_two_people"),
            models.CheckConstraint(
                condition=Q(state="ENTERED", decided_by="", decided_at__isnull=True, pool__isnull=True)
                | (Q(state="CONFIRMED", pool__isnull=False, notice_id__isnull=False) & ~Q(decided_by=""))
                | (Q(state="REFUSED", pool__isnull=True) & ~Q(decided_by="")),
                name="formula_period_decided_wholly",
            ),
        ]

    def __str__(self) -> str:
        return self.ref
