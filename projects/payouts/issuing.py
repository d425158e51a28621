"""Goods out of stock to a household: entered with their handover sheet by one person, booked by another."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from ledger import balances, posting
from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import chart, recipes
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.catalog.queries import book_of
from projects.giving import evidence, goods
from projects.payouts.goods_models import GoodsIssue
from projects.payouts.states import GOODS_ISSUE_MOVES
from projects.relief.models import AssistanceRequest
from projects.relief.queries import live_authorisation

ENTERS = "payouts.prepare"
BOOKS = "payouts.release"
S = GoodsIssue.State
_record = audit.recorder("goods_issue", organisation="request.project.organisation.ref")


def enter(
    request: AssistanceRequest,
    *,
    description: str,
    quantity: Decimal,
    unit: str,
    amount_minor: int,
    from_general: bool,
    handed_out_on: date,
    file: bytes,
    form_key: str,
    by: Any,
    at: datetime,
) -> GoodsIssue:
    """Write down that goods were handed out for a request. The same form twice is one; nothing is booked yet.

    ``amount_minor``: what they are worth in the books. Refused: ``request_not_recommended``, ``no_authorisation``,
    ``goods_unnamed``, ``quantity_missing``, ``unit_missing``, ``value_missing``, ``not_in_stock``, ``day_to_come``,
    ``evidence_…``, ``form_key_reused``.
    """
    require(by, ENTERS, organisation=request.project.organisation, on=localtime(at).date())
    kind = evidence.kind_of(file)
    goods.check_count(description, quantity, unit)
    with transaction.atomic():
        # The same form twice at once, or a withdrawal at this moment: the request's row makes them queue.
        request = _asked(request)
        known = GoodsIssue.objects.filter(form_key=form_key).first()
        if known is not None:
            if known.request_id != request.pk:
                raise Refused("form_key_reused", _r("The form has changed since it was sent. Please open it again."))
            return known
        row = GoodsIssue(
            request=request,
            from_general=from_general,
            amount_minor=amount_minor,
            currency=request.currency,
            goods=description.strip(),
            quantity=quantity,
            unit=unit.strip(),
            handed_out_on=handed_out_on,
            evidence_sha256=evidence.digest_of(file),
            evidence_type=kind,
            form_key=form_key,
            entered_by_ref=by.ref,
            entered_at=at,
        )
        _check(row, at)
        row.save(force_insert=True)
        evidence.keep(row.ref, file)
        _record(row, "goods_issue.entered", by=by, at=at, facts={"amount_minor": amount_minor, "request": request.ref})
    return row


def approve(row: GoodsIssue, *, by: Any, at: datetime) -> GoodsIssue:
    """Somebody else has seen the evidence: the goods leave stock in the books. Approving twice changes nothing."""
    with transaction.atomic():
        row = _locked(row)
        _check_second(row, by, at)
        if row.state == S.APPROVED:
            return row
        _check_move(row, S.APPROVED)
        if evidence.digest_of(evidence.fetch(row.ref)) != row.evidence_sha256:
            raise Refused("evidence_changed", _r("The evidence is not the file that was entered. Nothing is booked."))
        # What was handed out or withdrawn meanwhile counts: asked again. The fund's line is the last word.
        _check(row, at)
        posted = posting.post(
            recipes.in_kind_issue(
                book=book_of(row.request.project),
                fund=row.fund_code,
                amount_minor=row.amount_minor,
                currency=row.currency,
                effective_on=row.handed_out_on,
                document_ref=row.ref,
            ),
            by=by.ref,
            at=at,
            key=f"goods_issue:{row.ref}",
        )
        return _decide(row, S.APPROVED, by=by, at=at, entry_id=posted.entry_id)


def refuse(row: GoodsIssue, *, reason: str, by: Any, at: datetime) -> GoodsIssue:
    """Somebody else says no, and why. Nothing is booked; whoever entered it may enter it anew."""
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    with transaction.atomic():
        row = _locked(row)
        _check_second(row, by, at)
        _check_move(row, S.REFUSED)
        return _decide(row, S.REFUSED, by=by, at=at, answer=reason.strip())


def in_stock_minor(request: AssistanceRequest, *, from_general: bool) -> int:
    """What goods stand in stock for a request's project (or for the charity itself), in minor units of its currency."""
    fund = goods.GENERAL_GOODS if from_general else goods.fund_of(request.project)
    return balances.balance(book=book_of(request.project), account=chart.STOCK, fund=fund, currency=request.currency)


def _check(row: GoodsIssue, at: datetime) -> None:
    if row.request.state != AssistanceRequest.State.RECOMMENDED:
        raise Refused("request_not_recommended", _r("Goods are handed out for a recommended request only."))
    if live_authorisation(row.request.case, at) is None:
        raise Refused("no_authorisation", _r("There is no authorisation in force for this case."))
    if row.handed_out_on > localtime(at).date():
        raise Refused("day_to_come", _r("This day has not come yet."))
    if type(row.amount_minor) is not int or row.amount_minor <= 0:
        raise Refused("value_missing", _r("Goods leave stock at a value that is more than zero."))
    left = in_stock_minor(row.request, from_general=row.from_general)
    if row.amount_minor > left:
        raise Refused(
            "not_in_stock",
            _r("Goods worth %(left)s are in stock, and no more can be handed out."),
            left=format_amount(left, row.currency),
        )


def _check_second(row: GoodsIssue, by: Any, at: datetime) -> None:
    require(by, BOOKS, organisation=row.request.project.organisation, on=localtime(at).date())
    if by.ref == row.entered_by_ref:
        raise Refused("second_person_needed", _r("You entered this. Somebody else has to look at it."))


def _check_move(row: GoodsIssue, state: str) -> None:
    if (row.state, state) not in GOODS_ISSUE_MOVES:
        raise Refused("goods_issue_decided", _r("This was decided already."))


def _decide(row: GoodsIssue, state: str, *, by: Any, at: datetime, **values: Any) -> GoodsIssue:
    event = GOODS_ISSUE_MOVES[row.state, state]
    row.state, row.decided_by_ref, row.decided_at = state, by.ref, at
    for field, value in values.items():
        setattr(row, field, value)
    row.save(update_fields=["state", "decided_by_ref", "decided_at", *values])
    _record(row, event, by=by, at=at, reason=values.get("answer", ""))
    return row


def _asked(request: AssistanceRequest) -> AssistanceRequest:
    rows = AssistanceRequest.objects.select_related("project__organisation", "case")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=request.pk)


def _locked(row: GoodsIssue) -> GoodsIssue:
    rows = GoodsIssue.objects.select_related("request__project__organisation", "request__case")
    return rows.select_for_update(of=("self",)).get(pk=row.pk)
