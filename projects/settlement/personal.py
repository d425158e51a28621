"""What settlement keeps about a donor: the cells of raw rows that named somebody."""

from datetime import datetime
from typing import Any

from projects.audit import actions as audit
from projects.giving.models import Donor
from projects.giving.personal import Facts, Keeper, kept_by
from projects.settlement.models import RawRow, SettlementRow


def copy(donor: Donor) -> Facts:
    return [{"file": row.file.ref, "row": row.number, "cells": row.person} for row in _rows(donor)]


def erase(donor: Donor, *, by: Any, at: datetime) -> None:
    """Blank the cells and their salt; the row's digest stands without them."""
    for row in _rows(donor):
        if RawRow.objects.filter(pk=row.pk).exclude(person="", salt="").update(person="", salt=""):
            audit.record(
                by=by,
                at=at,
                event="settlement_row.person_erased",
                subject=("settlement_file", row.file.ref),
                organisation_ref=row.file.organisation.ref,
                facts={"row": row.number},
            )


def register() -> None:
    kept_by(Keeper("platform_rows", copy=copy, erase=erase))


def _rows(donor: Donor) -> list[RawRow]:
    found: list[RawRow] = []
    for file_id, number in SettlementRow.objects.filter(gift__donor=donor).values_list("file_id", "number"):
        found += RawRow.objects.select_related("file__organisation").filter(file_id=file_id, number=number)
    return found
