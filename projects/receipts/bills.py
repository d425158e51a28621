"""Official bills: which gifts need one, what the finance authority's system is told, and what it answered.

The authority's system issues the bill and nobody else does. Nothing here draws one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localtime, make_aware

from ledger.core.money import decimal_text, format_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.giving.models import Gift
from projects.receipts.bill_models import OfficialBill, OfficialBillVoid
from projects.receipts.capital import capital
from projects.receipts.models import Receipt

RIGHT = "receipts.bills"
# The authority's form is in yuan.
CURRENCY = "CNY"
UNIT = "元"
_WORD = re.compile(r"[0-9A-Za-z]{1,20}\Z")
_record = audit.recorder("official_bill", organisation="organisation.ref")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the authority's system says of a bill it issued. ``amount_minor``: in fen."""

    code: str
    number: str
    check_code: str
    issued_on: date
    amount_minor: int


# ---- what the authority's system is told ----

# The fields of 财综〔2024〕1号, article 6, that the charity fills; then what comes back, empty. The first column
# finds the gift again.
COLUMNS = (
    "捐赠编号", "票据名称", "交款人", "交款人统一社会信用代码", "项目编码", "项目名称", "单位", "数量", "标准", "金额",
    "金额合计(大写)", "金额合计(小写)", "备注", "到账日期", "票据代码", "票据号码", "校验码", "开票日期", "状态",
)  # fmt: skip
BILL_NAME = "公益事业捐赠票据"
NAMELESS = "匿名捐赠人"


def without_bill(organisation: Any, *, since: date, until: date) -> QuerySet[Gift]:
    """Gifts that arrived in these days, both included, and need a bill: in yuan, not gone back, none that counts.

    A donor who wanted no receipt gets no bill either.
    """
    counts = OfficialBill.objects.filter(gift=OuterRef("ref"), void__isnull=True)
    days = (make_aware(datetime.combine(since, time.min)), make_aware(datetime.combine(until, time.max)))
    gifts = Gift.objects.filter(
        organisation=organisation, state=Gift.State.SETTLED, currency=CURRENCY, settled_at__range=days,
        receipt_waiver__isnull=True,
    )  # fmt: skip
    return gifts.exclude(Exists(counts)).select_related("project", "organisation").order_by("settled_at", "id")


def told(organisation: Any, *, since: date, until: date, by: Any, at: datetime) -> Iterator[tuple[str, ...]]:
    """The rows for the authority's system, without their heading. That somebody took the names out is on record first.

    Refused: ``not_permitted``, ``days_reversed``, ``no_bill_needed``.
    """
    require(by, RIGHT, organisation=organisation, on=localtime(at).date())
    if since > until:
        raise Refused("days_reversed", _r("The last day lies before the first."))
    gifts = [gift for gift in without_bill(organisation, since=since, until=until) if gift.left_minor]
    if not gifts:
        raise Refused("no_bill_needed", _r("No gift that arrived between these days needs a bill."))
    audit.log_read(
        by=by,
        at=at,
        purpose="data for official bills",
        subject=("organisation", organisation.ref),
        fields=["donor_name", "amount"],
        organisation_ref=organisation.ref,
    )
    numbers: dict[Any, str] = dict(
        Receipt.objects.filter(gift__in=gifts, void__isnull=True).values_list("gift", "number")
    )
    return (_row(gift, numbers.get(gift.ref, "")) for gift in gifts)


def _row(gift: Gift, receipt: str) -> tuple[str, ...]:
    amount, project = decimal_text(gift.left_minor, gift.currency), gift.project
    arrived = localtime(gift.settled_at).date().isoformat() if gift.settled_at else ""
    remark = f"收据 {receipt}" if receipt else ""
    return (
        gift.ref, BILL_NAME, gift.donor_name or NAMELESS, "", project.filing_number if project else "",
        project.name_zh if project else "捐赠收入", UNIT, "1", amount, amount, capital(gift.left_minor), amount, remark,
        arrived, "", "", "", "", "",
    )  # fmt: skip


# ---- what it answered ----


def enter(organisation: Any, *, gift_ref: str, answer: Answer, by: Any, at: datetime) -> OfficialBill:
    """Keep a bill that the authority's system has issued. The same bill again changes nothing.

    Refused: ``not_permitted``, ``gift_unknown`` (also for another charity's gift), ``bill_code_wrong``,
    ``bill_number_wrong``, ``bill_check_code_wrong``, ``bill_to_come``, ``bill_currency``, ``gift_refunded``,
    ``gift_not_settled``, ``bill_before_gift``, ``amount_differs``, ``bill_taken``, ``bill_issued_already``.
    """
    require(by, RIGHT, organisation=organisation, on=localtime(at).date())
    _check_words(answer, at)
    with transaction.atomic():
        gift = Gift.objects.select_for_update(no_key=True).filter(organisation=organisation, ref=gift_ref).first()
        if gift is None:
            raise Refused("gift_unknown", _r("This charity has no gift with this reference."))
        there = OfficialBill.objects.filter(code=answer.code, number=answer.number).first()
        if there is not None:
            return _same(there, gift, answer)
        _check_gift(gift, answer)
        bill = _kept(organisation, gift, answer, by=by, at=at)
        _record(bill, "official_bill.entered", by=by, at=at, facts={"gift": gift.ref, "number": str(bill)})
    return bill


