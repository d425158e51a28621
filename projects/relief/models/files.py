from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.access.refs import new_ref


class CaseFile(models.Model):
    """One delivered list of cases: looked at first, then taken in. The same bytes are the same file."""

    class State(models.TextChoices):
        PREVIEWED = "PREVIEWED", _("Looked at, not taken in yet")
        COMMITTED = "COMMITTED", _("Taken in")
        ABORTED = "ABORTED", _("Stopped: too many duplicates")
        DISCARDED = "DISCARDED", _("File discarded")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    source = models.CharField(max_length=32)
    file_name = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64)
    encoding = models.CharField(max_length=16)
    state = models.CharField(max_length=12, choices=State.choices)
    row_count = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    uploaded_by_ref = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    committed_by_ref = models.CharField(max_length=64, blank=True)
    committed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "source", "content_hash"],
                condition=~models.Q(state="DISCARDED"),
                name="relief_casefile_once",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class CaseFileChunk(models.Model):
    """A sealed piece of a file between preview and commit. Gone afterwards."""

    file = models.ForeignKey(CaseFile, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="relief_casefilechunk_once")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"


class CaseFileError(models.Model):
    """What is wrong in which line and column. Values are masked before they come here."""

    file = models.ForeignKey(CaseFile, models.CASCADE, related_name="errors")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=40)
    masked = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["line", "pk"]

    def __str__(self) -> str:
        return f"{self.line} {self.column} {self.code}"
