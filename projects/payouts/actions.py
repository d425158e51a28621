"""The verbs of a batch: prepare, cancel, release, export, close. What comes back: `results` and `acknowledging`."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.access.refs import new_ref
from projects.audit import actions as audit
from projects.payouts import policies
from projects.payouts.acknowledging import acknowledge, acknowledge_with_code, issue_code, lift_hold
from projects.payouts.exporters import EXPORTERS, PayLine
from projects.payouts.models import Payout, PayoutBatch, PayoutFile
from projects.payouts.queries import awards_to_pay, batch_digest, batch_rows, left_to_pay
from projects.payouts.results import import_result, return_payout, solve_suspense
from projects.payouts.words import BatchState, PayoutState
from projects.relief import actions as relief
from projects.relief import vault
from projects.relief.models import Award
from projects.relief.policies import digest

_record = audit.recorder("payout_batch", organisation="organisation.ref")

__all__ = [
    "acknowledge",
    "acknowledge_with_code",
    "cancel_batch",
    "close_batch",
    "export_file",
    "import_result",
    "issue_code",
    "lift_hold",
    "prepare_batch",
    "release_batch",
    "return_payout",
    "solve_suspense",
]

# Why an award stays behind.
NO_ACCOUNT, HELD, CHANGED = "no_account", "account_held", "account_changed"


@dataclass(frozen=True)
class PreparedBatch:
    batch: PayoutBatch
    skipped: dict[str, str]  # award ref → why it stays behind


@dataclass(frozen=True, repr=False)
class ExportedFile:
    """The bank file, once: its bytes hold names and accounts and are kept nowhere."""

    file: PayoutFile
    name: str
    content_type: str
    content: bytes


@transaction.atomic
def prepare_batch(organisation, *, bank_code: str, by, at: datetime, currency="CNY", award_refs=None) -> PreparedBatch:
    """Collect the booked awards that nothing pays yet. Awards without an account, or with a held one, stay behind."""
    require(by, "payouts.prepare", organisation=organisation, on=localtime(at).date())
    awards = awards_to_pay(organisation).filter(currency=currency)
    if award_refs is not None:
        awards = awards.filter(ref__in=award_refs)
    waiting = list(awards)
    held = policies.held_hashes(organisation, [award.payee.account_hash for award in waiting])
    skipped = {award.ref: why for award in waiting if (why := _why_not(award, held))}
    good = [award for award in waiting if award.ref not in skipped]
    if not good:
        raise Refused("nothing_to_pay", _r("There is no approved award that can be paid now."))
    if not bank_code.strip():
        raise Refused("bank_code_missing", _r("Say which bank will get the file."))
    batch = PayoutBatch.objects.create(
        organisation=organisation,
        currency=currency,
        bank_code=bank_code.strip(),
        prepared_by_ref=by.ref,
        prepared_at=at,
        count=len(good),
        total_minor=sum(left_to_pay(award) for award in good),
    )
    for award in good:
        _add_payout(batch, award, by=by, at=at)
    _record(batch, "payout_batch.prepared", by=by, at=at, facts={"count": batch.count, "total": batch.total_minor})
    return PreparedBatch(batch, skipped)


def _why_not(award: Award, held: set[str]) -> str:
    """Why this award stays behind; empty if it can be paid."""
    if not award.payee.account_hash:
        return NO_ACCOUNT
    if award.payee.account_hash in held:
        return HELD
    # What the approvers saw names the account. Another account now is a payment nobody approved.
    return "" if award.digest == digest(award) else CHANGED


def _add_payout(batch: PayoutBatch, award, *, by, at: datetime) -> None:
    ref = new_ref()
    last = award.payouts.order_by("-pk").first()
    try:
        with transaction.atomic():
            payout = Payout.objects.create(
                ref=ref,
                award=award,
                attempt_of=last,
                amount_minor=left_to_pay(award),
                currency=award.currency,
                account_box=vault.snapshot_payee(award.payee, context=ref, at=at),
                account_hash=award.payee.account_hash,
                end_to_end_id=ref,
                prepared_by_ref=by.ref,
                prepared_at=at,
            )
    except IntegrityError as error:
        # Another batch took this award between our look and our insert: the database keeps one payout an award.
        raise Refused(
            "paid_twice", _r("An award of this batch is being paid already. Prepare the batch again.")
        ) from error
    payout.batch = batch
    payout.state = PayoutState.IN_BATCH
    payout.save(update_fields=["batch", "state"])
    if award.state == Award.State.COMMITTED:
        relief.mark_award_paying(award, by=by, at=at)


@transaction.atomic
def cancel_batch(batch: PayoutBatch, *, reason: str, by, at: datetime) -> None:
    """Only before release. Its awards can be paid by another batch."""
    require(by, "payouts.prepare", organisation=batch.organisation, on=localtime(at).date())
    batch = _locked(batch)
    event = policies.check_batch_move(batch, BatchState.CANCELLED)
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    for payout in batch_rows(batch).select_related("award__project__organisation"):
        relief.mark_payment_withdrawn(payout.award, by=by, at=at)
    batch.payouts.filter(state=PayoutState.IN_BATCH).update(state=PayoutState.CANCELLED)
    batch.state = BatchState.CANCELLED
    batch.save(update_fields=["state"])
    _record(batch, event, by=by, at=at, reason=reason)


@transaction.atomic
def release_batch(batch: PayoutBatch, *, seen_digest: str, by, at: datetime) -> PayoutBatch:
    """The second person's yes. From here no row joins, leaves or changes; count, total and digest are fixed."""
    require(by, "payouts.release", organisation=batch.organisation, on=localtime(at).date())
    batch = _locked(batch)
    event = policies.check_batch_move(batch, BatchState.RELEASED)
    policies.check_releaser(batch, by)
    policies.check_accounts_free(batch)
    policies.check_digest(batch_digest(batch), seen_digest)
    rows = batch_rows(batch)
    batch.count = rows.count()
    batch.total_minor = rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    batch.digest = seen_digest
    batch.released_by_ref, batch.released_at = by.ref, at
    batch.state = BatchState.RELEASED
    batch.save()
    facts = {"count": batch.count, "total": batch.total_minor, "digest": batch.digest}
    _record(batch, event, by=by, at=at, facts=facts)
    return batch


