"""Who gave, what they gave, and what went back.

The ledger knows a gift by `ref` alone; everything a person would recognise (name, address, words) stays in these rows,
so that erasing a person blanks rows here and changes no entry.
"""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from projects.access.refs import new_ref
from projects.giving.guard_models import CardIncident, PaymentTry
from projects.giving.hand_models import HandGift, HandRefund
from projects.giving.pledge_models import Pledge, PledgeAmount, PledgeLetter
from projects.giving.suggestion_models import SuggestedAmount
from projects.giving.visibility import Visibility

__all__ = [
    "CardIncident",
    "Dispute",
    "Donor",
    "Gift",
    "HandGift",
    "HandRefund",
    "PaymentTry",
    "Pledge",
    "PledgeAmount",
    "PledgeLetter",
    "Refund",
    "RefundRequest",
    "SuggestedAmount",
    "TakenBack",
]

KEY_BYTES = 32
# A multiple of twelve: letters of many can be cut from one long text.
TOKEN_BYTES = 24


def new_token() -> str:
    """The secret in a donor's private link; who holds it sees the gift."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_tokens(count: int) -> list[str]:
    """Many of them, written together: they share a beginning, so that they lie together in the index, and three
    quarters of each (144 bits) are its own.
    """
    shared, letters = secrets.token_urlsafe(TOKEN_BYTES // 4), secrets.token_urlsafe(TOKEN_BYTES // 4 * 3 * count)
    return [shared + letters[start : start + TOKEN_BYTES] for start in range(0, len(letters), TOKEN_BYTES)]


def new_commitment_key() -> bytes:
    """Random key of one donor; deleting it makes all of that donor's commitments unopenable."""
    return secrets.token_bytes(KEY_BYTES)


