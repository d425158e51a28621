"""A matcher's promise, its rule versions, and what each gift was answered.

What was answered is append-only and chained: the matches of a pot stand one behind the other on the pot's line
``[start, stop)``, and so do its releases. What the pot has promised is therefore the end of one line less the end of
the other; there is no balance row that somebody could change. The laws stand in ``sql/`` for both databases:

* the matches of a pot are one unbroken chain; ``stop − released`` never passes the pledge or the version's cap in all
* a gift is answered at most once per pot; a refund releases at most once per match, never more than the match
* a published rule version, and the facts of a pot it was published for, are frozen
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.access.languages import NamedInTwoLanguages, in_language
from projects.access.refs import new_ref
from projects.matching import rules
from projects.matching.flag_models import MatchFlag, MatchReminder
from projects.matching.formula_models import FormulaPeriod, MatchFormula
from projects.matching.hold_models import HoldRequest, MatchHold, MatchHoldEnd, MatchWithdrawal, RestRequest

__all__ = [
    "FormulaPeriod",
    "HoldRequest",
    "Match",
    "MatchFlag",
    "MatchFormula",
    "MatchFreeze",
    "MatchHold",
    "MatchHoldEnd",
    "MatchPayment",
    "MatchPool",
    "MatchRelease",
    "MatchReminder",
    "MatchRule",
    "MatchWithdrawal",
    "RestRequest",
]


class MatchPool(NamedInTwoLanguages, models.Model):
    """A pot: the sum a matcher pledges to add to the gifts of one project."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("being prepared")
        OPEN = "OPEN", _("open")
        CLOSED = "CLOSED", _("closed")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=120, blank=True)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    matcher = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="match_pools")
    project = models.ForeignKey("catalog.Project", models.PROTECT, related_name="match_pools")
    currency = models.CharField(max_length=3)
    pledged_minor = models.BigIntegerField(_("pledged"))
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    # The first place in the log this pot has not looked at. Not a truth: looking again answers nothing twice.
    next_position = models.BigIntegerField(default=0, editable=False)
    # The first place whose gift may still lack some of its match. Not a truth either.
    short_place = models.BigIntegerField(default=0, db_default=0, editable=False)
    # The last place whose payer was looked at (`flagging`).
    looked_place = models.BigIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("matching pot")
        verbose_name_plural = _("matching pots")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(pledged_minor__gt=0), name="matchpool_pledge_positive"),
            models.CheckConstraint(condition=~Q(name_zh="", name_en=""), name="matchpool_has_a_name"),
        ]


