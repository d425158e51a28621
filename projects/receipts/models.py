"""Numbered receipts, without a gap, per issuer and year.

A receipt is never changed and never removed; it may be answered by a void, and keeps its number. The donor's name
stands in a row of its own, so that erasing a person blanks that row and leaves the numbers whole. The laws stand in
``sql/`` for both databases: the next serial is the last one plus one, a gift has at most one receipt that counts.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.access.languages import in_language
from projects.access.refs import new_ref
from projects.receipts.batch_models import BatchStatement, StatementBatch
from projects.receipts.bill_models import OfficialBill, OfficialBillVoid
from projects.receipts.codes import new_check_code

__all__ = [
    "BatchStatement",
    "OfficialBill",
    "OfficialBillVoid",
    "Receipt",
    "ReceiptDonor",
    "ReceiptVoid",
    "ReceiptWaiver",
    "StatementBatch",
]


class Receipt(models.Model):
    """One receipt for one gift. A gift whose receipt was voided may get the next `edition`."""

    class State(models.TextChoices):
        ISSUED = "ISSUED", _("valid")
        VOID = "VOID", _("void")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    issuer = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="receipts")
    year = models.PositiveIntegerField()
    serial = models.PositiveIntegerField()
    number = models.CharField(max_length=32, help_text="2026-000412")
    check_code = models.CharField(max_length=16, unique=True, default=new_check_code, editable=False)
    # A receipt is for a gift and for nothing else: the foreign key makes internal transfers impossible here.
    gift = models.ForeignKey(
        "giving.Gift", models.PROTECT, to_field="ref", db_column="gift_ref", related_name="receipts"
    )
    edition = models.PositiveIntegerField(default=1)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=10)
    given_on = models.DateField()
    # As they stood when the receipt was issued: names may change later, a receipt may not.
    issuer_name_zh = models.CharField(max_length=100)
    issuer_name_en = models.CharField(max_length=150, blank=True)
    credit_code = models.CharField(max_length=18, blank=True)
    project_name_zh = models.CharField(max_length=100, blank=True)
    project_name_en = models.CharField(max_length=150, blank=True)
    filing_number = models.CharField(max_length=40, blank=True)
    handler = models.CharField(max_length=50, blank=True)
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["issuer", "year", "serial"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "year", "serial"], name="receipt_one_row_per_serial"),
            models.UniqueConstraint(fields=["issuer", "number"], name="receipt_one_row_per_number"),
            models.UniqueConstraint(fields=["gift", "edition"], name="receipt_one_row_per_edition"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="receipt_amount_positive"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def gift_ref(self) -> str:
        return self.gift_id

    @property
    def is_void(self) -> bool:
        return hasattr(self, "void")

    @property
    def state(self) -> str:
        return self.State.VOID if self.is_void else self.State.ISSUED

    @property
    def issuer_name(self) -> str:
        return in_language(self.issuer_name_zh, self.issuer_name_en)

    @property
    def project_name(self) -> str:
        return in_language(self.project_name_zh, self.project_name_en)


class ReceiptVoid(models.Model):
    """The answer that a receipt no longer counts. Its number is kept."""

    class Reason(models.TextChoices):
        REFUNDED = "REFUNDED", _("the gift was given back")
        PARTLY_REFUNDED = "PARTLY_REFUNDED", _("a part of the gift was given back")
        MISTAKE = "MISTAKE", _("the receipt held a mistake")
        DISPUTED = "DISPUTED", _("the bank took the gift back")

    receipt = models.OneToOneField(Receipt, models.PROTECT, related_name="void")
    reason = models.CharField(max_length=16, choices=Reason.choices)
    at = models.DateTimeField()
    by_ref = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("void receipt")
        verbose_name_plural = _("void receipts")

    def __str__(self) -> str:
        return str(self.receipt)


class ReceiptDonor(models.Model):
    """Who gave, as it stood when the receipt was issued. Blanked when the person is erased, and only then."""

    class Kind(models.TextChoices):
        NAMED = "NAMED", _("named")
        ANONYMOUS = "ANONYMOUS", _("anonymous")

    receipt = models.OneToOneField(Receipt, models.PROTECT, related_name="donor")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=80, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("donor on a receipt")
        verbose_name_plural = _("donors on receipts")
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(name=""), name="receiptdonor_erased_is_blank"
            ),
            models.CheckConstraint(condition=Q(kind="NAMED") | Q(name=""), name="receiptdonor_anonymous_is_blank"),
        ]

    def __str__(self) -> str:
        return f"{self.receipt} ({self.kind})"


class ReceiptWaiver(models.Model):
    """A donor's wish to have no receipt, kept on record as the Charity Law asks (article 38)."""

    gift = models.OneToOneField(
        "giving.Gift", models.PROTECT, to_field="ref", db_column="gift_ref", related_name="receipt_waiver"
    )
    at = models.DateTimeField()
    by_ref = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("waived receipt")
        verbose_name_plural = _("waived receipts")

    def __str__(self) -> str:
        return self.gift_id
