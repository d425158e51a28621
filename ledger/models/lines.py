"""Four tables on one axis per fund: money in, the spending cursor's way, and what was taken back before or after."""

from collections.abc import Collection
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from ledger.models.accounts import Fund
from ledger.models.journal import JournalEntry
from ledger.models.log import LogLeaf


def _runs_forward(name: str) -> models.BaseConstraint:
    return models.CheckConstraint(
        condition=Q(start__gte=0) & Q(stop__gt=F("start")), name=f"ledger_{name}_runs_forward"
    )


def _stops_once(name: str) -> models.BaseConstraint:
    return models.UniqueConstraint(fields=["fund", "stop"], name=f"ledger_{name}_stop_once")


def _chained(name: str) -> models.CheckConstraint:
    """The first of a chain starts at zero, every other one where the one before it stops."""
    chained = (Q(prev__isnull=True) & Q(start=0)) | (Q(prev__isnull=False) & Q(prev=F("start")))
    return models.CheckConstraint(condition=chained, name=f"ledger_{name}_chained")


class _Stretch(models.Model):
    """``[start, stop)`` on a fund's line, in minor units, made by an entry."""

    pk = models.CompositePrimaryKey("fund_id", "start")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+", db_index=False)
    start = models.BigIntegerField()
    stop = models.BigIntegerField()
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Lot(_Stretch):
    """The interval that money coming in fills, in published order; one unbroken chain from zero.

    Every gift is one, so what its law proves is not kept a second time: that each starts where the one before it stops
    (no key on ``stop``), and that fund and entry are there (no foreign keys). An entry's lots are found by its place.
    """

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    source_kind = models.CharField(max_length=12)
    log_index = models.BigIntegerField()

    class Meta:
        constraints = [_runs_forward("lot")]
        indexes = [models.Index(fields=["log_index"], name="ledger_lot_place")]


def lots_of(entry_ids: Collection[UUID]) -> models.QuerySet[Lot]:
    """The lots that entries filled, by their places in the log; none where an entry has no place yet."""
    places = LogLeaf.objects.filter(entry_id__in=entry_ids).values_list("position", flat=True) if entry_ids else []
    return Lot.objects.filter(log_index__in=list(places))


class LotUse(_Stretch):
    """A step of the spending cursor: ``SPEND`` by an outgoing entry, or ``SKIP`` over a hole."""

    prev = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=5, choices=[("SPEND", "SPEND"), ("SKIP", "SKIP")])

    class Meta:
        constraints = [
            _runs_forward("use"),
            _stops_once("use"),
            _chained("use"),
            models.CheckConstraint(condition=Q(kind__in=["SPEND", "SKIP"]), name="ledger_use_kind"),
        ]


class LotHole(_Stretch):
    """A part of a lot that was taken back before it was spent."""

    class Meta:
        constraints = [_runs_forward("hole"), _stops_once("hole")]


class LotCover(_Stretch):
    """A part of a lot that was taken back after it was spent: another fund stands in for it."""

    class Meta:
        constraints = [_runs_forward("cover"), _stops_once("cover")]