class MatchRule(models.Model):
    """One version of a pot's rule. Drafted by one person, published by another, then never changed."""

    class Rounding(models.TextChoices):
        DOWN = rules.DOWN, _("down to the smallest coin")
        NEAREST = rules.NEAREST, _("to the nearest smallest coin")

    pool = models.ForeignKey(MatchPool, models.PROTECT, related_name="rules")
    version = models.PositiveIntegerField()
    ratio_bps = models.PositiveIntegerField(_("share in basis points"))
    cap_per_gift_minor = models.BigIntegerField(_("at most per gift"), null=True, blank=True)
    cap_total_minor = models.BigIntegerField(_("at most in all"), null=True, blank=True)
    # Days, not moments: the public log tells days only, and a stranger must be able to work every match out again.
    opens_on = models.DateField(_("first day"))
    closes_on = models.DateField(_("last day"))
    cap_per_donor_minor = models.BigIntegerField(_("at most per donor"), null=True, blank=True)
    cap_per_day_minor = models.BigIntegerField(_("at most per day"), null=True, blank=True)
    # Codes of channels with commas between, in the order of the alphabet; empty means every channel.
    channels = models.CharField(_("channels"), max_length=200, blank=True, default="", db_default="")
    rounding = models.CharField(
        _("rounding"), max_length=8, choices=Rounding.choices, default=Rounding.DOWN, db_default=Rounding.DOWN.value
    )
    after = models.ForeignKey(
        MatchPool, models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name=_("behind the pot")
    )
    reserves = models.BooleanField(_("holds money before a gift is paid"), default=False, db_default=False)
    reoffers = models.BooleanField(_("offers freed money to earlier gifts"), default=False, db_default=False)
    drafted_by = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    published_by = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    # The entry id of the public notice; the version counts for gifts that stand behind it in the log.
    notice_id = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("matching rule")
        verbose_name_plural = _("matching rules")
        ordering = ["pool", "version"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "version"], name="matchrule_one_row_per_version"),
            models.CheckConstraint(condition=Q(ratio_bps__gt=0), name="matchrule_ratio_positive"),
            models.CheckConstraint(
                condition=Q(cap_per_gift_minor__isnull=True) | Q(cap_per_gift_minor__gt=0),
                name="matchrule_gift_cap_positive",
            ),
            models.CheckConstraint(
                condition=Q(cap_total_minor__isnull=True) | Q(cap_total_minor__gt=0), name="matchrule_total_positive"
            ),
            models.CheckConstraint(
                condition=Q(cap_per_donor_minor__isnull=True) | Q(cap_per_donor_minor__gt=0),
                name="matchrule_donor_cap_positive",
            ),
            models.CheckConstraint(
                condition=Q(cap_per_day_minor__isnull=True) | Q(cap_per_day_minor__gt=0),
                name="matchrule_day_cap_positive",
            ),
            models.CheckConstraint(condition=Q(rounding__in=(rules.DOWN, rules.NEAREST)), name="matchrule_rounding"),
            # Only behind an older pot: so no pots wait for one another in a circle.
            models.CheckConstraint(condition=Q(after__isnull=True) | Q(after__lt=F("pool")), name="matchrule_order"),
            # What is held or offered again must not meet a cap that moves from day to day, or from gift to gift.
            models.CheckConstraint(
                condition=Q(reserves=False, reoffers=False)
                | Q(cap_per_donor_minor__isnull=True, cap_per_day_minor__isnull=True, after__isnull=True),
                name="matchrule_holds_without_moving_caps",
            ),
            models.CheckConstraint(condition=Q(closes_on__gte=F("opens_on")), name="matchrule_days_in_order"),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by="", notice_id__isnull=True)
                | (Q(published_at__isnull=False, notice_id__isnull=False) & ~Q(published_by="")),
                name="matchrule_published_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(published_by="") | ~Q(published_by=F("drafted_by")), name="matchrule_maker_is_not_publisher"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool.slug} v{self.version}"

    @property
    def channel_codes(self) -> tuple[str, ...]:
        return tuple(self.channels.split(",")) if self.channels else ()

    def value(self, notice_position: int) -> rules.Rule:
        """The version as the arithmetic knows it."""
        return rules.Rule(
            version=self.version,
            ratio_bps=self.ratio_bps,
            cap_per_gift_minor=self.cap_per_gift_minor,
            cap_total_minor=self.cap_total_minor,
            opens_on=self.opens_on,
            closes_on=self.closes_on,
            notice_position=notice_position,
            cap_per_donor_minor=self.cap_per_donor_minor,
            cap_per_day_minor=self.cap_per_day_minor,
            channels=self.channel_codes,
            rounding=self.rounding,
            after=self.after.ref if self.after else "",
            reserves=self.reserves,
            reoffers=self.reoffers,
        )


