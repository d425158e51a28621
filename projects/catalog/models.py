"""Projects and programmes: the facts. The story about them is a page (`pages.ProjectPage`), which points here."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from projects.access.languages import NamedInTwoLanguages, in_language
from projects.access.refs import new_ref
from projects.catalog.states import PUBLIC_STATES, ProjectState


class Purpose(NamedInTwoLanguages, models.Model):
    """What help is for. Data: a charity adds its own."""

    code = models.CharField(_("code"), max_length=20, primary_key=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=50)
    name_en = models.CharField(_("name (English)"), max_length=50)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("part of"), related_name="children"
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["order", "code"]


class DesignatedPlatform(NamedInTwoLanguages, models.Model):
    """An internet fundraising platform designated by the ministry, from a day to a day."""

    code = models.SlugField(_("code"), max_length=30, primary_key=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=100)
    name_en = models.CharField(_("name (English)"), max_length=100, blank=True)
    host = models.CharField(_("host"), max_length=100, help_text=_("Links must lead to this host."))
    designated_from = models.DateField(_("designated from"))
    designated_to = models.DateField(_("designated to"), null=True, blank=True)

    class Meta:
        verbose_name = _("designated platform")
        verbose_name_plural = _("designated platforms")
        ordering = ["code"]


class ProjectKind(models.TextChoices):
    PROGRAMME = "PROGRAMME", pgettext_lazy("kind of project", "Programme")
    PROJECT = "PROJECT", pgettext_lazy("kind of project", "Project")


class ProjectQuerySet(models.QuerySet["Project"]):
    def public(self) -> "ProjectQuerySet":
        return self.filter(state__in=PUBLIC_STATES)

    def with_budget(self) -> "ProjectQuerySet":
        """Each project with the sum of its budget lines, in one query."""
        return self.annotate(budget_sum=Sum("budget_lines__amount_minor", default=0))


class Project(NamedInTwoLanguages, models.Model):
    """A project or a lasting programme of one charity. State, fund and budget move only through `actions`.

    `plan` holds the groups of facts that the law wants in a fundraising plan, by the keys of `plan.PLAN_ITEMS`, each
    `{"zh": …, "en": …}`.
    """

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=ProjectKind.choices, default=ProjectKind.PROJECT)
    organisation = models.ForeignKey(
        "organisations.Organisation",
        on_delete=models.PROTECT,
        related_name="projects",
        verbose_name=_("organisation"),
    )
    name_zh = models.CharField(_("name (Chinese)"), max_length=100)
    name_en = models.CharField(_("name (English)"), max_length=150, blank=True)
    summary_zh = models.TextField(_("summary (Chinese)"), blank=True)
    summary_en = models.TextField(_("summary (English)"), blank=True)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="projects", verbose_name=_("purpose"))
    jurisdiction = models.ForeignKey(
        "organisations.Jurisdiction", on_delete=models.PROTECT, related_name="projects", verbose_name=_("area")
    )
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    fund_code = models.CharField(_("fund"), max_length=32, editable=False)
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    filing_number = models.CharField(_("filing number"), max_length=40, blank=True)
    filed_on = models.DateField(_("filed on"), null=True, blank=True)
    plan = models.JSONField(_("fundraising plan"), default=dict, blank=True)
    responsible_name = models.CharField(_("responsible person"), max_length=50, blank=True)
    contact_phone = models.CharField(_("telephone"), max_length=30, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    award_cap_minor = models.BigIntegerField(
        _("cap per household"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    state = models.CharField(
        _("state"), max_length=16, choices=ProjectState.choices, default=ProjectState.DRAFT, editable=False
    )
    drafted_by_ref = models.CharField(max_length=64, editable=False)
    drafted_at = models.DateTimeField(editable=False)
    submitted_by_ref = models.CharField(max_length=64, blank=True, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    filed_by_ref = models.CharField(max_length=64, blank=True, editable=False)
    filed_at = models.DateTimeField(null=True, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)

    objects = ProjectQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(name="project_fund_once_per_book", fields=["organisation", "fund_code"]),
            models.CheckConstraint(
                name="project_ends_after_it_starts",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
            ),
            models.CheckConstraint(
                name="project_cap_is_positive", condition=Q(award_cap_minor=None) | Q(award_cap_minor__gt=0)
            ),
            models.CheckConstraint(name="project_state_is_known", condition=Q(state__in=ProjectState.values)),
            # Maker and filer are two people, whatever the code does.
            models.CheckConstraint(
                name="project_filer_is_not_maker",
                condition=Q(filed_by_ref="")
                | (~Q(filed_by_ref=F("drafted_by_ref")) & ~Q(filed_by_ref=F("submitted_by_ref"))),
            ),
            models.CheckConstraint(
                name="project_filed_by_with_filed_at",
                condition=Q(filed_by_ref="", filed_at=None) | (~Q(filed_by_ref="") & Q(filed_at__isnull=False)),
            ),
        ]

    @property
    def summary(self) -> str:
        return in_language(self.summary_zh, self.summary_en)

    @property
    def budget_minor(self) -> int:
        """The sum of the budget lines; never typed, never stored."""
        if hasattr(self, "budget_sum"):
            return int(self.budget_sum)
        return int(self.budget_lines.aggregate(total=Sum("amount_minor", default=0))["total"])

    @property
    def is_public(self) -> bool:
        return self.state in PUBLIC_STATES

    @property
    def is_open(self) -> bool:
        return self.state == ProjectState.OPEN

    def plan_text(self, key: str) -> str:
        """One group of the plan in the reader's language."""
        text: dict[str, Any] = self.plan.get(key) or {}
        return in_language(text.get("zh", ""), text.get("en", ""))


class BudgetLine(NamedInTwoLanguages, models.Model):
    """One line of planned spending."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="budget_lines")
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    name_zh = models.CharField(_("name (Chinese)"), max_length=100)
    name_en = models.CharField(_("name (English)"), max_length=150, blank=True)
    amount_minor = models.BigIntegerField(_("amount"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("budget line")
        verbose_name_plural = _("budget lines")
        ordering = ["order", "id"]
        constraints = [
            models.CheckConstraint(name="budgetline_amount_is_positive", condition=Q(amount_minor__gt=0)),
        ]


class PlatformLink(models.Model):
    """Where the same campaign stands on a designated platform."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="platform_links")
    platform = models.ForeignKey(DesignatedPlatform, on_delete=models.PROTECT, related_name="links")
    url = models.URLField(_("address"))

    class Meta:
        verbose_name = _("platform link")
        verbose_name_plural = _("platform links")
        constraints = [models.UniqueConstraint(name="platformlink_once", fields=["project", "platform"])]

    def __str__(self) -> str:
        return self.url
