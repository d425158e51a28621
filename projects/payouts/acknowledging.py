"""What the household says: taken by an agent beside a witness, or with a code that only the household holds."""

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.payouts import policies
from projects.payouts.models import AccountHold, Acknowledgement, AcknowledgementCode, Payout
from projects.payouts.words import Answer, Channel, PayoutState

CODE_DIGITS = 8
CODE_LIVES = timedelta(days=30)
MAX_WRONG_TRIES = 5
# After these answers no further money goes to the account until somebody else has looked.
HOLDING_ANSWERS = (Answer.NOT_RECEIVED, Answer.NOT_MINE)
_record = audit.recorder("payout", organisation="award.project.organisation.ref")


@transaction.atomic
def acknowledge(
    payout: Payout, *, answer: str, witness_ref: str, by, at: datetime, remark: str = ""
) -> Acknowledgement:
    """The answer as an agent heard it, beside a witness who is somebody else."""
    _may_ask(payout, by, at)
    if not witness_ref or witness_ref == by.ref:
        raise Refused("witness_needed", _r("Another person must witness the answer."))
    batch = payout.batch
    if batch is not None and witness_ref in (batch.prepared_by_ref, batch.released_by_ref):
        raise Refused("witness_involved", _r("Who sent the payout cannot be the witness."))
    return _take(payout, answer, Channel.AGENT, by=by, at=at, witness_ref=witness_ref, remark=remark)


@transaction.atomic
def issue_code(payout: Payout, *, by, at: datetime) -> str:
    """A new code for the household, shown once. Only its keyed hash is kept; an older code ends."""
    _may_ask(payout, by, at)
    policies.check_payout_move(payout, PayoutState.ACKNOWLEDGED)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    payout.codes.filter(expires_at__gt=at).update(expires_at=at)
    AcknowledgementCode.objects.create(
        payout=payout,
        code_hash=_code_hash(payout, code),
        expires_at=at + CODE_LIVES,
        issued_by_ref=by.ref,
        issued_at=at,
    )
    _record(payout, "payout.code_issued", by=by, at=at)
    return code


def acknowledge_with_code(payout: Payout, *, code: str, answer: str, by, at: datetime, remark="") -> Acknowledgement:
    """The answer of whoever holds the code. A wrong try is counted even though the answer is refused."""
    with transaction.atomic():
        _may_ask(payout, by, at)
        good = _try_code(payout, code.strip(), at)
        if good:
            return _take(payout, answer, Channel.CODE, by=by, at=at, witness_ref="", remark=remark)
    raise Refused("code_wrong", _r("This code is wrong or no longer valid."))


def _try_code(payout: Payout, code: str, at: datetime) -> bool:
    row = payout.codes.select_for_update().filter(expires_at__gt=at, wrong_tries__lt=MAX_WRONG_TRIES).first()
    if row is None:
        return False
    if constant_time_compare(row.code_hash, _code_hash(payout, code)):
        row.expires_at = at  # used
        row.save(update_fields=["expires_at"])
        return True
    row.wrong_tries += 1
    row.save(update_fields=["wrong_tries"])
    return False


def _take(payout: Payout, answer: str, channel: str, *, by, at: datetime, witness_ref: str, remark: str):
    if answer not in Answer.values:
        raise Refused("answer_unknown", _r("Choose one of the answers."))
    payout = (
        Payout.objects.select_for_update(of=("self",)).select_related("award__project__organisation").get(pk=payout.pk)
    )
    event = policies.check_payout_move(payout, PayoutState.ACKNOWLEDGED)
    taken = Acknowledgement.objects.create(
        payout=payout,
        answer=answer,
        channel=channel,
        taken_by_ref=by.ref,
        witness_ref=witness_ref,
        at=at,
        remark=remark,
    )
    if answer == Answer.RECEIVED:
        payout.state = PayoutState.ACKNOWLEDGED
        payout.save(update_fields=["state"])
        _record(payout, event, by=by, at=at, facts={"channel": channel})
        return taken
    _record(payout, "payout.contradicted", by=by, at=at, facts={"answer": answer, "channel": channel})
    if answer in HOLDING_ANSWERS:
        _place_hold(payout, answer, by=by, at=at)
    return taken


def _place_hold(payout: Payout, answer: str, *, by, at: datetime) -> None:
    try:
        with transaction.atomic():
            AccountHold.objects.create(
                organisation=payout.award.project.organisation,
                account_hash=payout.account_hash,
                payout=payout,
                reason=answer,
                placed_by_ref=by.ref,
                placed_at=at,
            )
    except IntegrityError:
        return  # the account is held already: one open hold is enough
    _record(payout, "account.held", by=by, at=at, facts={"answer": answer})


@transaction.atomic
def lift_hold(hold: AccountHold, *, note: str, by, at: datetime) -> None:
    """Somebody other than who placed it has looked and says why the account may be paid again."""
    require(by, "payouts.release", organisation=hold.organisation, on=localtime(at).date())
    if by.ref == hold.placed_by_ref:
        raise Refused("maker_checker", _r("You placed this hold. Somebody else must lift it."))
    if not note.strip():
        raise Refused("reason_needed", _r("Say why."))
    lifted = AccountHold.objects.filter(pk=hold.pk, lifted_at__isnull=True).update(
        lifted_by_ref=by.ref, lifted_at=at, note=note.strip()
    )
    if not lifted:
        raise Refused("hold_lifted", _r("This hold has been lifted already."))
    _record(hold.payout, "account.freed", by=by, at=at, reason=note.strip())


def _may_ask(payout: Payout, by, at: datetime) -> None:
    require(by, "relief.intake", organisation=payout.award.project.organisation, on=localtime(at).date())
    policies.check_asker(payout, by)


def _code_hash(payout: Payout, code: str) -> str:
    return salted_hmac("payouts.acknowledgement", f"{payout.ref}:{code}", algorithm="sha256").hexdigest()