class Match(models.Model):
    """What one gift was answered by one pot, at its place; also when the answer is nothing, with the reason.

    ``round`` 1 is the answer to the gift itself. A later round is money that became free and was offered to it: then
    ``offered_index`` is the place in the log of what made it free, and ``gift_minor`` what was left of the gift.
    """

    class Reason(models.TextChoices):
        FULL = rules.FULL, _("matched in full")
        GIFT_CAP = rules.GIFT_CAP, _("matched up to the cap per gift")
        POT_ENDED = rules.POT_ENDED, _("pot ended")
        DONOR_CAP = rules.DONOR_CAP, _("matched up to the cap per donor")
        DAY_CAP = rules.DAY_CAP, _("matched up to the cap of the day")
        OTHER_CHANNEL = rules.OTHER_CHANNEL, _("gifts by this channel are not matched")
        NO_DONOR = rules.NO_DONOR, _("the cap per donor needs an e-mail address")
        TOO_SMALL = rules.TOO_SMALL, _("the share is less than the smallest coin")
        OTHER_CURRENCY = rules.OTHER_CURRENCY, _("the gift is in another currency")
        REOFFERED = rules.REOFFERED, _("from money that became free")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    # Every index of a pot's matches begins with the pot; a version's are asked for by nobody.
    pool = models.ForeignKey(MatchPool, models.PROTECT, related_name="matches", db_index=False)
    rule = models.ForeignKey(MatchRule, models.PROTECT, related_name="matches", db_index=False)
    place = models.BigIntegerField(help_text="1, 2, 3 … without a gap, in log order")
    start = models.BigIntegerField()
    stop = models.BigIntegerField()
    gift_ref = models.CharField(max_length=64)
    gift_index = models.BigIntegerField(help_text="the gift's position in the log")
    round = models.PositiveIntegerField(default=1, db_default=1)
    offered_index = models.BigIntegerField(null=True, blank=True)
    held_minor = models.BigIntegerField(default=0, db_default=0, help_text="held for the gift before it was paid")
    gift_on = models.DateField()
    gift_minor = models.BigIntegerField()
    gift_entry_id = models.UUIDField()
    covered_minor = models.BigIntegerField(db_default=0, default=0, help_text="by the pot that is tried first")
    # The donor's opaque reference as the log has it, and what this pot had matched before: for the donor, on the day.
    donor_ref = models.CharField(max_length=64, blank=True, default="", db_default="")
    donor_before_minor = models.BigIntegerField(default=0, db_default=0)
    day_before_minor = models.BigIntegerField(default=0, db_default=0)
    wanted_minor = models.BigIntegerField()
    matched_minor = models.BigIntegerField()
    left_minor = models.BigIntegerField(help_text="what the pot could still give at this place")
    reason = models.CharField(max_length=16, choices=Reason.choices)
    entry_id = models.UUIDField(null=True, blank=True, unique=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        ordering = ["pool", "place"]
        indexes = [
            models.Index(fields=["gift_entry_id"]),
            models.Index(fields=["pool", "gift_on", "place"], name="match_days"),
            models.Index(fields=["pool", "donor_ref", "place"], condition=~Q(donor_ref=""), name="match_donors"),
            models.Index(fields=["pool", "gift_index"], name="match_in_log_order"),
            models.Index(fields=["pool", "place"], condition=Q(reason=rules.POT_ENDED), name="match_short"),
            models.Index(fields=["pool", "offered_index"], condition=Q(round__gt=1), name="match_offered"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["gift_ref", "pool", "round"], name="match_once_per_gift_pool_and_round"),
            models.CheckConstraint(
                condition=Q(round=1, offered_index__isnull=True)
                | Q(round__gt=1, offered_index__gt=F("gift_index"), matched_minor__gt=0, held_minor=0),
                name="match_later_rounds_are_offered",
            ),
            models.CheckConstraint(condition=Q(held_minor__gte=0), name="match_held_not_negative"),
            models.UniqueConstraint(fields=["pool", "place"], name="match_one_row_per_place"),
            models.CheckConstraint(condition=Q(stop=F("start") + F("matched_minor")), name="match_fills_its_interval"),
            models.CheckConstraint(
                condition=Q(matched_minor__gte=0, matched_minor__lte=F("wanted_minor")), name="match_within_wanted"
            ),
            models.CheckConstraint(condition=Q(matched_minor__lte=F("left_minor")), name="match_within_left"),
            models.CheckConstraint(
                condition=Q(matched_minor=0, entry_id__isnull=True) | Q(matched_minor__gt=0, entry_id__isnull=False),
                name="match_of_money_has_entry",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def released_minor(self) -> int:
        return self.releases.aggregate(sum=models.Sum("released_minor"))["sum"] or 0

    @property
    def standing_minor(self) -> int:
        """What is matched now: the match less what was released because the gift went back."""
        return self.matched_minor - self.released_minor


class MatchRelease(models.Model):
    """Matching money freed because (a part of) the gift went back. One row per match and refund, also for zero."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    pool = models.ForeignKey(MatchPool, models.PROTECT, related_name="releases")
    match = models.ForeignKey(Match, models.PROTECT, related_name="releases")
    refund_ref = models.CharField(max_length=64)
    refund_index = models.BigIntegerField(help_text="the refund's position in the log")
    refunded_minor = models.BigIntegerField(help_text="of the gift, with all earlier refunds")
    place = models.BigIntegerField()
    start = models.BigIntegerField()
    stop = models.BigIntegerField()
    released_minor = models.BigIntegerField()
    entry_id = models.UUIDField(null=True, blank=True, unique=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("released match")
        verbose_name_plural = _("released matches")
        ordering = ["pool", "place"]
        constraints = [
            models.UniqueConstraint(fields=["match", "refund_ref"], name="matchrelease_once_per_refund"),
            models.UniqueConstraint(fields=["pool", "place"], name="matchrelease_one_row_per_place"),
            models.CheckConstraint(condition=Q(released_minor__gte=0), name="matchrelease_not_negative"),
            models.CheckConstraint(
                condition=Q(stop=F("start") + F("released_minor")), name="matchrelease_fills_its_interval"
            ),
            models.CheckConstraint(
                condition=Q(released_minor=0, entry_id__isnull=True) | Q(released_minor__gt=0, entry_id__isnull=False),
                name="matchrelease_of_money_has_entry",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class MatchPayment(models.Model):
    """Money the matcher has paid towards what it owes. Append-only; the bank's reference is used once."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    pool = models.ForeignKey(MatchPool, models.PROTECT, related_name="payments")
    amount_minor = models.BigIntegerField()
    bank_ref = models.CharField(max_length=64)
    received_on = models.DateField()
    entry_id = models.UUIDField(unique=True)
    by_ref = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("match payment")
        verbose_name_plural = _("match payments")
        ordering = ["pool", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="matchpayment_positive"),
            models.UniqueConstraint(fields=["pool", "bank_ref"], name="matchpayment_once_per_bank_ref"),
        ]

    def __str__(self) -> str:
        return self.ref


class MatchFreeze(models.Model):
    """A pot stopped, or let go on: append-only, in turns. While it is stopped nothing is matched, released or paid.

    Gifts keep their place in the log meanwhile. They are answered when the pot goes on, exactly as they would have
    been; so the freeze changes no answer, and whoever replays the log need not know why it was.
    """

    class Reason(models.TextChoices):
        REVIEW = "REVIEW", _("unusual gifts are being looked at")
        COMPLAINT = "COMPLAINT", _("a complaint is being looked at")
        AUTHORITY = "AUTHORITY", _("an authority asked for it")

    pool = models.ForeignKey(MatchPool, models.PROTECT, related_name="freezes")
    place = models.PositiveIntegerField(help_text="1, 2, 3 … without a gap")
    is_frozen = models.BooleanField()
    reason = models.CharField(max_length=16, choices=Reason.choices)
    note_zh = models.CharField(_("public note in Chinese"), max_length=300, blank=True)
    note_en = models.CharField(_("public note in English"), max_length=300, blank=True)
    notice_id = models.UUIDField(unique=True)
    by_ref = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("freeze of a matching pot")
        verbose_name_plural = _("freezes of matching pots")
        ordering = ["pool", "place"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "place"], name="matchfreeze_one_row_per_place"),
            models.CheckConstraint(condition=~Q(note_zh="", note_en=""), name="matchfreeze_has_a_note"),
        ]

    def __str__(self) -> str:
        return f"{self.pool.slug} {self.place}"

    @property
    def note(self) -> str:
        """The public note in the reader's language, or in the other one."""
        return in_language(self.note_zh, self.note_en)
