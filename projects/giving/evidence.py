"""Slips and invoices of gifts by hand: PDF or photograph, kept beside the database, outside what is served."""

import hashlib
from pathlib import Path

from django.conf import settings

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

LARGEST = 10_000_000
# What a file begins with, and what it is then.
KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def kind_of(file: bytes) -> str:
    """The type by the file's first bytes, not by what its name says. Refused: none, too large, another kind."""
    if not file:
        raise Refused("evidence_missing", _r("Add the document that proves it, as a PDF or a photograph."))
    if len(file) > LARGEST:
        raise Refused("evidence_too_large", _r("The file is larger than 10 MB."))
    for head, kind in KINDS.items():
        if file.startswith(head):
            return kind
    raise Refused("evidence_kind", _r("Only PDF, PNG and JPEG files are taken."))


def digest_of(file: bytes) -> str:
    """SHA-256, in hexadecimal figures."""
    return hashlib.sha256(file).hexdigest()


def keep(ref: str, file: bytes) -> None:
    path = _path(ref)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file)
    path.chmod(0o600)


def fetch(ref: str) -> bytes:
    """The bytes as they lie there. Refused where they are gone."""
    try:
        return _path(ref).read_bytes()
    except FileNotFoundError:
        raise Refused("evidence_gone", _r("The evidence cannot be found. Refuse the gift and enter it anew.")) from None


def _path(ref: str) -> Path:
    return Path(settings.VAR_DIR) / "gift-evidence" / ref
