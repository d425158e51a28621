"""Issuing receipts, voiding them, and keeping on record who wants none."""

import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import Actor
from projects.audit.actions import record
from projects.giving.models import Gift
from projects.organisations.models import Organisation
from projects.receipts import queries, storage
from projects.receipts.models import Receipt, ReceiptDonor, ReceiptVoid, ReceiptWaiver


def issue(*, gift: Gift, by: Actor, at: datetime.datetime) -> Receipt:
    """The receipt of a settled gift, with the issuer's next number. Asking again gives the same receipt.

    After a refund of a part (and the void of the receipt before it) it is issued for what has not gone back. Refused:
    ``gift_not_settled``, ``gift_refunded``, ``receipt_waived``.
    """
    with transaction.atomic():
        # Numbers have no gap and no counter: whoever wants the next one waits here until the last one is written.
        issuer = Organisation.objects.select_for_update(no_key=True).get(pk=gift.organisation_id)
        gift = Gift.objects.select_related("project").get(pk=gift.pk)
        standing = queries.valid_receipt_of(gift)
        if standing is not None:
            return standing
        _check_issuable(gift)
        receipt = _next_receipt(gift, issuer, by=by, at=at)
        ReceiptDonor.objects.create(
            receipt=receipt,
            kind=ReceiptDonor.Kind.NAMED if gift.donor_name else ReceiptDonor.Kind.ANONYMOUS,
            name=gift.donor_name,
        )
        _record(receipt, "receipt.issued", by=by, at=at)
    return receipt


def _check_issuable(gift: Gift) -> None:
    if gift.state == Gift.State.REFUNDED or (gift.entry_id and not gift.left_minor):
        raise Refused("gift_refunded", _r("This gift was given back; there is nothing to issue a receipt for."))
    if gift.state != Gift.State.SETTLED or gift.entry_id is None or gift.settled_at is None:
        raise Refused("gift_not_settled", _r("A receipt is issued when the money has arrived."))
    if ReceiptWaiver.objects.filter(gift=gift).exists():
        raise Refused("receipt_waived", _r("The donor does not want a receipt for this gift."))


def _next_receipt(gift: Gift, issuer: Organisation, *, by: Actor, at: datetime.datetime) -> Receipt:
    year, project = timezone.localtime(at).year, gift.project
    serial = (Receipt.objects.filter(issuer=issuer, year=year).aggregate(last=Max("serial"))["last"] or 0) + 1
    edition = (Receipt.objects.filter(gift=gift).aggregate(last=Max("edition"))["last"] or 0) + 1
    return Receipt.objects.create(
        issuer=issuer,
        year=year,
        serial=serial,
        number=f"{year}-{serial:06d}",
        gift=gift,
        edition=edition,
        amount_minor=gift.left_minor,
        currency=gift.currency,
        language=gift.language,
        given_on=timezone.localtime(gift.settled_at).date(),
        issuer_name_zh=issuer.name_zh,
        issuer_name_en=issuer.name_en,
        credit_code=issuer.credit_code or "",
        project_name_zh=project.name_zh if project else "",
        project_name_en=project.name_en if project else "",
        filing_number=project.filing_number if project else "",
        handler=issuer.contact_name,
        issued_at=at,
        issued_by=by.ref,
    )


def void(*, gift: Gift, reason: str, by: Actor, at: datetime.datetime) -> Receipt | None:
    """Declare the gift's receipt void; its number is kept. None if no receipt of the gift counts (any more)."""
    if reason not in ReceiptVoid.Reason.values:
        raise Refused("void_reason_unknown", _r("Say why the receipt is void."))
    with transaction.atomic():
        receipt = queries.valid_receipt_of(gift)
        if receipt is None:
            return None
        # Two refunds at once would both void it: the receipt is voided once, by its unique row.
        _, created = ReceiptVoid.objects.get_or_create(
            receipt=receipt, defaults={"reason": reason, "at": at, "by_ref": by.ref}
        )
        if created:
            _record(receipt, "receipt.voided", by=by, at=at, reason=reason)
    return Receipt.objects.get(pk=receipt.pk)


def answer_refund(*, gift: Gift, by: Actor, at: datetime.datetime) -> Receipt | None:
    """After any refund: void the receipt that says too much, and issue one for what is left, if anything is.

    Returns the receipt that counts now. A gift without a receipt gets none by this.
    """
    with transaction.atomic():
        # Two refunds at once: whoever comes second waits, and sees the receipt that the first one issued. Without that
        # it would find the old one void already, and leave standing what the first has issued for too much.
        Organisation.objects.select_for_update(no_key=True).get(pk=gift.organisation_id)
        gift = Gift.objects.get(pk=gift.pk)
        standing = queries.valid_receipt_of(gift)
        if standing is None or standing.amount_minor == gift.left_minor:
            return standing
        whole = gift.left_minor == 0
        reason = ReceiptVoid.Reason.REFUNDED if whole else ReceiptVoid.Reason.PARTLY_REFUNDED
        if gift.disputed_minor:
            reason = ReceiptVoid.Reason.DISPUTED
        void(gift=gift, reason=reason, by=by, at=at)
        return None if whole else issue(gift=gift, by=by, at=at)


def waive(*, gift: Gift, by: Actor, at: datetime.datetime) -> ReceiptWaiver:
    """Keep on record that the donor wants no receipt. Saying so twice changes nothing."""
    with transaction.atomic():
        if queries.valid_receipt_of(gift) is not None:
            raise Refused("receipt_issued_already", _r("A receipt for this gift was issued already."))
        waiver, created = ReceiptWaiver.objects.get_or_create(gift=gift, defaults={"at": at, "by_ref": by.ref})
        if created:
            record(
                by=by,
                at=at,
                event="receipt.waived",
                subject=("gift", gift.ref),
                organisation_ref=gift.organisation.ref,
            )
    return waiver


def erase_donor(*, gift: Gift, by: Actor, at: datetime.datetime) -> int:
    """Blank the donor's name on every receipt of a gift, and forget the PDFs that show it. Numbers stand."""
    with transaction.atomic():
        receipts = list(Receipt.objects.filter(gift=gift, donor__erased_at__isnull=True))
        ReceiptDonor.objects.filter(receipt__in=receipts, erased_at__isnull=True).update(name="", erased_at=at)
        for receipt in receipts:
            _record(receipt, "receipt.donor_erased", by=by, at=at)
        transaction.on_commit(lambda: storage.forget(receipts))
    return len(receipts)


def _record(receipt: Receipt, event: str, *, by: Actor, at: datetime.datetime, reason: str = "") -> None:
    record(
        by=by,
        at=at,
        event=event,
        subject=("receipt", receipt.ref),
        organisation_ref=receipt.issuer.ref,
        reason=reason,
        facts={"number": receipt.number, "gift": receipt.gift_id},
    )
