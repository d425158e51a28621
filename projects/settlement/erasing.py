"""Taking a person out of a raw row: the cells that may name somebody are blanked, the row and its digest stand."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.settlement.models import RawRow


def erase_person(raw: RawRow, *, reason: str, by: Any, at: datetime) -> None:
    """Blank the person's cells and their salt, for ever. What was posted, counted and digested does not change."""
    organisation = raw.file.organisation
    require(by, "settlement.import", organisation=organisation, on=localtime(at).date())
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    with transaction.atomic():
        blanked = RawRow.objects.filter(pk=raw.pk).exclude(person="", salt="").update(person="", salt="")
        if blanked:
            audit.record(
                by=by,
                at=at,
                event="settlement_row.person_erased",
                subject=("settlement_file", raw.file.ref),
                organisation_ref=organisation.ref,
                reason=reason.strip(),
                facts={"row": raw.number},
            )
    raw.refresh_from_db()