@transaction.atomic
def export_file(batch: PayoutBatch, *, exporter: str = "csv", by, at: datetime) -> ExportedFile:
    """Write the bank file. Every name and account read for it is logged first. A further file voids the one before."""
    require(by, "payouts.release", organisation=batch.organisation, on=localtime(at).date())
    form = EXPORTERS[exporter]
    batch = _locked(batch)
    if batch.state not in (BatchState.RELEASED, BatchState.EXPORTED):
        raise Refused("batch_not_released", _r("A second person of finance must release this batch first."))
    policies.check_unanswered(batch)
    number = (batch.files.aggregate(last=Max("number"))["last"] or 0) + 1
    ref = new_ref()
    content = form.write(ref, [_pay_line(payout, batch, by=by, at=at) for payout in batch_rows(batch)])
    file = PayoutFile.objects.create(
        ref=ref,
        batch=batch,
        number=number,
        exporter=exporter,
        sha256=hashlib.sha256(content).hexdigest(),
        made_by_ref=by.ref,
        made_at=at,
    )
    if batch.state == BatchState.RELEASED:
        batch.state = BatchState.EXPORTED
        batch.save(update_fields=["state"])
        batch.payouts.filter(state=PayoutState.IN_BATCH).update(state=PayoutState.EXPORTED)
    facts = {"file": ref, "number": number, "sha256": file.sha256}
    _record(batch, "payout_batch.exported", by=by, at=at, facts=facts)
    return ExportedFile(file, f"payouts-{ref[:12]}-{number}.{form.suffix}", form.content_type, content)


def _pay_line(payout: Payout, batch: PayoutBatch, *, by, at: datetime) -> PayLine:
    payee = vault.reveal_snapshot(
        bytes(payout.account_box),
        organisation=batch.organisation,
        context=payout.ref,
        purpose="payout file",
        by=by,
        at=at,
    )
    return PayLine(
        name=payee["name"],
        account=payee["account"],
        bank=payee["bank"],
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        end_to_end_id=payout.end_to_end_id,
    )


@transaction.atomic
def close_batch(batch: PayoutBatch, *, by, at: datetime) -> None:
    """Every payout answered, every bank line understood."""
    require(by, "payouts.import_result", organisation=batch.organisation, on=localtime(at).date())
    batch = _locked(batch)
    event = policies.check_batch_move(batch, BatchState.CLOSED)
    policies.check_closable(batch)
    batch.state = BatchState.CLOSED
    batch.closed_by_ref, batch.closed_at = by.ref, at
    batch.save(update_fields=["state", "closed_by_ref", "closed_at"])
    _record(batch, event, by=by, at=at)


def _locked(batch: PayoutBatch) -> PayoutBatch:
    # The row lock makes two releases, or a release and an export, queue instead of crossing.
    return PayoutBatch.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=batch.pk)
