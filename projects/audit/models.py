"""Two append-only records: what was done, and who looked at what. Neither has a foreign key nor personal data."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.access.refs import new_ref


class AuditEvent(models.Model):
    """One thing done: who, what, to which thing, when, why. Written inside the action's own transaction."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    at = models.DateTimeField(_("when"))
    by_ref = models.CharField(_("by"), max_length=64)
    event = models.CharField(_("event"), max_length=64)
    subject_kind = models.CharField(_("kind"), max_length=32)
    subject_ref = models.CharField(_("reference"), max_length=64)
    organisation_ref = models.CharField(_("organisation"), max_length=32, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [
            models.Index(fields=["subject_kind", "subject_ref"]),
            models.Index(fields=["organisation_ref", "at"]),
            models.Index(fields=["by_ref", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject_kind} {self.subject_ref}"


class ReadLog(models.Model):
    """One look at personal data: who, for what purpose, at which thing and which fields. Tokens, never values."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    at = models.DateTimeField(_("when"))
    by_ref = models.CharField(_("by"), max_length=64)
    role = models.CharField(_("role"), max_length=16, blank=True)
    organisation_ref = models.CharField(_("organisation"), max_length=32, blank=True)
    purpose = models.TextField(_("purpose"))
    subject_kind = models.CharField(_("kind"), max_length=32)
    subject_ref = models.CharField(_("reference"), max_length=64)
    fields = models.JSONField(_("fields"), default=list)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("read log")
        verbose_name_plural = _("read log")
        indexes = [
            models.Index(fields=["subject_kind", "subject_ref"]),
            models.Index(fields=["by_ref", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.by_ref} {self.subject_kind} {self.subject_ref}"


class ChainLink(models.Model):
    """The place of one row in its stream's hash chain. Written by `actions.seal`, not by the action itself.

    An action must not wait for the chain: a lock on the chain's end, taken in the middle of a transaction that also
    locks a fund, would make two actions wait for each other. So rows come in freely and are chained a moment later,
    in the order of their ids, the way the sequencer numbers the books.
    """

    class Stream(models.TextChoices):
        EVENTS = "EVENTS", _("audit events")
        READS = "READS", _("read log")

    stream = models.CharField(max_length=8, choices=Stream.choices)
    position = models.PositiveBigIntegerField()
    row_ref = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("chain link")
        verbose_name_plural = _("chain links")
        constraints = [
            models.UniqueConstraint(name="chainlink_one_per_position", fields=["stream", "position"]),
            models.UniqueConstraint(name="chainlink_row_once", fields=["stream", "row_ref"]),
            models.UniqueConstraint(name="chainlink_no_fork", fields=["stream", "prev_hash"]),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.position}"
