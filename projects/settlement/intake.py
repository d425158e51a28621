"""A file arrives: looked at first, taken in when somebody says so, or thrown away."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from typing import IO, Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.settlement import storage
from projects.settlement.mapping import FileMapping, read_mapping, shipped_mapping
from projects.settlement.models import OwnMapping, SettlementFile
from projects.settlement.parsing import NormalRow, Parser
from projects.settlement.reading import Record, records
from projects.settlement.states import FILE_MOVES
from projects.settlement.words import FileState

PREVIEWED = 20
# The currency in which every book is opened; a file in another one has no fund to go to.
BOOKS_CURRENCY = "CNY"
_record = audit.recorder("settlement_file", organisation="organisation.ref")


def mapping_for(organisation: Any, code: str) -> FileMapping:
    """A shipped mapping or one of the charity's own."""
    shipped = shipped_mapping(code)
    if shipped is not None:
        return shipped
    own = OwnMapping.objects.filter(organisation=organisation, code=code).first()
    if own is None:
        raise Refused("mapping_unknown", _r("There is no mapping with this name."))
    return read_mapping(own.text)


def add_mapping(organisation: Any, *, text: str, by: Any, at: datetime) -> OwnMapping:
    """Keep a mapping of the charity's own. It is never edited: a better one gets a new code."""
    require(by, "settlement.import", organisation=organisation, on=localtime(at).date())
    mapping = read_mapping(text)
    taken = Refused("mapping_taken", _r("This code is taken. Give the new mapping another one."))
    if shipped_mapping(mapping.code) is not None:
        raise taken
    try:
        with transaction.atomic():
            own = OwnMapping.objects.create(
                organisation=organisation, code=mapping.code, text=text, added_by_ref=by.ref, added_at=at
            )
            audit.record(
                by=by,
                at=at,
                event="settlement_mapping.added",
                subject=("settlement_mapping", mapping.code),
                organisation_ref=organisation.ref,
            )
    except IntegrityError as error:
        raise taken from error
    return own


def preview(file: IO[bytes], mapping: FileMapping, limit: int = PREVIEWED) -> list[tuple[Record, NormalRow]]:
    """The first rows of a file, raw and in normal form. Nothing is written."""
    parser = Parser(mapping)
    with closing(records(file, mapping)) as rows:
        found = [(record, parser.normal(record)) for record in islice(rows, limit)]
    if not found:
        raise Refused("file_empty", _r("There are no rows under the heading."))
    return found


def receive_file(
    organisation: Any,
    *,
    file: IO[bytes],
    file_name: str,
    mapping_code: str,
    by: Any,
    at: datetime,
    project: Any = None,
    batch_ref: str = "",
    stated_rows: int | None = None,
    stated_minor: int | None = None,
) -> SettlementFile:
    """Keep a file to be looked at. The same bytes again give the file that is there already."""
    require(by, "settlement.import", organisation=organisation, on=localtime(at).date())
    if not organisation.book_code:
        raise Refused("book_missing", _r("This charity has no books yet."))
    mapping = mapping_for(organisation, mapping_code)
    if mapping.currency != BOOKS_CURRENCY:
        raise Refused("currency_not_in_books", _r("The books are not kept in this file's currency."))
    if project is not None and project.organisation_id != organisation.pk:
        raise Refused("project_of_another", _r("This project belongs to another charity."))
    sha256, size = storage.digest_of(file)
    standing = SettlementFile.objects.filter(organisation=organisation, sha256=sha256).exclude(
        state=FileState.DISCARDED
    )
    known = standing.first()
    if known is not None:
        return known
    preview(file, mapping, 1)
    row = SettlementFile(
        organisation=organisation,
        project=project,
        source=mapping.source,
        provider=mapping.provider,
        mapping_code=mapping.code,
        mapping_text=mapping.text,
        file_name=file_name[:120],
        sha256=sha256,
        size_bytes=size,
        currency=mapping.currency,
        batch_ref=batch_ref.strip()[:64],
        stated_rows=stated_rows,
        stated_minor=stated_minor,
        received_by_ref=by.ref,
        received_at=at,
    )
    storage.keep(file, sha256=sha256, ref=row.ref)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _record(row, "settlement_file.received", by=by, at=at, facts={"sha256": sha256, "mapping": mapping.code})
    except IntegrityError:
        # The same bytes came twice at once: whoever committed first has kept them for both.
        storage.forget(sha256=sha256, ref=row.ref)
        known = standing.first()
        if known is None:
            raise
        return known
    return row


def preview_file(file: SettlementFile) -> list[tuple[Record, NormalRow]]:
    """The first rows of a file that waits."""
    with opened(file) as stream:
        return preview(stream, read_mapping(file.mapping_text))


def start_import(file: SettlementFile, *, by: Any, at: datetime) -> SettlementFile:
    """Let the import begin: `importing.import_rows` does the work, in the background. Started twice is started once."""
    require(by, "settlement.import", organisation=file.organisation, on=localtime(at).date())
    with transaction.atomic():
        started = SettlementFile.objects.filter(pk=file.pk, state=FileState.RECEIVED).update(
            state=FileState.MEASURING, started_by_ref=by.ref, started_at=at, progress_at=at
        )
        if started:
            _record(file, FILE_MOVES[FileState.RECEIVED, FileState.MEASURING], by=by, at=at)
    file.refresh_from_db()
    return file


def measure(file: SettlementFile, *, by: Any, at: datetime) -> None:
    """Read the whole file once for its control totals, before the first row is taken in."""
    rows, total = _measured(file)
    with transaction.atomic():
        measured = SettlementFile.objects.filter(pk=file.pk, state=FileState.MEASURING).update(
            state=FileState.IMPORTING, rows_total=rows, total_minor=total, progress_at=at
        )
        if measured:
            event = FILE_MOVES[FileState.MEASURING, FileState.IMPORTING]
            _record(file, event, by=by, at=at, facts={"rows": rows, "total_minor": total})
    file.refresh_from_db()


def _measured(file: SettlementFile) -> tuple[int, int]:
    """How many rows the file has and what they come to, counted by a reading of its own."""
    parser = Parser(read_mapping(file.mapping_text))
    rows = total = 0
    with opened(file) as stream, closing(records(stream, parser.mapping)) as found:
        for net in map(parser.net_minor, found):
            rows += 1
            total += net
    return rows, total


def discard_file(file: SettlementFile, *, by: Any, at: datetime) -> SettlementFile:
    """Throw a file away before anything of it was taken in. It can be sent again."""
    require(by, "settlement.import", organisation=file.organisation, on=localtime(at).date())
    with transaction.atomic():
        gone = SettlementFile.objects.filter(pk=file.pk, state=FileState.RECEIVED).update(
            state=FileState.DISCARDED, ended_at=at
        )
        if not gone:
            raise Refused("file_moved_on", _r("This file has moved on in the meantime. Look at it again."))
        _record(file, FILE_MOVES[FileState.RECEIVED, FileState.DISCARDED], by=by, at=at)
        transaction.on_commit(lambda: storage.forget(sha256=file.sha256, ref=file.ref))
    file.refresh_from_db()
    return file


@contextmanager
def opened(file: SettlementFile) -> Iterator[IO[bytes]]:
    """The file's bytes, or a refusal when they are not kept any more."""
    try:
        stream = storage.opened(sha256=file.sha256, ref=file.ref)
    except FileNotFoundError as error:
        raise Refused("file_gone", _r("The file itself is not kept here any more. Its rows are.")) from error
    with stream:
        yield stream
