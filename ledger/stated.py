"""Statements that a book put into the log by their digests, and the same made again from it."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledger.models import LogLeaf, Notice
from ledger.statements import Statement, make


@dataclass(frozen=True, slots=True)
class StatedStatement:
    """A statement that a book put into the log. ``log_index`` is the notice's own place, None while it waits for it."""

    book: str
    statement: str
    form: str
    currency: str
    starts_on: date
    ends_on: date
    position: int
    digest: str
    log_index: int | None

    def again(self) -> Statement:
        """The same statement, made anew from the log."""
        return make(
            self.statement, book=self.book, currency=self.currency, starts_on=self.starts_on, ends_on=self.ends_on,
            position=self.position, form=self.form,
        )  # fmt: skip


def stated(*, book: str | None = None) -> list[StatedStatement]:
    """What a book (or all books) put into the log, in the order it was said."""
    rows = Notice.objects.filter(kind="STATEMENT").select_related("book").order_by("recorded_at", "id")
    rows = rows if book is None else rows.filter(book__code=book)
    places = dict(LogLeaf.objects.filter(notice_id__in=[row.id for row in rows]).values_list("notice_id", "position"))
    return [_stated(row.book.code, json.loads(row.facts), places.get(row.id)) for row in rows]


def _stated(book: str, facts: dict[str, Any], place: int | None) -> StatedStatement:
    starts_on, ends_on = date.fromisoformat(facts["starts"]), date.fromisoformat(facts["ends"])
    return StatedStatement(
        book, facts["statement"], facts["form"], facts["currency"], starts_on, ends_on, facts["position"],
        facts["digest"], place,
    )  # fmt: skip
