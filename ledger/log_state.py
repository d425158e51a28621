"""The log's memory outside the database: the last checkpoint that was signed, and evidence of what was refused.

A database can be restored to yesterday; what strangers hold cannot. So the last signed checkpoint lies in a file, and
the next one must extend it. Keep the folder on another disk than the database and its copies (``LOG_STATE_DIR``).
"""

import os
import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings

LAST = "last-checkpoint"
EVIDENCE = "evidence"


def folder() -> Path:
    """Where the memory lies."""
    return Path(settings.LOG_STATE_DIR)


def read_text(path: Path) -> str:
    """What a file holds, or nothing."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def write_text(path: Path, text: str) -> None:
    """Write a file so that after a power cut it is the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def last_signed() -> str:
    """The note that was signed last, or nothing."""
    return read_text(folder() / LAST)


def remember(note: str) -> None:
    """Keep the note before anybody sees it."""
    write_text(folder() / LAST, note)


def keep_evidence(under: Path, code: str, *, at: datetime, **texts: str) -> bool:
    """Keep what contradicts itself, once for each contradiction. Whether it was new."""
    for kept in sorted(under.glob(f"*-{code}*")):
        if all(read_text(kept / name) == text for name, text in texts.items()):
            return False
    place = under / f"{at:%Y%m%dT%H%M%S%fZ}-{code}"
    for name, text in texts.items():
        write_text(place / name, text)
    return True
