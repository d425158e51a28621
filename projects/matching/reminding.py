"""Reminding matchers of what they owe: a letter a month while something is overdue, and a row that says so."""

import datetime
import logging
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from ledger.core.money import format_amount
from projects.access.actors import Actor
from projects.audit.actions import record
from projects.matching.flag_models import MatchReminder
from projects.matching.models import MatchPool
from projects.matching.owed import owed_by_age

log = logging.getLogger(__name__)

# A matcher is written to again when so much time has passed.
EVERY = datetime.timedelta(days=30)
LANGUAGES = ("zh-hans", "en")


def overdue_minor(pool: MatchPool, on: datetime.date) -> int:
    """What is owed for gifts older than the first age of the ageing list, in minor units."""
    return sum(row.amount_minor for row in owed_by_age(pool, on)[1:])


def remind(*, by: Actor, at: datetime.datetime) -> int:
    """Write to each matcher that owes money for old gifts and has not been written to lately. How many letters."""
    today = timezone.localtime(at).date()
    pools = MatchPool.objects.exclude(state=MatchPool.State.DRAFT).exclude(matcher__contact_email="")
    lately = MatchReminder.objects.filter(sent_on__gt=today - EVERY).values("pool")
    return sum(_remind(pool, today, by=by, at=at) for pool in pools.exclude(pk__in=lately).select_related("matcher"))


def _remind(pool: MatchPool, today: datetime.date, *, by: Actor, at: datetime.datetime) -> int:
    overdue = overdue_minor(pool, today)
    if overdue <= 0:
        return 0
    with transaction.atomic():
        MatchReminder.objects.create(pool=pool, sent_on=today, overdue_minor=overdue, at=at)
        record(
            by=by,
            at=at,
            event="match_pool.reminded",
            subject=("match_pool", pool.ref),
            organisation_ref=pool.project.organisation.ref,
            facts={"overdue_minor": overdue},
        )
        transaction.on_commit(lambda: _write(pool, overdue))
    return 1


def _write(pool: MatchPool, overdue: int) -> None:
    """In both languages: nobody knows which one a matcher's bookkeeper reads."""
    texts, subjects = [], []
    for language in LANGUAGES:
        with translation.override(language):
            context: dict[str, Any] = {
                "pool": pool,
                "charity": pool.project.organisation,
                "project": pool.project,
                "amount": format_amount(overdue, pool.currency),
            }
            subjects.append(" ".join(render_to_string("matching/mail/reminder_subject.txt", context).split()))
            texts.append(render_to_string("matching/mail/reminder.txt", context).strip())
    try:
        send_mail(" / ".join(subjects), "\n\n".join(texts), settings.DEFAULT_FROM_EMAIL, [pool.matcher.contact_email])
    except OSError as error:  # the row stands, and the to-do of finance shows what is owed
        log.warning("the reminder for the pot %s was not mailed (%s)", pool.ref, type(error).__name__)
