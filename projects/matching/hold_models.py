"""Money held for a gift before it is paid, and what a matcher took back.

Three more lines of a pot, each an append-only chain like its matches: what was held, what was let go of it, and what
was withdrawn. What is reserved now is the end of the first line less the end of the second. Each row is the answer to a
notice in the public log (or to the gift itself), at its place, and never made before that place is known.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class HoldRequest(models.Model):
    """Somebody is about to give, and asked the log to hold the match. The open page renews ``kept_until``."""

    pool = models.ForeignKey("matching.MatchPool", models.PROTECT, related_name="hold_requests")
    gift_ref = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField(help_text="of the gift")
    notice_id = models.UUIDField(unique=True)
    asked_at = models.DateTimeField()
    kept_until = models.DateTimeField()
    # The notice that nobody waits for it any more; none where the gift came.
    end_notice_id = models.UUIDField(null=True, blank=True, unique=True)
    # Whether the hold has ended. Not a truth, but where not to look again.
    is_over = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("request to hold a match")
        verbose_name_plural = _("requests to hold a match")
        ordering = ["pool", "pk"]
        indexes = [
            models.Index(fields=["gift_ref"], name="hold_request_by_gift"),
            models.Index(fields=["pool", "kept_until"], condition=Q(is_over=False), name="hold_request_open"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["pool", "gift_ref"], name="hold_request_once_per_gift_and_pool"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="hold_request_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.gift_ref}"


class MatchHold(models.Model):
    """What the pot holds for one gift, as it was answered at the place of the request's notice in the log."""

    request = models.OneToOneField(HoldRequest, models.PROTECT, related_name="hold")
    pool = models.ForeignKey("matching.MatchPool", models.PROTECT, related_name="holds")
    # The version that counted; none did where nothing is held.
    rule = models.ForeignKey("matching.MatchRule", models.PROTECT, null=True, blank=True, related_name="+")
    gift_ref = models.CharField(max_length=64)
    asked_index = models.BigIntegerField(help_text="the notice's position in the log")
    place = models.BigIntegerField()
    start = models.BigIntegerField()
    stop = models.BigIntegerField()
    held_minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("held match")
        verbose_name_plural = _("held matches")
        ordering = ["pool", "place"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "place"], name="match_hold_one_row_per_place"),
            models.UniqueConstraint(fields=["pool", "gift_ref"], name="match_hold_once_per_gift_and_pool"),
            models.CheckConstraint(condition=Q(held_minor__gte=0), name="match_hold_not_negative"),
            models.CheckConstraint(
                condition=Q(stop=F("start") + F("held_minor")), name="match_hold_fills_its_interval"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.place}"


class MatchHoldEnd(models.Model):
    """The end of one hold: its gift came, or nobody waits for it any more."""

    hold = models.OneToOneField(MatchHold, models.PROTECT, related_name="end")
    pool = models.ForeignKey("matching.MatchPool", models.PROTECT, related_name="hold_ends")
    ended_index = models.BigIntegerField(help_text="the gift's or the notice's position in the log")
    place = models.BigIntegerField()
    start = models.BigIntegerField()
    stop = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("end of a held match")
        verbose_name_plural = _("ends of held matches")
        ordering = ["pool", "place"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "place"], name="match_hold_end_one_row_per_place"),
            models.CheckConstraint(condition=Q(stop__gte=F("start")), name="match_hold_end_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.place}"


class RestRequest(models.Model):
    """The matcher wants back what no gift has got, and the log was told so."""

    pool = models.ForeignKey("matching.MatchPool", models.PROTECT, related_name="rest_requests")
    notice_id = models.UUIDField(unique=True)
    by_ref = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("request for the rest of a pledge")
        verbose_name_plural = _("requests for the rests of pledges")
        ordering = ["pool", "pk"]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.pk}"


class MatchWithdrawal(models.Model):
    """What the matcher took back of its pledge once its days were over: what neither a gift had nor a hold kept."""

    request = models.OneToOneField(RestRequest, models.PROTECT, related_name="withdrawal")
    pool = models.ForeignKey("matching.MatchPool", models.PROTECT, related_name="withdrawals")
    withdrawn_index = models.BigIntegerField(help_text="the notice's position in the log")
    place = models.BigIntegerField()
    start = models.BigIntegerField()
    stop = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("withdrawn rest of a pledge")
        verbose_name_plural = _("withdrawn rests of pledges")
        ordering = ["pool", "place"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "place"], name="match_withdrawal_one_row_per_place"),
            models.CheckConstraint(condition=Q(stop__gte=F("start")), name="match_withdrawal_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.place}"

    @property
    def withdrawn_minor(self) -> int:
        return self.stop - self.start
