"""Revealing who stands behind a reference: an act with a reason, written down before anything is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access import permissions
from projects.audit import actions as audit
from projects.giving.models import Gift
from projects.relief import vault
from projects.relief.models import Award

SHORTEST_REASON = 8
AWARD_FIELDS = ("name", "id_number", "phone", "account", "bank", "address")
LABELS = {
    "name": pgettext_lazy("person", "Name"),
    "id_number": _("ID number"),
    "phone": _("Telephone"),
    "account": _("Bank account"),
    "bank": _("Bank branch"),
    "address": _("Address"),
    "email": _("E-mail"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One revealed value with its label."""

    label: Any
    value: str


def reveal_award(award: Award, *, reason: str, by: Any, at: datetime) -> list[Shown]:
    """The person an award is paid to. The vault checks the right and writes the read log first."""
    _check(reason)
    values: Mapping[str, str] = vault.reveal(
        award.payee, fields=AWARD_FIELDS, purpose=f"oversight award {award.ref}", by=by, at=at, reason=reason.strip()
    )
    return [Shown(LABELS[field], values[field]) for field in AWARD_FIELDS if values[field]]


def reveal_donor(gift: Gift, *, reason: str, by: Any, at: datetime) -> list[Shown]:
    """The donor of a gift."""
    _check(reason)
    permissions.require(
        by, "oversight.reveal_identity", organisation=gift.organisation, on=timezone.localtime(at).date()
    )
    audit.log_read(
        by=by,
        at=at,
        purpose=f"oversight: {reason.strip()}",
        subject=("gift", gift.ref),
        fields=("name", "email"),
        organisation_ref=gift.organisation.ref,
    )
    shown = (("name", gift.donor_name), ("email", gift.email))
    return [Shown(LABELS[field], value) for field, value in shown if value]


def _check(reason: str) -> None:
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused("reason_missing", _r("Say in a few words why you need to know; it is kept with your name."))
