from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.access.languages import in_language
from projects.access.refs import new_ref

# Awards in these states hold money of the household's cap and of the project's budget.
ACTIVE_STATES = ("PROPOSED", "IN_REVIEW", "APPROVED", "COMMITTED", "PAYING", "PAID")
SPENT_STATES = ("COMMITTED", "PAYING", "PAID")


class AssistanceRequest(models.Model):
    """One case asks one project for one purpose."""

    class State(models.TextChoices):
        SUBMITTED = "SUBMITTED", _("Request submitted")
        SCREENING = "SCREENING", _("In screening")
        NEEDS_INFORMATION = "NEEDS_INFORMATION", _("Information is missing")
        RECOMMENDED = "RECOMMENDED", _("Request recommended")
        DECLINED = "DECLINED", _("Request declined")
        WITHDRAWN = "WITHDRAWN", _("Request withdrawn")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    case = models.ForeignKey("relief.Case", models.PROTECT, related_name="requests")
    project = models.ForeignKey("catalog.Project", models.PROTECT, related_name="requests")
    purpose = models.ForeignKey("catalog.Purpose", models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=20, choices=State.choices, default=State.SUBMITTED)
    submitted_by_ref = models.CharField(max_length=64)
    submitted_at = models.DateTimeField()
    # Each clause of the eligibility rules with its answer: true, false or unknown. Unknown goes to a person.
    findings = models.JSONField(default=list)
    rule_version = models.CharField(max_length=16, blank=True)
    screened_by_ref = models.CharField(max_length=64, blank=True)
    screened_at = models.DateTimeField(null=True)
    decline_code = models.CharField(max_length=32, blank=True)

    class Meta:
        ordering = ["-submitted_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "project", "purpose"],
                condition=~Q(state__in=["DECLINED", "WITHDRAWN"]),
                name="relief_request_one_open",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="relief_request_is_positive"),
            models.CheckConstraint(
                condition=(Q(state="DECLINED") & ~Q(decline_code="")) | (~Q(state="DECLINED") & Q(decline_code="")),
                name="relief_request_declined_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class ApprovalPolicy(models.Model):
    """A range of amounts and the people it takes. Append-only: a newer `valid_from` replaces the whole set."""

    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, null=True, related_name="+")
    currency = models.CharField(max_length=3)
    valid_from = models.DateField()
    from_minor = models.BigIntegerField()
    to_minor = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["organisation_id", "currency", "-valid_from", "from_minor"]
        verbose_name_plural = "approval policies"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "currency", "valid_from", "from_minor"], name="relief_policy_once"
            ),
            models.UniqueConstraint(
                fields=["currency", "valid_from", "from_minor"],
                condition=Q(organisation__isnull=True),
                name="relief_policy_default_once",
            ),
            models.CheckConstraint(
                condition=Q(from_minor__gt=0) & (Q(to_minor__isnull=True) | Q(to_minor__gte=F("from_minor"))),
                name="relief_policy_is_a_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.from_minor}–{self.to_minor or ''}"


class ApprovalStage(models.Model):
    """One step of a policy: how many people, and which permission they hold when they act."""

    policy = models.ForeignKey(ApprovalPolicy, models.PROTECT, related_name="stages")
    number = models.PositiveSmallIntegerField()
    permission = models.CharField(max_length=64)
    people = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["policy_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="relief_stage_once"),
            models.CheckConstraint(condition=Q(people__gte=1) & Q(number__gte=1), name="relief_stage_has_people"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.people} × {self.permission}"


class Award(models.Model):
    """The decision: this household, this project, this much, for this."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("Award proposed")
        IN_REVIEW = "IN_REVIEW", _("Award in review")
        APPROVED = "APPROVED", _("Award approved")
        COMMITTED = "COMMITTED", _("Committed in the books")
        PAYING = "PAYING", _("Award being paid")
        PAID = "PAID", _("Award paid")
        CANCELLED = "CANCELLED", _("Award cancelled")
        REJECTED = "REJECTED", _("Award rejected")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    request = models.ForeignKey(AssistanceRequest, models.PROTECT, related_name="awards")
    household = models.ForeignKey("relief.Household", models.PROTECT, related_name="awards")
    project = models.ForeignKey("catalog.Project", models.PROTECT, related_name="awards")
    payee = models.ForeignKey("relief.Identity", models.PROTECT, related_name="+")
    purpose = models.ForeignKey("catalog.Purpose", models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # [{"kind": "CASH"|"IN_KIND"|"SERVICE", "name": …, "quantity": …, "amount_minor": …}], summing to the amount.
    lines = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    # Every change of what is being approved raises the version; approvals name the version and digest they saw.
    version = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64)
    policy = models.ForeignKey(ApprovalPolicy, models.PROTECT, related_name="+")
    # The household's rolling sum that chose the policy: splitting an award does not escape its range.
    weighed_minor = models.BigIntegerField()
    rule_version = models.CharField(max_length=16)
    pseudonym_zh = models.CharField(max_length=32)
    pseudonym_en = models.CharField(max_length=64)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)
    entry_id = models.UUIDField(null=True, unique=True)
    ended_by_ref = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(null=True)
    end_code = models.CharField(max_length=32, blank=True)
    cancel_entry_id = models.UUIDField(null=True, unique=True)

    class Meta:
        ordering = ["-proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request"],
                condition=~Q(state__in=["CANCELLED", "REJECTED"]),
                name="relief_award_one_active",
            ),
            models.UniqueConstraint(fields=["project", "pseudonym_zh"], name="relief_award_pseudonym_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="relief_award_is_positive"),
            models.CheckConstraint(
                condition=Q(weighed_minor__gte=F("amount_minor")), name="relief_award_weighed_in_full"
            ),
            models.CheckConstraint(
                condition=(Q(state__in=SPENT_STATES) & Q(entry_id__isnull=False) & Q(committed_at__isnull=False))
                | (Q(state="CANCELLED"))
                | (~Q(state__in=(*SPENT_STATES, "CANCELLED")) & Q(entry_id__isnull=True)),
                name="relief_award_spent_is_booked",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["CANCELLED", "REJECTED"], ended_at__isnull=False)
                | (~Q(state__in=["CANCELLED", "REJECTED"]) & Q(ended_at__isnull=True)),
                name="relief_award_ended_at",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def pseudonym(self) -> str:
        return in_language(self.pseudonym_zh, self.pseudonym_en)


class Approval(models.Model):
    """One person agreed to one version of one award. Append-only; never the proposer, never twice."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    award = models.ForeignKey(Award, models.PROTECT, related_name="approvals")
    version = models.PositiveIntegerField()
    stage = models.PositiveSmallIntegerField()
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    permission = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    approved_at = models.DateTimeField()

    class Meta:
        ordering = ["award_id", "version", "stage", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["award", "version", "approver"], name="relief_approval_person_once"),
        ]

    def __str__(self) -> str:
        return f"{self.award_id} v{self.version} stage {self.stage}"
