from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.access.languages import NamedInTwoLanguages
from projects.access.refs import new_ref


class CaseCategory(NamedInTwoLanguages, models.Model):
    """What kind of household this is by the rules of social relief. Rows are data: a province may add its own."""

    code = models.SlugField(max_length=32, primary_key=True)
    name_zh = models.CharField(max_length=64)
    name_en = models.CharField(max_length=64)
    aliases = models.JSONField(default=list, blank=True)
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["place", "code"]
        verbose_name_plural = "case categories"


class Household(models.Model):
    """The unit of need. It has a size and a place; who lives in it is in the vault."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    node = models.ForeignKey("organisations.Jurisdiction", models.PROTECT, related_name="+")
    size = models.PositiveSmallIntegerField()
    # Keyed hash of the household number of the source, or of the applicant's ID number where there is none.
    number_hash = models.CharField(max_length=64)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number_hash"], name="relief_household_once"),
            models.CheckConstraint(condition=models.Q(size__gte=1), name="relief_household_has_people"),
        ]

    def __str__(self) -> str:
        return self.ref


class Case(models.Model):
    """One need of one household, as a source referred it."""

    class State(models.TextChoices):
        LEAD = "LEAD", _("Case lead")
        AWAITING_AUTHORISATION = "AWAITING_AUTHORISATION", _("Awaiting authorisation")
        RECEIVED = "RECEIVED", _("Case received")
        SCREENING = "SCREENING", _("In screening")
        NEEDS_INFORMATION = "NEEDS_INFORMATION", _("Information is missing")
        ELIGIBLE = "ELIGIBLE", _("Eligible")
        INELIGIBLE = "INELIGIBLE", _("Not eligible")
        IN_SUPPORT = "IN_SUPPORT", _("In support")
        TAPER = "TAPER", _("Support is tapering off")
        CLOSED = "CLOSED", _("Case closed")
        MERGED = "MERGED", _("Merged as a duplicate")
        SEALED = "SEALED", _("Case sealed")

    class Sensitivity(models.TextChoices):
        GREEN = "GREEN", _("Green: ordinary")
        YELLOW = "YELLOW", _("Yellow: some care")
        ORANGE = "ORANGE", _("Orange: never published")
        RED = "RED", _("Red: never published")

    class Origin(models.TextChoices):
        SELF = "SELF", _("The person")
        AGENT = "AGENT", _("A community worker")
        DATA_WARNING = "DATA_WARNING", _("A data warning")
        REFERRAL = "REFERRAL", _("A referral")

    class Duplicate(models.TextChoices):
        UNIQUE = "UNIQUE", _("No duplicate")
        NEEDS_ADJUDICATION = "NEEDS_ADJUDICATION", _("Possible duplicate, to be looked at")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    source = models.CharField(max_length=32)
    source_number = models.CharField(max_length=64)
    category = models.ForeignKey(CaseCategory, models.PROTECT, related_name="cases")
    node = models.ForeignKey("organisations.Jurisdiction", models.PROTECT, related_name="+")
    household = models.ForeignKey(Household, models.PROTECT, related_name="cases")
    identity = models.ForeignKey("relief.Identity", models.PROTECT, related_name="cases")
    sensitivity = models.CharField(max_length=8, choices=Sensitivity.choices, default=Sensitivity.GREEN)
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.SELF)
    # Taken at intake and never loosened by time alone: a child stays protected as a child until somebody looks again.
    is_under_14 = models.BooleanField(default=False)
    duplicate = models.CharField(max_length=24, choices=Duplicate.choices, default=Duplicate.UNIQUE)
    state = models.CharField(max_length=24, choices=State.choices, default=State.RECEIVED)
    # Keyed hash of everything the source said last: the same line again changes nothing.
    row_hash = models.CharField(max_length=64, blank=True)
    state_reason = models.CharField(max_length=64, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    intake_by_ref = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    adjudicated_by_ref = models.CharField(max_length=64, blank=True)
    adjudicated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-received_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "source", "source_number"], name="relief_case_once"),
            models.CheckConstraint(
                condition=models.Q(state="MERGED", merged_into__isnull=False)
                | (~models.Q(state="MERGED") & models.Q(merged_into__isnull=True)),
                name="relief_case_merged_points_on",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Need(models.Model):
    """What a case asks for: one purpose, one amount."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="needs")
    purpose = models.ForeignKey("catalog.Purpose", models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="CNY")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "purpose"], name="relief_need_one_a_purpose"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="relief_need_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.amount_minor}"


class Authorisation(models.Model):
    """The signed consent to use, share and perhaps publish, with its end. Withdrawing is as easy as giving."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("Authorisation active")
        EXPIRED = "EXPIRED", _("Authorisation expired")
        WITHDRAWN = "WITHDRAWN", _("Authorisation withdrawn")

    class GivenBy(models.TextChoices):
        SELF = "SELF", _("The person")
        GUARDIAN = "GUARDIAN", _("The guardian")
        AGENT = "AGENT", _("An agent")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="authorisations")
    reference = models.CharField(max_length=64)
    scope = models.JSONField(default=list)
    purposes = models.JSONField(default=list)
    recipients = models.JSONField(default=list)
    given_by = models.CharField(max_length=8, choices=GivenBy.choices, default=GivenBy.SELF)
    document_hash = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.ACTIVE)
    withdrawn_by_ref = models.CharField(max_length=64, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "reference"], name="relief_authorisation_once"),
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(state="ACTIVE"), name="relief_authorisation_one_active"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("signed_at")), name="relief_authorisation_has_length"
            ),
            models.CheckConstraint(
                condition=models.Q(state="WITHDRAWN", withdrawn_at__isnull=False)
                | (~models.Q(state="WITHDRAWN") & models.Q(withdrawn_at__isnull=True)),
                name="relief_authorisation_withdrawn_at",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    def is_live(self, at) -> bool:
        return self.state == self.State.ACTIVE and self.signed_at <= at < self.expires_at

    @property
    def allows_publishing(self) -> bool:
        return "PUBLISH" in self.scope