class Donor(models.Model):
    """One row per e-mail address; a gift without an address gets a row of its own, so every gift has a key."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    commitment_key = models.BinaryField(max_length=KEY_BYTES, default=new_commitment_key, editable=False)
    created_at = models.DateTimeField()
    # Set once: the person was taken out of this row and of everything that hangs on it.
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("donor")
        verbose_name_plural = _("donors")
        constraints = [
            models.UniqueConstraint(fields=["email"], condition=~models.Q(email=""), name="donor_one_row_per_email"),
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True) | models.Q(name="", email=""), name="donor_erased_is_blank"
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Gift(models.Model):
    """Money given to a project (or to the charity itself, when `project` is empty)."""

    class State(models.TextChoices):
        INITIATED = "INITIATED", _("waiting for payment")
        SETTLED = "SETTLED", _("received")
        FAILED = "FAILED", _("payment failed")
        EXPIRED = "EXPIRED", _("not paid in time")
        REFUNDED = "REFUNDED", _("refunded")
        NEEDS_REVIEW = "NEEDS_REVIEW", _("held for review")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    # Names the form that was sent, so that sending it again makes no second gift. Gifts without a form have none.
    form_key = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - a name, or none
    trace_token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    project = models.ForeignKey(
        "catalog.Project", null=True, blank=True, on_delete=models.PROTECT, related_name="gifts"
    )
    # Its index is the one with the day it was made, below: nobody asks for a charity's gifts in any other order.
    organisation = models.ForeignKey(
        "organisations.Organisation", on_delete=models.PROTECT, related_name="gifts", db_index=False
    )
    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="gifts")
    # A regular gift's payment: the promise, and the provider's invoice. One invoice is one gift.
    pledge = models.ForeignKey(
        Pledge, null=True, blank=True, on_delete=models.PROTECT, related_name="gifts", db_index=False
    )
    invoice_ref = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - a name, or none

    # All that was paid. What the donor added for the payment fee is part of it; the fee itself is a fact of its own.
    amount_minor = models.BigIntegerField()
    cover_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    # What the provider kept, in the currency it kept it in (its settlement currency may differ from the gift's).
    fee_minor = models.BigIntegerField(default=0)
    fee_currency = models.CharField(max_length=3, blank=True)
    refunded_minor = models.BigIntegerField(default=0)
    # What banks have taken back in disputes and not given back.
    disputed_minor = models.BigIntegerField(default=0)

    # The name as given with this gift, never public by itself; the entry's commitment binds it.
    donor_name = models.CharField(max_length=80, blank=True)
    visibility = models.CharField(
        _("who may see the name"), max_length=8, choices=Visibility.choices, default=Visibility.FINANCE
    )
    public_name = models.CharField(max_length=80, blank=True)
    message = models.TextField(max_length=300, blank=True)
    # A message is shown to the public only after somebody has read it.
    message_approved = models.BooleanField(default=False)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, default="zh-hans")

    state = models.CharField(max_length=16, choices=State.choices, default=State.INITIATED)
    channel = models.CharField(max_length=20, default="stripe")
    # How the donor chose to pay, in the provider's word; empty: whatever its page offers.
    method = models.CharField(max_length=20, blank=True)
    provider_ref = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    # The number in a platform's list, behind the platform's name. Its row in the list holds that it comes once: an
    # index of a million of them would hold it a second time.
    platform_ref = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    session_ref = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    review_reason = models.CharField(max_length=60, blank=True)

    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    entry_id = models.UUIDField(null=True, blank=True, unique=True)
    fee_entry_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("gift")
        verbose_name_plural = _("gifts")
        ordering = ["-created_at", "-id"]
        # A column that most gifts leave empty has an index of the filled ones only: SQLite and PostgreSQL would
        # otherwise keep, read and verify a place for each of a million empty ones.
        indexes = [
            models.Index(fields=["organisation", "created_at"], name="gift_by_charity_and_day"),
            models.Index(
                fields=["state", "created_at"],
                condition=~models.Q(state__in=["SETTLED", "REFUNDED"]),
                name="gift_not_received_by_day",
            ),
            models.Index(fields=["pledge"], condition=models.Q(pledge__isnull=False), name="gift_by_pledge"),
        ]
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=[field], condition=models.Q(**{f"{field}__isnull": False}), name=f"gift_one_{field}"
                )
                for field in ("form_key", "provider_ref", "session_ref", "invoice_ref", "fee_entry_id")
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="gift_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(cover_minor__gte=0, cover_minor__lt=models.F("amount_minor")),
                name="gift_cover_is_a_part",
            ),
            models.CheckConstraint(condition=models.Q(fee_minor__gte=0), name="gift_fee_not_negative"),
            models.CheckConstraint(
                condition=models.Q(visibility__in=["PUBLIC", "INITIALS"]) | models.Q(public_name=""),
                name="gift_hidden_has_no_public_name",
            ),
            models.CheckConstraint(condition=models.Q(disputed_minor__gte=0), name="gift_disputed_not_negative"),
            models.CheckConstraint(
                condition=models.Q(refunded_minor__gte=0, refunded_minor__lte=models.F("amount_minor")),
                name="gift_refunded_within_amount",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["SETTLED", "REFUNDED"])
                | models.Q(settled_at__isnull=False, entry_id__isnull=False),
                name="gift_settled_has_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(pledge__isnull=True) | models.Q(invoice_ref__isnull=False),
                name="gift_of_pledge_has_invoice",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def left_minor(self) -> int:
        """What has not gone back to the donor. A bank may take what was refunded already: then nothing is left."""
        return max(0, self.amount_minor - self.refunded_minor - self.disputed_minor)

    @property
    def shown_name(self) -> str:
        """The name the public may see, whole or its initials; empty for an anonymous gift."""
        return self.public_name


class Refund(models.Model):
    """Money given back. The provider's reference is unique: one fact, one row, one entry."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("on its way")
        POSTED = "POSTED", _("refunded")
        FAILED = "FAILED", _("refund failed")
        RETURNED = "RETURNED", _("refund came back")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="refunds")
    provider_ref = models.CharField(max_length=255, unique=True)
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    entry_id = models.UUIDField(null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["POSTED", "RETURNED"]) | models.Q(entry_id__isnull=False),
                name="refund_posted_has_entry",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Dispute(models.Model):
    """A donor's bank asks about a gift, or takes it back. One row for each dispute of the provider.

    ``respond_by`` is the last moment at which the provider takes the charity's answer. Amounts: ``amount_minor`` in the
    gift's currency; the fee in the currency the provider kept it in.
    """

    class State(models.TextChoices):
        INQUIRY = "INQUIRY", _("the bank asks")
        INQUIRY_CLOSED = "INQUIRY_CLOSED", _("question closed")
        NEEDS_RESPONSE = "NEEDS_RESPONSE", _("answer needed")
        UNDER_REVIEW = "UNDER_REVIEW", _("the bank decides")
        WON = "WON", _("won")
        LOST = "LOST", _("lost")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="disputes")
    provider_ref = models.CharField(max_length=255, unique=True)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=16, choices=State.choices)
    respond_by = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    reinstated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    fee_minor = models.BigIntegerField(default=0)
    fee_currency = models.CharField(max_length=3, blank=True)
    fee_entry_id = models.UUIDField(null=True, blank=True, unique=True)
    fee_back_entry_id = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="dispute_amount_positive"),
            models.CheckConstraint(condition=models.Q(fee_minor__gte=0), name="dispute_fee_not_negative"),
            models.CheckConstraint(
                condition=models.Q(reinstated_at__isnull=True) | models.Q(withdrawn_at__isnull=False),
                name="dispute_reinstated_after_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class TakenBack(models.Model):
    """One entry of a refund or a dispute, and the entry by which the money came home, if it did.

    ``origin_entry_id`` is the entry whose money went back: the gift's, or an earlier return's. Empty: nothing was left
    there, and the general fund stood in. A refund has several where its money lies in several places.
    """

    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="taken_back")
    refund = models.ForeignKey(Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="parts")
    dispute = models.ForeignKey(Dispute, null=True, blank=True, on_delete=models.PROTECT, related_name="parts")
    amount_minor = models.BigIntegerField()
    origin_entry_id = models.UUIDField(null=True, blank=True)
    entry_id = models.UUIDField(unique=True)
    returned_entry_id = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        verbose_name = _("part taken back")
        verbose_name_plural = _("parts taken back")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="taken_back_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(refund__isnull=False, dispute__isnull=True)
                | models.Q(refund__isnull=True, dispute__isnull=False),
                name="taken_back_by_one_of_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gift_id} {self.amount_minor}"


class RefundRequest(models.Model):
    """Somebody of the charity wants a gift to go back; the provider has not been told yet, or has answered."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("asked for")
        SENT = "SENT", _("handed to the payment provider")
        REFUSED = "REFUSED", _("cannot be refunded")

    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="refund_requests")
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    answer_code = models.CharField(max_length=64, blank=True)
    requested_by_ref = models.CharField(max_length=64)
    requested_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("refund request")
        verbose_name_plural = _("refund requests")
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="refund_request_amount_positive"),
            models.UniqueConstraint(
                fields=["gift"], condition=models.Q(state="WAITING"), name="refund_request_one_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gift_id} {self.state}"
