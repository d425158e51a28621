"""A receipt checked offline: leaf and proof are attached inside the PDF and read with the standard library alone."""

import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ledger.auditor import leaves
from ledger.auditor.keyring import Keyring, open_note, origin_of
from ledger.auditor.report import Report, Stop
from ledger.core.log_proofs import FIRST_LINE, LogProof, check_proof
from ledger.core.money import format_amount
from ledger.core.notes import OpenedCheckpoint
from ledger.core.refusals import Refused

LARGEST_PDF = 20 * 2**20
LARGEST_PART = 2**20
# An attached file: its object's dictionary, then its stream. Length is written out or stands in another object.
_INSIDE = rb"(?:(?!stream\r?\n|endobj).)*?"
_EMBEDDED = re.compile(rb"<<(%b/EmbeddedFile\b%b)>>\s*stream\r?\n" % (_INSIDE, _INSIDE), re.DOTALL)
_END = re.compile(rb"\r?\n?endstream")


def is_pdf(target: str) -> bool:
    """Whether a file is meant as a receipt: by its name, or by its first bytes."""
    path = Path(target)
    if target.lower().endswith(".pdf") and not target.startswith(("http://", "https://")):
        return True
    try:
        with path.open("rb") as file:
            return file.read(5) == b"%PDF-"
    except OSError:
        return False


def attachments(pdf: bytes) -> Iterator[bytes]:
    """The files inside a PDF. ``ValueError`` where one of them is damaged."""
    for found in _EMBEDDED.finditer(pdf):
        end = _END.search(pdf, found.end())
        if end is None:
            raise ValueError("an attachment does not end")
        raw = pdf[found.end() : end.start()]
        length = re.search(rb"/Length (\d+)(?! \d+ R)", found[1])
        if length:
            raw = pdf[found.end() : found.end() + int(length[1])]
        if b"/FlateDecode" in found[1]:
            opened = zlib.decompressobj()
            try:
                raw = opened.decompress(raw, LARGEST_PART)
            except zlib.error as error:
                raise ValueError(f"an attachment is damaged: {error}") from error
            if not opened.eof:
                raise ValueError("an attachment is cut short or too large")
        yield raw


def check(path: Path, keyring: Keyring, report: Report, say: Callable[..., None]) -> None:
    """Check a receipt's proof and say what its leaf says. Findings go to the report."""
    leaf, proof = _parts(path, report)
    origin = origin_of(proof.checkpoint, report)
    key = keyring.key_for(origin, None, report)
    if key.name != origin:
        report.add("origin_other", origin=origin, name=key.name)
        raise Stop
    opened = open_note(proof.checkpoint, key, keyring, report)
    try:
        check_proof(proof, leaf, [key])
    except Refused as refused:
        report.add("proof_wrong", why=refused)
        raise Stop from None
    value = _entry(leaf, report)
    fund, _debit, _credit, amount, currency = value["lines"][0]
    say("key_" + keyring.came_from, vkey=key)
    say("receipt", at=proof.index, origin=origin, size=f"{opened.head.size:,}")
    say(
        "receipt_leaf",
        kind=value["kind"],
        amount=format_amount(amount, currency),
        day=value["on"],
        book=value["book"],
        fund=fund,
        document=value["doc"][1],
    )
    _against_memory(opened, keyring, report)
    report.note("receipt_later")
    report.note("receipt_never")


def _parts(path: Path, report: Report) -> tuple[bytes, LogProof]:
    try:
        pdf = path.read_bytes()
        if not pdf.startswith(b"%PDF-") or b"%%EOF" not in pdf[-1024:] or len(pdf) > LARGEST_PDF:
            raise ValueError("it is no PDF, or not a whole one")
        files = list(attachments(pdf))
    except (OSError, ValueError) as error:
        report.add("pdf_unreadable", why=error)
        raise Stop from None
    proofs = [raw for raw in files if raw.startswith(FIRST_LINE.encode())]
    found = [raw for raw in files if raw.startswith(b'{"book":')]
    if not proofs and not found:
        report.add("pdf_no_proof")
        raise Stop
    if len(proofs) != 1 or len(found) != 1:
        report.add("pdf_unreadable", why="it should hold one leaf and one proof, and nothing twice")
        raise Stop
    try:
        return found[0], LogProof.parse(proofs[0])
    except Refused as refused:
        report.add("proof_wrong", why=refused)
        raise Stop from None


def _entry(leaf: bytes, report: Report) -> dict[str, Any]:
    try:
        value = leaves.parse(leaf)
    except leaves.NotCanonical:
        value = {}
    if not value or leaves.fault_of(value) or "kind" not in value:
        report.add("proof_leaf")
        raise Stop
    return value


def _against_memory(opened: OpenedCheckpoint, keyring: Keyring, report: Report) -> None:
    """The same size with another root is a fork; other sizes can only be compared on the log itself."""
    if keyring.seen is not None and keyring.seen.size == opened.head.size:
        if keyring.seen.root != opened.head.root.hex():
            report.add("proof_forked", size=opened.head.size)
    else:
        report.note("receipt_first")
