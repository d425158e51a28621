"""What the worker does each second. A step that fails is logged and tried again; the others go on."""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import date
from threading import Event, Thread

from django.db import close_old_connections, connections
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from ledger import checkpoints, reports, transparency
from ledger.core.refusals import Refused
from projects.access.actors import WORKER
from projects.matching import actions as matching
from projects.matching import holds

logger = logging.getLogger(__name__)

# The worker gives its other steps a turn after this many tasks.
TASKS_PER_ROUND = 20

Step = Callable[[], int]

# The day that was followed last, by this process.
_calendar: dict[str, date] = {}
# The verification that runs beside this process.
_verifying: list["subprocess.Popen[bytes]"] = []
# The thread that tells webhooks beside the rounds.
_telling: list[Thread] = []


def sequence() -> int:
    """Give new entries their place in the log."""
    return transparency.sequence(at=timezone.now())


def sign() -> int:
    """Sign how far the log has come. A refusal is an alarm, once; the reason and both sides are kept as evidence."""
    now = timezone.now()
    try:
        return checkpoints.sign(at=now)
    except Refused as refused:
        if checkpoints.keep_refusal(refused, at=now):
            logger.critical("The public log is not signed any more. %s", refused)
        return 0


def match() -> int:
    """Compute the matches of gifts that have their place."""
    return matching.match_pending(by=WORKER, at=timezone.now())


def free_holds() -> int:
    """Let go the matches that were held for gifts nobody is about to pay any more."""
    return holds.end_lapsed(by=WORKER, at=timezone.now())


def hold_suspicious_matches() -> int:
    """Look at who paid for what was matched; what is suspicious is not paid before a person has looked."""
    from projects.matching import flagging

    return flagging.look(by=WORKER, at=timezone.now())


def chain() -> int:
    """Give new audit events and looks at personal data their place in the chain."""
    from projects.audit import actions

    return actions.seal()


def follow_calendar() -> int:
    """Once a day: roles that begin or end, authorisations past their end, rows that came too late for the chain, bank
    lines that nobody has explained held once more against the platforms' files, payers looked at again, reminders, and
    statements past their time.
    """
    from projects.access import groups
    from projects.audit import actions
    from projects.giving import guard
    from projects.matching import flagging, reminding
    from projects.receipts import batches
    from projects.relief.actions import expire_authorisations
    from projects.settlement.actions import reconcile_everywhere

    today = timezone.localdate()
    if _calendar.get("followed") == today:
        return 0
    groups.sync_everybody(today)
    expire_authorisations(by=WORKER, at=timezone.now())
    reconcile_everywhere(by=WORKER, at=timezone.now())
    guard.forget(at=timezone.now())
    flagging.look_again(by=WORKER, at=timezone.now())
    reminding.remind(by=WORKER, at=timezone.now())
    batches.forget_expired(by=WORKER, at=timezone.now())
    late = actions.seal(sweep=True)
    _calendar["followed"] = today
    return late


def run_tasks() -> int:
    """Run what is queued: mails, receipts, payment events."""
    waiting = DBTaskResult.objects.ready().count()
    if waiting:
        Worker(
            queue_names=["*"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=TASKS_PER_ROUND,
            worker_id="charity-worker",
            excluded_queue_names=[],
        ).run()
    return min(waiting, TASKS_PER_ROUND)


def look_after_payments() -> int:
    """Come back to payment messages that did not succeed and to gifts and payouts whose messages never came."""
    from projects.checkout import flow, sweeper

    now = timezone.now()
    return flow.sweep(at=now) + sweeper.sweep_if_due(at=now)


def carry_refunds() -> int:
    """Hand the refunds that staff asked for to the payment provider."""
    from projects.checkout import refunds

    return refunds.carry_out_requests(at=timezone.now())


def look_after_statements() -> int:
    """Go on with statements whose maker was killed."""
    from projects.receipts import batches
    from projects.receipts.tasks import make_statements

    still = batches.still(at=timezone.now())
    for ref in still:
        make_statements.enqueue(ref)
    return len(still)


def forget_donors() -> int:
    """Erase the donors who asked for it and whose payments or disputes have ended meanwhile."""
    from projects.donors import erasing

    return erasing.carry_out_waiting(at=timezone.now())


def tell_webhooks() -> int:
    """Tell the addresses outside what waits for them, on a thread of its own: who answers slowly holds up nobody."""
    from projects.webhooks import delivering

    if _telling and not _telling[0].is_alive():
        _telling.clear()
    if not _telling and delivering.due(at=timezone.now()).exists():
        # A daemon: a stopping worker does not wait for it, and a try that is cut off is made again.
        _telling.append(Thread(target=_tell, name="webhooks", daemon=True))
        _telling[0].start()
    return 0


def _tell() -> None:
    from projects.webhooks import delivering

    try:
        while delivering.deliver_next(at=timezone.now()):
            pass
    except Exception:
        logger.exception("Telling a webhook failed; it is tried again in the next round.")
    finally:
        connections.close_all()


def verify_daily() -> int:
    """Once a day, beside this process: nobody waits for it, and the log goes on. The report says what was found."""
    today = timezone.localdate()
    if _verifying and _verifying[0].poll() is not None:
        _verifying.clear()
    if _verifying or _calendar.get("verified") == today:
        return 0
    _calendar["verified"] = today
    last = reports.last()
    if last is None or timezone.localtime(last.at).date() < today:
        command = [sys.executable, "-m", "django", "verify", "--keep", "--by", WORKER.ref]
        _verifying.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    return 0


# Tasks first: a paid gift is posted, then numbered, then matched; the match gets its place in the next round.
STEPS: tuple[Step, ...] = (
    run_tasks,
    sequence,
    sign,
    match,
    free_holds,
    hold_suspicious_matches,
    look_after_payments,
    carry_refunds,
    look_after_statements,
    forget_donors,
    chain,
    follow_calendar,
)


# The worker that goes on for ever has two more: a round that somebody waits for does not verify, and speaks to nobody.
FOR_EVER: tuple[Step, ...] = (*STEPS, tell_webhooks, verify_daily)


def one_round(steps: Iterable[Step] = STEPS) -> int:
    """Run each step once; how much there was to do."""
    done = 0
    for step in steps:
        try:
            done += step()
        except Exception:
            logger.exception("The worker's step %s failed; it is tried again in the next round.", step.__name__)
    return done


def run_until(stop: Event, *, pause: float, steps: Iterable[Step] = FOR_EVER) -> None:
    """Round after round until `stop` is set. A round is never cut off in the middle."""
    while not stop.is_set():
        close_old_connections()  # a database that was restarted must not stop the worker for ever
        if not one_round(steps):
            stop.wait(pause)
