"""When may it be done: rules about the batch, the payout and the account, each with its sentence."""

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.payouts.models import AccountHold, Payout, PayoutBatch, SuspenseItem
from projects.payouts.states import BATCH_MOVES, OPEN, PAYOUT_MOVES
from projects.payouts.words import BatchState, PayoutState


def check_batch_move(batch: PayoutBatch, state: str) -> str:
    """The audit event of this move, or a refusal."""
    event = BATCH_MOVES.get((BatchState(batch.state), BatchState(state)))
    if event is None:
        raise Refused("batch_state", _r("This batch has moved on in the meantime. Look at it again."))
    return event


def check_payout_move(payout: Payout, state: str) -> str:
    event = PAYOUT_MOVES.get((PayoutState(payout.state), PayoutState(state)))
    if event is None:
        raise Refused("payout_state", _r("This payout has moved on in the meantime. Look at it again."))
    return event


def check_releaser(batch: PayoutBatch, by) -> None:
    if by.ref == batch.prepared_by_ref:
        raise Refused("maker_checker", _r("You prepared this batch. Somebody else of finance must release it."))


def check_digest(batch_digest: str, seen: str) -> None:
    """What was read on the screen is what is released: a batch that changed meanwhile is read again."""
    if seen != batch_digest:
        raise Refused("batch_changed", _r("The batch has changed since you opened it. Look at it again."))


def check_accounts_free(batch: PayoutBatch) -> None:
    held = held_hashes(batch.organisation, [p.account_hash for p in batch.payouts.all()])
    if held:
        raise Refused(
            "account_held",
            _r("%(count)s accounts in this batch are held. Cancel the batch and prepare it again without them."),
            count=len(held),
        )


def held_hashes(organisation, hashes) -> set[str]:
    holds = AccountHold.objects.filter(organisation=organisation, lifted_at__isnull=True)
    return set(holds.values_list("account_hash", flat=True)) & set(hashes)


def check_unanswered(batch: PayoutBatch) -> None:
    """A second file for payouts that the bank has answered already could pay them twice."""
    if batch.results.exists():
        raise Refused("results_already_in", _r("The bank has answered this batch. No further file can be made."))


def check_closable(batch: PayoutBatch) -> None:
    waiting = batch.payouts.filter(state__in=OPEN).count()
    if waiting:
        raise Refused("payouts_waiting", _r("The bank has not answered %(count)s payouts yet."), count=waiting)
    unsolved = SuspenseItem.objects.filter(line__file__batch=batch, solved_at__isnull=True).count()
    if unsolved:
        raise Refused("suspense_open", _r("%(count)s lines of the bank are not explained yet."), count=unsolved)


def check_asker(payout: Payout, by) -> None:
    """Who sent the money does not also say that it arrived."""
    batch = payout.batch
    if batch is not None and by.ref in (batch.prepared_by_ref, batch.released_by_ref):
        raise Refused("maker_checker", _r("You sent this payout. Somebody else must ask whether it arrived."))
