"""Where statements of many donors lie: each by itself while they are drawn, then as one ZIP until it expires.

They name people: the folder is outside everything that is served by address, and nothing in it outlives its batch.
Whatever is written appears whole or not at all: it is written beside and moved into place.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO
from zipfile import ZIP_STORED, ZipFile

from django.conf import settings

PIECE = 1 << 20


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "statements"


def _drawing(ref: str, number: int) -> Path:
    return _folder() / ref / f"{number}.pdf"


def _zip(ref: str) -> Path:
    return _folder() / f"{ref}.zip"


def keep(ref: str, number: int, pdf: bytes) -> None:
    path = _drawing(ref, number)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(pdf)
    draft.replace(path)


def has(ref: str, number: int) -> bool:
    """Whether a drawing lies there; an empty one is what a power cut leaves."""
    path = _drawing(ref, number)
    return path.is_file() and path.stat().st_size > 0


def pack(ref: str, *, files: Iterable[tuple[str, int]], index: bytes) -> tuple[int, str]:
    """One ZIP of (name in it, number of the drawing), piece by piece; its size in bytes and its SHA-256.

    A PDF is compressed already: it is stored as it is.
    """
    _folder().mkdir(parents=True, exist_ok=True)  # where none could be drawn, nothing lies there yet
    draft = _zip(ref).with_suffix(f".{os.getpid()}")
    with draft.open("wb") as target:
        draft.chmod(0o600)
        with ZipFile(target, "w", ZIP_STORED) as archive:
            archive.writestr("index.csv", index)
            for name, number in files:
                archive.write(_drawing(ref, number), name)
        target.flush()
        os.fsync(target.fileno())
    draft.replace(_zip(ref))
    return _zip(ref).stat().st_size, _digest(_zip(ref))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def opened(ref: str) -> IO[bytes]:
    return _zip(ref).open("rb")


def forget_drawings(ref: str) -> None:
    shutil.rmtree(_folder() / ref, ignore_errors=True)


def forget(ref: str) -> None:
    """Everything of a batch."""
    forget_drawings(ref)
    _zip(ref).unlink(missing_ok=True)


def forget_all_but(*, whole: set[str], drawings: set[str]) -> None:
    """What a kill left behind goes too. ``whole``: batches whose ZIP stays, ``drawings``: those still being made."""
    for path in _folder().glob("*"):
        if path.is_dir() and path.name not in drawings:
            forget_drawings(path.name)
        elif path.is_file() and path.stem not in (whole if path.suffix == ".zip" else drawings):
            path.unlink(missing_ok=True)
