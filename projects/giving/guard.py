"""Card testing is stopped here: every way to pay asks `check` before a payment page is opened, and says `note_opened`.

The layers are pure rules (`guard_rules`); this file counts, tells staff, and closes pages on which cards fail again and
again. What is counted stands under keyed hashes for a day (`forget`).
"""

import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access import permissions
from projects.access.actors import STRIPE
from projects.access.addresses import network_of
from projects.access.refs import new_ref
from projects.audit import actions as audit
from projects.giving.guard_challenge import Solved, new_challenge, solved
from projects.giving.guard_models import CardIncident, PaymentTry
from projects.giving.guard_rules import Counts, Limits, Verdict, judge, under_attack

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
K = PaymentTry.Kind


@dataclass(frozen=True)
class Asker:
    """Who wants to pay, as far as it is counted: hashes only."""

    address: str
    network: str
    email: str
    project: Any

    @property
    def scope(self) -> str:
        """What a challenge is bound to."""
        return f"{self.address}:{self.project.pk if self.project else ''}"


@dataclass(frozen=True)
class Asked:
    """What is asked of somebody before they pay; `token` is the challenge to show."""

    token: str


def asker(*, address: str, email: str, project: Any) -> Asker:
    """From an address and an e-mail address in clear; they are not kept."""
    return Asker(_hash("a", address), _hash("n", network_of(address)), _hash("e", email.strip().lower()), project)


def limits() -> Limits:
    """The shipped measures with what the site sets instead (`CARD_GUARD`)."""
    return Limits(**settings.CARD_GUARD)


def check(who: Asker, *, known_ref: str = "", token: str = "", answer: str = "", at: datetime) -> Asked | Solved:
    """Whether a payment page may be opened: `Asked` with a challenge, or `Solved` (perhaps empty) to go on.

    ``known_ref``: the gift that this form has opened before, if it has; its page is opened again without more ado.
    Refused: ``too_many_tries``.
    """
    if known_ref and PaymentTry.objects.filter(kind=K.OPENED, subject_ref=known_ref).exists():
        return Solved()
    rules, counts = limits(), _counts(who, at)
    done = solved(token, answer, scope=who.scope, at=at) if token else Solved()
    if done and PaymentTry.objects.filter(challenge=done.nonce).exists():
        done = Solved()
    verdict = judge(counts, rules, solved=bool(done), challenge_works=settings.CARD_GUARD_CHALLENGE)
    if verdict == Verdict.REFUSE:
        _refused(who, counts, at)
        raise too_many_tries()
    if verdict == Verdict.CHALLENGE:
        _note_challenged(who, counts, at)
        return Asked(new_challenge(scope=who.scope, at=at))
    return done


def too_many_tries() -> Refused:
    """What somebody is told who tried too often."""
    return Refused(
        "too_many_tries",
        _r("Too many payments were tried from here. Nothing was charged; please try again in an hour."),
    )


def note_opened(who: Asker, subject_ref: str, *, done: Solved, at: datetime) -> None:
    """A payment page was opened. The same page again counts once. Refused: ``challenge_used``, where two raced."""
    row = {"project": who.project, "address": who.address, "network": who.network, "email": who.email}
    try:
        with transaction.atomic():
            PaymentTry.objects.get_or_create(
                kind=K.OPENED, subject_ref=subject_ref, defaults={**row, "challenge": done.nonce, "at": at}
            )
    except IntegrityError:
        raise Refused("challenge_used", _r("Please send the form once more.")) from None


def note_declined(subject_ref: str, *, charge_id: str, card: str, at: datetime) -> bool:
    """A card was declined. True when the page it happened on should be closed."""
    opened = PaymentTry.objects.filter(kind=K.OPENED, subject_ref=subject_ref).select_related("project").first()
    told = {"at": at, "card": _hash("c", card) if card else ""}
    if opened is not None:
        told |= {name: getattr(opened, name) for name in ("project", "address", "network", "email")}
    row, created = PaymentTry.objects.get_or_create(
        kind=K.DECLINED, subject_ref=f"{subject_ref}:{charge_id}", defaults=told
    )
    if created and opened is not None and opened.project is not None:
        who = Asker(opened.address, opened.network, opened.email, opened.project)
        counts = _counts(who, at)
        if under_attack(counts, limits()):
            _incident(opened.project, at, refused=0, counts=counts)
    recent = PaymentTry.objects.filter(kind=K.DECLINED, at__gt=at - _window())
    here = recent.filter(subject_ref__startswith=f"{subject_ref}:").count()
    same = recent.filter(card=row.card).count() if row.card else 0
    return max(here, same) >= limits().declined_page