def _check_words(answer: Answer, at: datetime) -> None:
    if not _WORD.match(answer.code):
        raise Refused("bill_code_wrong", _r("A bill's code has figures and letters only, 20 at most."))
    if not _WORD.match(answer.number):
        raise Refused("bill_number_wrong", _r("A bill's number has figures and letters only, 20 at most."))
    if not _WORD.match(answer.check_code):
        raise Refused("bill_check_code_wrong", _r("A bill's check code has figures and letters only, 20 at most."))
    if answer.issued_on > localtime(at).date():
        raise Refused("bill_to_come", _r("The bill's day lies in the future."))


def _same(there: OfficialBill, gift: Gift, answer: Answer) -> OfficialBill:
    known = Answer(there.code, there.number, there.check_code, there.issued_on, there.amount_minor)
    if there.gift_id != gift.ref or known != answer:
        raise _taken()
    return there


def _taken() -> Refused:
    return Refused("bill_taken", _r("A bill with this code and number was entered already, with other facts."))


def _check_gift(gift: Gift, answer: Answer) -> None:
    if gift.currency != CURRENCY:
        raise Refused("bill_currency", _r("Official bills are issued for gifts in yuan only."))
    if gift.state == Gift.State.REFUNDED or (gift.entry_id and not gift.left_minor):
        raise Refused("gift_refunded", _r("This gift was given back; there is nothing to issue a bill for."))
    if gift.state != Gift.State.SETTLED or gift.settled_at is None:
        raise Refused("gift_not_settled", _r("A bill is issued when the money has arrived."))
    if answer.issued_on < localtime(gift.settled_at).date():
        raise Refused("bill_before_gift", _r("The bill's day lies before the day the money arrived."))
    if answer.amount_minor != gift.left_minor:
        raise Refused(
            "amount_differs",
            _r("The bill says %(bill)s, the gift is %(gift)s."),
            bill=format_amount(answer.amount_minor, CURRENCY),
            gift=format_amount(gift.left_minor, CURRENCY),
        )
    if OfficialBill.objects.filter(gift=gift, void__isnull=True).exists():
        raise Refused("bill_issued_already", _r("This gift has a bill that counts. Enter first that it became void."))


def _kept(organisation: Any, gift: Gift, answer: Answer, *, by: Any, at: datetime) -> OfficialBill:
    facts = {"code": answer.code, "number": answer.number, "check_code": answer.check_code}
    try:
        with transaction.atomic():
            return OfficialBill.objects.create(
                organisation=organisation, gift=gift, issued_on=answer.issued_on, amount_minor=answer.amount_minor,
                currency=CURRENCY, entered_by_ref=by.ref, entered_at=at, **facts,
            )  # fmt: skip
    except IntegrityError:
        raise _taken() from None  # two entered the same number for two gifts at one moment


def void(bill: OfficialBill, *, voided_on: date, by: Any, at: datetime) -> OfficialBill:
    """Keep that the authority's system declared a bill void. Saying so twice changes nothing.

    Refused: ``not_permitted``, ``bill_to_come``, ``void_before_bill``.
    """
    require(by, RIGHT, organisation=bill.organisation, on=localtime(at).date())
    if voided_on > localtime(at).date():
        raise Refused("bill_to_come", _r("The bill's day lies in the future."))
    if voided_on < bill.issued_on:
        raise Refused("void_before_bill", _r("The bill cannot have become void before the day it was issued."))
    with transaction.atomic():
        _void, created = OfficialBillVoid.objects.get_or_create(
            bill=bill, defaults={"voided_on": voided_on, "by_ref": by.ref, "at": at}
        )
        if created:
            _record(bill, "official_bill.voided", by=by, at=at, facts={"gift": bill.gift_id, "number": str(bill)})
    return OfficialBill.objects.select_related("void").get(pk=bill.pk)


def bill_of(gift: Gift) -> OfficialBill | None:
    """The bill of a gift that counts; else the latest void one."""
    bills = OfficialBill.objects.filter(gift=gift).select_related("void").order_by("-entered_at", "-id")
    return bills.filter(void__isnull=True).first() or bills.first()
