"""A case list comes in two steps: looked at, then taken in. The same file, or the same line, twice adds nothing."""

from datetime import datetime
from itertools import islice
from typing import BinaryIO

from django.db import transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit

from .. import imports, intake
from ..columns import mask
from ..intake import Reading, Verdict
from ..models import CaseFile, CaseFileError
from ..sealing import keyring
from .cases import correct_case, open_case

State = CaseFile.State
BATCH = 100


def import_cases(stream: BinaryIO, *, organisation, source: str, file_name: str, by, at: datetime) -> CaseFile:
    """Look at the list and take in what is good, in one go. Known bytes are answered with the file they were."""
    file = preview_case_file(stream, organisation=organisation, source=source, file_name=file_name, by=by, at=at)
    return commit_case_file(file, by=by, at=at) if file.state == State.PREVIEWED else file


@transaction.atomic
def preview_case_file(stream: BinaryIO, *, organisation, source: str, file_name: str, by, at: datetime) -> CaseFile:
    """Keep the bytes sealed and say what would happen to each line. Nothing is taken in yet."""
    require(by, "relief.intake", organisation=organisation, on=localtime(at).date())
    keys = keyring(organisation, at=at)
    file = CaseFile.objects.create(
        organisation=organisation,
        source=source.strip()[:32],
        file_name=file_name[-200:],
        state=State.DISCARDED,  # until its bytes are known: two uploads may turn out to be one file
        uploaded_by_ref=by.ref,
        uploaded_at=at,
    )
    file.content_hash, file.encoding = imports.seal_in(file, stream, keys)
    twins = CaseFile.objects.filter(organisation=organisation, source=file.source, content_hash=file.content_hash)
    if before := twins.exclude(state=State.DISCARDED).first():
        file.delete()
        return before
    reading = intake.begin(file, keys, at=at)
    lines = imports.lines(file, keys)
    while batch := list(islice(lines, BATCH)):
        _keep_errors(file, batch, reading.judge([cells for _line, cells in batch]))
    _close(reading, State.ABORTED if reading.has_too_many_duplicates else State.PREVIEWED)
    _record(file, f"case_file.{file.state.lower()}", by=by, at=at)
    return file


def commit_case_file(file: CaseFile, *, by, at: datetime) -> CaseFile:
    """Take the good lines in, a hundred at a time. Stopped half-way, it is simply called again."""
    require(by, "relief.intake", organisation=file.organisation, on=localtime(at).date())
    if file.state != State.PREVIEWED:
        raise Refused("file_not_waiting", _r("This file is not waiting to be taken in."))
    keys = keyring(file.organisation, at=at)
    reading = intake.begin(file, keys, at=at)
    file.errors.all().delete()
    lines = imports.lines(file, keys)
    while batch := list(islice(lines, BATCH)):
        with transaction.atomic():
            verdicts = reading.judge([cells for _line, cells in batch])
            for verdict in verdicts:
                _take_in(reading, verdict, by=by, at=at)
            _keep_errors(file, batch, verdicts)
    with transaction.atomic():
        claimed = CaseFile.objects.filter(pk=file.pk, state=State.PREVIEWED).update(
            state=State.COMMITTED, committed_by_ref=by.ref, committed_at=at
        )
        if not claimed:
            raise Refused("stale_version", _r("Somebody else changed this in the meantime. Look at it again."))
        file.refresh_from_db()
        _close(reading, State.COMMITTED)
        _record(file, "case_file.committed", by=by, at=at)
    return file


@transaction.atomic
def discard_case_file(file: CaseFile, *, by, at: datetime) -> None:
    """Throw a previewed file away; the same bytes may then be sent again."""
    require(by, "relief.intake", organisation=file.organisation, on=localtime(at).date())
    changed = CaseFile.objects.filter(pk=file.pk, state__in=[State.PREVIEWED, State.ABORTED]).update(
        state=State.DISCARDED
    )
    if not changed:
        raise Refused("file_not_waiting", _r("This file is not waiting to be taken in."))
    file.refresh_from_db()
    file.chunks.all().delete()
    _record(file, "case_file.discarded", by=by, at=at)


def _take_in(reading: Reading, verdict: Verdict, *, by, at: datetime) -> None:
    if verdict.record is None:
        return
    if verdict.case is None:
        open_case(
            verdict.record,
            organisation=reading.file.organisation,
            source=reading.file.source,
            node=verdict.node,
            keys=reading.keys,
            row_hash=verdict.row_hash,
            is_suspect=verdict.is_suspect,
            by=by,
            at=at,
        )
    else:
        correct_case(verdict.case, record=verdict.record, keys=reading.keys, row_hash=verdict.row_hash, by=by, at=at)


def _keep_errors(file: CaseFile, batch: list[tuple[int, dict[str, str]]], verdicts: list[Verdict]) -> None:
    CaseFileError.objects.bulk_create(
        CaseFileError(
            file=file, line=line, column=error.key, code=error.code, masked=mask(error.key, cells.get(error.key, ""))
        )
        for (line, cells), verdict in zip(batch, verdicts, strict=True)
        for error in verdict.errors
    )


def _close(reading: Reading, state: str) -> None:
    """The counts of the pass. The sealed bytes stay only while the file waits to be taken in."""
    file = reading.file
    file.state = state
    file.row_count, file.duplicate_count = reading.rows, reading.duplicates
    file.created_count = reading.outcomes[intake.CREATED]
    file.updated_count = reading.outcomes[intake.UPDATED]
    file.unchanged_count = reading.outcomes[intake.UNCHANGED]
    file.rejected_count = reading.outcomes[intake.REJECTED]
    file.save()
    if state != State.PREVIEWED:
        file.chunks.all().delete()


def _record(file: CaseFile, event: str, *, by, at: datetime) -> None:
    audit.record(
        by=by,
        at=at,
        event=event,
        subject=("case_file", file.ref),
        organisation_ref=file.organisation.ref,
        facts={
            "rows": file.row_count,
            "created": file.created_count,
            "updated": file.updated_count,
            "unchanged": file.unchanged_count,
            "rejected": file.rejected_count,
            "duplicates": file.duplicate_count,
        },
    )
