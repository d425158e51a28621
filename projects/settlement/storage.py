"""Where files lie until they are taken in: beside the database, outside everything that is served by address.

They name people, so none is kept longer than it is needed: the raw rows hold all of it, and can be blanked one by one.
"""

import hashlib
from pathlib import Path
from typing import IO

from django.conf import settings

PIECE = 1 << 20


def _path(sha256: str, ref: str) -> Path:
    return Path(settings.VAR_DIR) / "settlement" / f"{ref}-{sha256[:16]}"


def digest_of(file: IO[bytes]) -> tuple[str, int]:
    """SHA-256 of all bytes, and how many they are."""
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := file.read(PIECE):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def keep(file: IO[bytes], *, sha256: str, ref: str) -> None:
    path = _path(sha256, ref)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.seek(0)
    with path.open("wb") as target:
        path.chmod(0o600)
        while piece := file.read(PIECE):
            target.write(piece)


def opened(*, sha256: str, ref: str) -> IO[bytes]:
    return _path(sha256, ref).open("rb")


def forget(*, sha256: str, ref: str) -> None:
    _path(sha256, ref).unlink(missing_ok=True)
