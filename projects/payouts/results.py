"""The bank's answer: matched on number and amount, booked when paid, kept aside when nobody understands it."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import recipes
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.catalog.queries import book_of
from projects.organisations import outcomes
from projects.payouts import policies
from projects.payouts.models import Payout, PayoutFile, ResultFile, ResultLine, SuspenseItem
from projects.payouts.queries import paid_minor
from projects.payouts.result_lines import BankAnswer, BankLine, read_answer
from projects.payouts.words import Outcome, PayoutState, Problem
from projects.relief import actions as relief
from projects.relief.models import Award

_record = audit.recorder("payout", organisation="award.project.organisation.ref")

# The state in which an outcome was said before: hearing it again changes nothing.
ALREADY: dict[str, tuple[str, ...]] = {
    Outcome.PAID: (PayoutState.CONFIRMED, PayoutState.ACKNOWLEDGED, PayoutState.RETURNED),
    Outcome.FAILED: (PayoutState.FAILED,),
    Outcome.RETURNED: (PayoutState.RETURNED,),
}


@dataclass(frozen=True)
class ImportedResult:
    file: ResultFile
    created: bool
    confirmed: int = 0
    failed: int = 0
    returned: int = 0
    known: int = 0
    unmatched: int = 0


def import_result(organisation, *, content: bytes, by, at: datetime, currency: str = "CNY") -> ImportedResult:
    """Read one answer. The same bytes again change nothing; another bank's or a void file's answer is refused."""
    require(by, "payouts.import_result", organisation=organisation, on=localtime(at).date())
    sha256 = hashlib.sha256(content).hexdigest()
    known = ResultFile.objects.filter(organisation=organisation, sha256=sha256).first()
    if known is not None:
        return ImportedResult(known, created=False)
    answer = read_answer(content, currency=currency)
    try:
        with transaction.atomic():
            return _take_in(organisation, answer, sha256, by=by, at=at)
    except IntegrityError:
        # The same bytes came twice at once: whoever committed first has read them for both.
        known = ResultFile.objects.filter(organisation=organisation, sha256=sha256).first()
        if known is None:
            raise
        return ImportedResult(known, created=False)


def _take_in(organisation, answer: BankAnswer, sha256: str, *, by, at: datetime) -> ImportedResult:
    sent = _sent_file(organisation, answer)
    file = ResultFile.objects.create(
        organisation=organisation,
        batch=sent.batch,
        bank_code=answer.bank_code,
        sha256=sha256,
        received_by_ref=by.ref,
        received_at=at,
    )
    payouts = {
        p.end_to_end_id: p
        for p in Payout.objects.select_for_update(of=("self",))
        .filter(batch=sent.batch)
        .select_related("award__project__organisation")
    }
    counts = Counter(_take_line(file, line, payouts.get(line.end_to_end_id), by=by, at=at) for line in answer.lines)
    facts = {"file": file.ref, "sha256": sha256, **counts}
    audit.record(
        by=by,
        at=at,
        event="payout_batch.answered",
        subject=("payout_batch", sent.batch.ref),
        organisation_ref=organisation.ref,
        facts=facts,
    )
    return ImportedResult(file, created=True, **counts)


def _sent_file(organisation, answer: BankAnswer) -> PayoutFile:
    """The payment file that this answers; ours, of this bank, and the latest."""
    sent = (
        PayoutFile.objects.select_related("batch")
        .filter(ref=answer.file_ref.lower(), batch__organisation=organisation)
        .first()
    )
    if sent is None or sent.batch.bank_code != answer.bank_code:
        raise Refused(
            "result_file_of_another_bank",
            _r("This file answers none of your payment files at this bank. Nothing was read."),
        )
    if sent.batch.files.filter(number__gt=sent.number).exists():
        raise Refused(
            "result_file_of_void_file",
            _r(
                "This file answers a payment file that a later one replaced. Ask the bank which of them it carried out."
            ),
        )
    return sent


def _take_line(file: ResultFile, line: BankLine, payout: Payout | None, *, by, at: datetime) -> str:
    """Act on one line; the word to count it under."""
    problem = _problem(line, payout)
    row = ResultLine.objects.create(
        file=file,
        number=line.number,
        end_to_end_id=line.end_to_end_id,
        amount_minor=line.amount_minor,
        outcome=line.outcome,
        bank_ref=line.bank_ref,
        on=line.on,
        payout=None if problem else payout,
    )
    if problem or payout is None:
        SuspenseItem.objects.create(line=row, problem=problem)
        return "unmatched"
    if payout.state in ALREADY[line.outcome]:
        return "known"
    if line.outcome == Outcome.PAID:
        _confirm(payout, line, by=by, at=at)
        return "confirmed"
    if payout.state == PayoutState.EXPORTED:
        # Failed, or sent back before the bank ever said it was paid: no money left, so none is booked.
        _fail(payout, line, by=by, at=at)
        return "failed"
    _return(payout, bank_ref=line.bank_ref, on=line.on, by=by, at=at)
    return "returned"


def _problem(line: BankLine, payout: Payout | None) -> str:
    if payout is None:
        return Problem.UNKNOWN
    if payout.amount_minor != line.amount_minor:
        return Problem.AMOUNT
    if payout.state in ALREADY[line.outcome]:
        # Paid again under another number of the bank is money that left twice.
        return Problem.STATE if line.outcome == Outcome.PAID and payout.bank_ref != line.bank_ref else ""
    moves: dict[str, tuple[str, ...]] = {
        Outcome.PAID: (PayoutState.EXPORTED,),
        Outcome.FAILED: (PayoutState.EXPORTED,),
        Outcome.RETURNED: (PayoutState.EXPORTED, PayoutState.CONFIRMED),
    }
    return "" if payout.state in moves[line.outcome] else Problem.STATE


def _confirm(payout: Payout, line: BankLine, *, by, at: datetime) -> None:
    event = policies.check_payout_move(payout, PayoutState.CONFIRMED)
    draft = recipes.payout(**_money(payout, line.on))
    payout.entry_id = posting.post(draft, by=by.ref, at=at, key=f"payout:{payout.ref}").entry_id
    payout.state, payout.bank_ref, payout.answered_on = PayoutState.CONFIRMED, line.bank_ref, line.on
    payout.save(update_fields=["state", "entry_id", "bank_ref", "answered_on"])
    if paid_minor(payout.award) >= payout.award.amount_minor:
        relief.mark_award_paid(payout.award, by=by, at=at)
    _record(payout, event, by=by, at=at, facts={"bank_ref": line.bank_ref})
    _tell(payout, "payout.made", at=at)


def _fail(payout: Payout, line: BankLine, *, by, at: datetime) -> None:
    event = policies.check_payout_move(payout, PayoutState.FAILED)
    payout.state, payout.bank_ref, payout.answered_on = PayoutState.FAILED, line.bank_ref, line.on
    payout.save(update_fields=["state", "bank_ref", "answered_on"])
    relief.mark_payment_withdrawn(payout.award, by=by, at=at)
    _record(payout, event, by=by, at=at, facts={"bank_ref": line.bank_ref})


def _return(payout: Payout, *, bank_ref: str, on: date, by, at: datetime, reason: str = "") -> None:
    event = policies.check_payout_move(payout, PayoutState.RETURNED)
    draft = recipes.payout_returned(**_money(payout, on))
    payout.return_entry_id = posting.post(draft, by=by.ref, at=at, key=f"payout_returned:{payout.ref}").entry_id
    payout.state = PayoutState.RETURNED
    payout.save(update_fields=["state", "return_entry_id"])
    if payout.award.state == Award.State.PAID:
        relief.mark_payment_returned(payout.award, by=by, at=at)
    relief.mark_payment_withdrawn(payout.award, by=by, at=at)
    _record(payout, event, by=by, at=at, reason=reason, facts={"bank_ref": bank_ref})
    _tell(payout, "payout.returned", at=at)


@transaction.atomic
def return_payout(payout: Payout, *, reason: str, on: date, by, at: datetime) -> None:
    """The bank sent the money back without a result file. The award is owed again."""
    organisation = payout.award.project.organisation
    require(by, "payouts.import_result", organisation=organisation, on=localtime(at).date())
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    payout = (
        Payout.objects.select_for_update(of=("self",)).select_related("award__project__organisation").get(pk=payout.pk)
    )
    _return(payout, bank_ref="", on=on, by=by, at=at, reason=reason.strip())


@transaction.atomic
def solve_suspense(item: SuspenseItem, *, note: str, by, at: datetime) -> None:
    """Say what the line was. The line itself stays as the bank wrote it."""
    organisation = item.line.file.organisation
    require(by, "payouts.import_result", organisation=organisation, on=localtime(at).date())
    if not note.strip():
        raise Refused("reason_needed", _r("Say why."))
    solved = SuspenseItem.objects.filter(pk=item.pk, solved_at__isnull=True).update(
        solved_by_ref=by.ref, solved_at=at, note=note.strip()
    )
    if not solved:
        raise Refused("suspense_solved", _r("Somebody has explained this line already."))
    audit.record(
        by=by,
        at=at,
        event="suspense.solved",
        subject=("payout_batch", item.line.file.batch.ref),
        organisation_ref=organisation.ref,
        reason=note.strip(),
        facts={"line": item.line.number, "problem": item.problem},
    )


def _tell(payout: Payout, kind: str, *, at: datetime) -> None:
    project = payout.award.project
    outcomes.tell(
        project.organisation_id,
        kind,
        at=at,
        payout=payout.ref,
        award=payout.award.ref,
        project=project.ref,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
    )


def _money(payout: Payout, on: date) -> dict:
    project = payout.award.project
    return {
        "book": book_of(project),
        "fund": project.fund_code,
        "amount_minor": payout.amount_minor,
        "currency": payout.currency,
        "effective_on": on,
        "document_ref": payout.ref,
    }
