"""What the payment provider told us, exactly as it came, and how far each message and each gift has been worked."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.access.refs import new_ref
from projects.giving.models import Gift, Pledge


class StripeEvent(models.Model):
    """One signed message, raw. The database refuses changes. How far it is worked is `EventWork`.

    One change is law: when a donor is erased, the personal part of the payload is blanked, once, with the signature.
    """

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    livemode = models.BooleanField()
    api_version = models.CharField(max_length=40, blank=True)
    payload = models.BinaryField()
    signature = models.TextField()
    received_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        ordering = ["-received_at", "-id"]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class EventWork(models.Model):
    """How far one message has been worked: waiting until it is done or was none of our business. Never lost."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        DONE = "DONE", _("done")
        IGNORED = "IGNORED", _("not ours")

    event = models.OneToOneField(StripeEvent, on_delete=models.PROTECT, related_name="work")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=100, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("work on a payment event")
        verbose_name_plural = _("work on payment events")
        indexes = [models.Index(fields=["state", "next_try_at"])]

    def __str__(self) -> str:
        return f"{self.event_id} {self.state}"


class GiftCare(models.Model):
    """What is still to be done for a gift that went to the provider: ask again, book the fee, send the letter."""

    gift = models.OneToOneField(Gift, on_delete=models.PROTECT, related_name="care")
    # When to look next; empty when nothing is left to do.
    next_look_at = models.DateTimeField(null=True, blank=True, db_index=True)
    looks = models.PositiveIntegerField(default=0)
    fee_done = models.BooleanField(default=False)
    thanked_at = models.DateTimeField(null=True, blank=True)
    refund_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("care of a gift")
        verbose_name_plural = _("care of gifts")

    def __str__(self) -> str:
        return str(self.gift_id)


class PledgeCare(models.Model):
    """What is still to be done for a regular gift: when to look at it next, and a page on which a card is changed."""

    pledge = models.OneToOneField(Pledge, on_delete=models.PROTECT, related_name="care")
    # Empty when nothing can happen any more.
    next_look_at = models.DateTimeField(null=True, blank=True, db_index=True)
    card_page_ref = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = _("care of a regular gift")
        verbose_name_plural = _("care of regular gifts")

    def __str__(self) -> str:
        return str(self.pledge_id)


class HeldMoney(models.Model):
    """Something at the provider that may be money for us and that no gift explains. It waits here for a person.

    ``amount_minor`` in ``currency`` as the provider says now; 0 where only the thing itself is strange. It is solved
    when the provider's objects explain it after all.
    """

    provider_ref = models.CharField(max_length=255, unique=True)
    pledge = models.ForeignKey(Pledge, null=True, blank=True, on_delete=models.PROTECT, related_name="held_money")
    gift = models.ForeignKey(Gift, null=True, blank=True, on_delete=models.PROTECT, related_name="held_money")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, blank=True)
    reason = models.CharField(max_length=60)
    noted_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("held money")
        verbose_name_plural = _("held money")
        ordering = ["-noted_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="held_money_not_negative"),
            models.CheckConstraint(
                condition=models.Q(pledge__isnull=False) | models.Q(gift__isnull=False), name="held_money_has_an_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.provider_ref}"


class ProviderPayout(models.Model):
    """Money that the provider sent to the bank. It may fail days later and come back; the next payout carries it then.

    ``amount_minor`` in ``currency``, which is the provider's for us and need not be the gifts'.
    """

    class State(models.TextChoices):
        ON_ITS_WAY = "ON_ITS_WAY", _("on its way to the bank")
        POSTED = "POSTED", _("at the bank")
        RETURNED = "RETURNED", _("came back from the bank")
        CANCELLED = "CANCELLED", _("cancelled")
        NEEDS_REVIEW = "NEEDS_REVIEW", _("held for review")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    provider_ref = models.CharField(max_length=255, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ON_ITS_WAY)
    review_reason = models.CharField(max_length=60, blank=True)
    arrives_on = models.DateField()
    noted_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("payout of the provider")
        verbose_name_plural = _("payouts of the provider")
        ordering = ["-arrives_on", "-id"]

    def __str__(self) -> str:
        return self.ref


class PayoutShare(models.Model):
    """What one charity's book had in a payout, with its entry, and the mirror of that if the payout came back."""

    payout = models.ForeignKey(ProviderPayout, on_delete=models.PROTECT, related_name="shares")
    book = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    entry_id = models.UUIDField(unique=True)
    returned_entry_id = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("share of a payout")
        verbose_name_plural = _("shares of payouts")
        constraints = [models.UniqueConstraint(fields=["payout", "book"], name="payout_share_one_per_book")]

    def __str__(self) -> str:
        return f"{self.payout_id} {self.book}"


class BalanceTransaction(models.Model):
    """One movement at the provider, as it states it: amount, fee and net in its own currency, and its exchange rate."""

    txn_id = models.CharField(max_length=255, unique=True)
    gift = models.ForeignKey(Gift, null=True, blank=True, on_delete=models.PROTECT, related_name="balance_transactions")
    source_ref = models.CharField(max_length=255, db_index=True)
    category = models.CharField(max_length=60)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # As the provider wrote it: a decimal number in letters, never a float of ours.
    rate = models.CharField(max_length=40, blank=True)
    moved_at = models.DateTimeField()
    available_at = models.DateTimeField()
    payout = models.ForeignKey(
        ProviderPayout, null=True, blank=True, on_delete=models.PROTECT, related_name="balance_transactions"
    )

    class Meta:
        verbose_name = _("movement at the provider")
        verbose_name_plural = _("movements at the provider")
        ordering = ["moved_at", "txn_id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(net_minor=models.F("amount_minor") - models.F("fee_minor")),
                name="balance_transaction_net_adds_up",
            )
        ]

    def __str__(self) -> str:
        return self.txn_id


class SweepMark(models.Model):
    """Up to which moment the provider's refunds, disputes and payouts were listed, and when to list them next."""

    name = models.CharField(max_length=40, unique=True)
    seen_until = models.DateTimeField()
    next_at = models.DateTimeField()

    class Meta:
        verbose_name = _("mark of the sweep")
        verbose_name_plural = _("marks of the sweep")

    def __str__(self) -> str:
        return self.name
