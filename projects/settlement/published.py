"""Statements of completeness as the public reads them: what the notice of each complete file says in the log.

Nothing is counted here, so that page, interface and log cannot differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from ledger import transparency
from projects.settlement.models import GiftsBrought, SettlementFile


@dataclass(frozen=True, slots=True)
class Statement:
    """One notice ``SETTLEMENT_COMPLETE``. Sums are minor units after fees, + came in, − went out, by the rows' states.

    ``position`` is the notice's place in the log, None until it has one; ``digest`` is the SHA-256 of the file's bytes.
    """

    ref: str
    organisation: Any
    book: str
    on: date
    position: int | None
    source: str
    digest: str
    currency: str
    rows: int
    total: int
    counts: dict[str, int]
    totals: dict[str, int]


def complete_files(*, book: str = "") -> QuerySet[SettlementFile]:
    """Files whose statement is published, the newest first; of one charity, by its book."""
    files = SettlementFile.objects.filter(notice_id__isnull=False).select_related("organisation")
    if book:
        files = files.filter(organisation__book_code=book)
    return files.order_by("-received_at", "-pk")


def files_of_project(project: Any) -> QuerySet[SettlementFile]:
    """Files whose statement is published and that brought gifts to a project, the newest first.

    Each carries `gifts` and `gifts_minor`, what it brought there: a number and a sum before fees, in minor units.
    """
    brought = GiftsBrought.objects.filter(file=OuterRef("pk"), project=project)
    files = complete_files().filter(pk__in=GiftsBrought.objects.filter(project=project).values("file"))
    return files.annotate(
        gifts=Subquery(brought.values("gifts")[:1]), gifts_minor=Subquery(brought.values("gifts_minor")[:1])
    )


def files_after(ref: str, *, book: str = "") -> QuerySet[SettlementFile]:
    """The same, from behind the file that was shown last; all of them where no file has this reference."""
    files = complete_files(book=book)
    last = SettlementFile.objects.filter(ref=ref).first() if ref else None
    if last is None:
        return files
    return files.filter(Q(received_at__lt=last.received_at) | Q(received_at=last.received_at, pk__lt=last.pk))


def statements(files: Sequence[SettlementFile]) -> list[Statement]:
    """What the log says of these files, in their order."""
    ids = [file.notice_id for file in files if file.notice_id]
    said, places = transparency.sealed_notices(ids), transparency.positions_of_notices(ids)
    return [_statement(file, said[file.notice_id], places.get(file.notice_id)) for file in files if file.notice_id]


def _statement(file: SettlementFile, notice: Any, position: int | None) -> Statement:
    facts = notice.facts
    return Statement(
        ref=file.ref,
        organisation=file.organisation,
        book=notice.book,
        on=notice.effective_on,
        position=position,
        **{name: facts[name] for name in ("source", "digest", "currency", "rows", "total", "counts", "totals")},
    )
