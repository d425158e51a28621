"""What the donor of a regular gift is told: a charge to come, one that failed, the end. Each once."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation

from ledger.core.money import format_amount
from projects.giving.bearing import day_of
from projects.giving.models import Pledge, PledgeLetter
from projects.giving.pledge_links import path_of
from projects.giving.pledge_policies import notice_ahead

log = logging.getLogger(__name__)

P = Pledge.State
Kind = PledgeLetter.Kind
TEMPLATES: dict[str, str] = {
    Kind.CHARGE_AHEAD: "pledge_charge_ahead",
    Kind.CHARGE_FAILED: "pledge_charge_failed",
    Kind.ENDED: "pledge_ended",
}


def tell(pledge: Pledge, *, at: datetime) -> None:
    """Send the letters that are due; asked again, none is sent twice. Trouble with mail never holds up the books."""
    for kind, about in _due(pledge, at):
        row, fresh = PledgeLetter.objects.get_or_create(pledge=pledge, kind=kind, about=about, defaults={"sent_at": at})
        if not fresh:
            continue
        try:
            send(pledge, TEMPLATES[kind], at=at)
        except OSError as error:
            # SMTP's own errors are OSErrors too. The claim is given back, and the next look tries again.
            log.warning("letter for pledge %s not sent (%s)", pledge.ref, type(error).__name__)
            row.delete()


def send(pledge: Pledge, name: str, *, at: datetime) -> None:
    """One letter to the pledge's address, with the link to its page. Whoever was erased has none."""
    if not pledge.email:
        return
    context: dict[str, Any] = {
        "pledge": pledge,
        "amount": format_amount(pledge.amount_minor, pledge.currency),
        "charge_on": _day(pledge.next_charge_at),
        "retry_on": _day(pledge.retry_at),
        "project": pledge.project,
        "charity": pledge.organisation,
        "yearly": pledge.interval == Pledge.Interval.YEAR,
        "link": settings.SITE_URL + path_of(pledge, at=at, language=pledge.language),
    }
    with translation.override(pledge.language):
        subject = " ".join(render_to_string(f"checkout/mail/{name}_subject.txt", context).split())
        text = render_to_string(f"checkout/mail/{name}.txt", context)
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [pledge.email])


def _due(pledge: Pledge, at: datetime) -> Iterator[tuple[str, str]]:
    charge = pledge.next_charge_at if pledge.state == P.ACTIVE and not pledge.skips_next else None
    if charge and charge - notice_ahead(day_of(charge)) <= at < charge:
        yield Kind.CHARGE_AHEAD, day_of(charge).isoformat()
    if pledge.state == P.PAST_DUE:
        yield Kind.CHARGE_FAILED, f"{pledge.failed_attempts} {pledge.retry_at.isoformat() if pledge.retry_at else ''}"
    if pledge.state == P.CANCELLED:
        yield Kind.ENDED, "end"


def _day(moment: datetime | None) -> str:
    return timezone.localtime(moment).date().isoformat() if moment else ""
