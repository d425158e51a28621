"""A donor's copy of their own data: one ZIP with everything as JSON, and the same as a page to read."""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ledger.core.money import format_amount
from projects.access.actors import SystemActor
from projects.audit import actions as audit
from projects.giving import personal
from projects.giving.models import Donor

TITLES = {
    "donor": _("You"),
    "gifts": _("Your gifts"),
    "regular_gifts": _("Your regular gifts"),
    "receipts": _("Your receipts"),
    "entered_by_hand": _("Gifts in cash that staff wrote down"),
    "platform_rows": _("Rows of platforms' files that named you"),
    "payment_messages": _("Messages of the payment provider about your payments"),
    "sign_ins": _("Your sign-ins"),
}


def archive(donor: Donor, *, at: datetime) -> bytes:
    """The ZIP. That it was made is on record; what is in it is not."""
    with transaction.atomic():
        everything = personal.copy_of(donor)
        audit.record(
            by=SystemActor(f"donor:{donor.ref}"), at=at, event="donor.data_copied", subject=("donor", donor.ref)
        )
    page = {"sections": [_section(name, value) for name, value in everything.items()], "at": at}
    page["language"] = get_language()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive_file:
        archive_file.writestr("data.json", json.dumps(everything, ensure_ascii=False, indent=1))
        archive_file.writestr("readable.html", render_to_string("donors/own_data.html", page))
    return packed.getvalue()


def _section(name: str, value: Any) -> dict[str, Any]:
    rows = value if isinstance(value, list) else [value]
    return {"title": TITLES.get(name, name), "rows": [list(_read(row)) for row in rows]}


def _read(row: dict[str, Any]) -> Any:
    """One thing as pairs to read: amounts as money, nested things as their JSON."""
    for name, value in row.items():
        if name.endswith("_minor"):
            yield name.removesuffix("_minor").replace("_", " "), format_amount(value, row["currency"])
        elif isinstance(value, dict | list):
            yield name.replace("_", " "), json.dumps(value, ensure_ascii=False, indent=1)
        elif value not in ("", None):
            yield name.replace("_", " "), value