def acknowledge(incident: CardIncident, *, by: Any, at: datetime) -> None:
    """Somebody of the charity has looked at it. A new attack is a new incident."""
    organisation = incident.project.organisation
    permissions.require(by, "giving.refund", organisation=organisation, on=at.astimezone().date())
    with transaction.atomic():
        if CardIncident.objects.filter(pk=incident.pk, seen_at=None).update(seen_at=at, seen_by_ref=by.ref):
            _record(incident, "card_testing.seen", by=by, at=at)


def forget(*, at: datetime) -> int:
    """Rows that are older than a day go; how many."""
    return PaymentTry.objects.filter(at__lt=at - KEPT).delete()[0]


def _counts(who: Asker, at: datetime) -> Counts:
    recent = PaymentTry.objects.filter(at__gt=at - _window())

    def of(kind: str, **where: Any) -> int:
        # An empty e-mail address is nobody's: it is not counted together.
        return recent.filter(kind=kind, **where).count() if all(where.values()) else 0

    return Counts(
        opened_address=of(K.OPENED, address=who.address),
        opened_network=of(K.OPENED, network=who.network),
        opened_email=of(K.OPENED, email=who.email),
        declined_address=of(K.DECLINED, address=who.address),
        declined_email=of(K.DECLINED, email=who.email),
        opened_form=of(K.OPENED, project=who.project),
        declined_form=of(K.DECLINED, project=who.project),
    )


def _note_challenged(who: Asker, counts: Counts, at: datetime) -> None:
    """One person whose cards failed twice is none of the staff's business; a program that sends on and on is."""
    rules = limits()
    recent = PaymentTry.objects.filter(kind=K.CHALLENGED, address=who.address, at__gt=at - _window()).count()
    if recent < rules.challenged_kept:
        told = {"project": who.project, "address": who.address, "network": who.network, "email": who.email, "at": at}
        PaymentTry.objects.create(kind=K.CHALLENGED, subject_ref=new_ref(), **told)
    declined = max(counts.declined_address, counts.declined_email, counts.declined_form)
    if who.project is not None and recent >= rules.challenged_incident and declined >= rules.declined_challenge:
        _incident(who.project, at, refused=1, counts=counts)


def _refused(who: Asker, counts: Counts, at: datetime) -> None:
    if who.project is not None and counts.declined_address + counts.declined_email + counts.declined_form > 1:
        _incident(who.project, at, refused=1, counts=counts)


def _incident(project: Any, at: datetime, *, refused: int, counts: Counts) -> None:
    """Open the project's incident, or add to the open one. Staff are told when it opens."""
    try:
        with transaction.atomic():
            found, created = CardIncident.objects.get_or_create(
                project=project, seen_at=None, defaults={"began_at": at, "last_at": at}
            )
            CardIncident.objects.filter(pk=found.pk).update(
                last_at=at, refused=F("refused") + refused, opened=counts.opened_form, declined=counts.declined_form
            )
            if created:
                _record(found, "card_testing.noticed", by=STRIPE, at=at)
                transaction.on_commit(lambda: _tell(found))
    except IntegrityError:
        # Two noticed it in the same moment: one incident is enough.
        return


_record = audit.recorder("card_incident", organisation="project.organisation.ref")


def _tell(incident: CardIncident) -> None:
    log.error("card testing on the form of project %s", incident.project.slug)
    if not settings.ALARM_ADDRESSES:
        return
    told = []
    for language in ("zh-hans", "en"):
        with override(language):
            text = _("Somebody tries cards on the form of “%(project)s”. It asks more of everybody now; see the to-do.")
            told.append(text % {"project": incident.project.name})
    try:
        send_mail("银行卡盗刷试探 / Card testing", "\n\n".join(told), None, settings.ALARM_ADDRESSES)
    except OSError as error:
        # The books and the form go on without the mail server; the to-do is there.
        log.warning("the alarm of card testing was not mailed (%s)", type(error).__name__)


def open_incidents(organisation_ids: Any) -> Any:
    """What staff have not looked at yet."""
    return CardIncident.objects.filter(Q(seen_at=None), project__organisation__in=organisation_ids)


def _window() -> timedelta:
    return timedelta(minutes=limits().window_minutes)


def _hash(kind: str, value: str) -> str:
    """A keyed hash: without the site's secret nobody can try addresses against it."""
    if not value:
        return ""
    key = hashlib.sha256(f"giving.guard:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()[:32]
