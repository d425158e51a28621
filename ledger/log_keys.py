"""The log's keys: the secret lies in a file, never in the database; what was public once stays listed.

A key is named after the log's origin. A log changes its key by a notice in the log itself (``KEY_CHANGE``), so whoever
held the old one finds the new one where nobody could put it in silence.
"""

import json
import os
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from ledger.core.notes import COSIGNATURE_V1, ED25519, SigningKey, VerifierKey
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.models import LogLeaf

KEY_CHANGE = "KEY_CHANGE"


def new_key(path: Path, name: str, kind: int) -> SigningKey:
    """Make a key in a file that only its owner may read; refused when the file is there. Of two makers one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)  # 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(SigningKey(name, kind, secrets.token_bytes(32)).secret_text() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        raise Refused("key_file_taken", _r("%(path)s is there already; a key is not overwritten."), path=path) from None
    finally:
        os.unlink(draft)
    return read_key(path, kind)


def read_key(path: Path, kind: int) -> SigningKey:
    """The key of a file."""
    try:
        text = path.read_text()
    except OSError as error:
        raise Refused(
            "key_unreadable", _r("The key file %(path)s cannot be read: %(fault)s."), path=path, fault=error.strerror
        ) from None
    key = SigningKey.parse(text)
    if key.kind != kind:
        raise Refused(
            "key_kind", _r("The key in %(path)s is of the other kind: a log signs, a witness cosigns."), path=path
        )
    return key


def _paths() -> list[Path]:
    return [Path(name.strip()) for name in settings.LOG_KEY_FILE.split(",") if name.strip()]


def signing_keys() -> list[SigningKey]:
    """The keys that sign: the current one first, and during a handover the one before it."""
    paths = _paths()
    if not paths:
        raise Refused("key_missing", _r("The log has no key: set LOG_KEY_FILE, see manage.py log_key."))
    if (settings.DEMO or settings.DEBUG) and not paths[0].exists():
        with suppress(Refused):  # another process was quicker
            new_key(paths[0], settings.LOG_ORIGIN, ED25519)
    keys = [read_key(path, ED25519) for path in paths]
    if len({key.name for key in keys}) > 1:
        raise Refused("key_names", _r("The keys in LOG_KEY_FILE are of different logs."))
    return keys


def witness_key() -> SigningKey:
    """The key with which this site witnesses other logs."""
    if not settings.LOG_WITNESS_KEY_FILE:
        raise Refused("witness_key_missing", _r("This site has no witness's key: set LOG_WITNESS_KEY_FILE."))
    return read_key(Path(settings.LOG_WITNESS_KEY_FILE), COSIGNATURE_V1)


def known_witnesses() -> list[VerifierKey]:
    """Whose cosignatures this log takes."""
    return [VerifierKey.parse(text.strip()) for text in settings.LOG_WITNESSES.split(",") if text.strip()]


# ---- what was announced in the log ----


def announced() -> list[tuple[str, str]]:
    """The changes of keys that have their place in the log: (old, new), in log order."""
    rows = LogLeaf.objects.filter(notice__kind=KEY_CHANGE).order_by("position")
    facts = [json.loads(text) for text in rows.values_list("notice__facts", flat=True)]
    return [(fact["old"], fact["new"]) for fact in facts]


def all_keys() -> list[VerifierKey]:
    """The current key first, then every announced one back in time, also those of an origin that was left."""
    found = [key.verifier for key in signing_keys()]
    for pair in reversed(announced()):
        found += [VerifierKey.parse(text) for text in reversed(pair)]
    return list(dict.fromkeys(found))


def published_keys() -> list[VerifierKey]:
    """Every key of this log that a checkpoint may bear: the current one first, then back in time."""
    keys = all_keys()
    return [key for key in keys if key.name == keys[0].name]


def check_succession(before: Sequence[VerifierKey], keys: Sequence[SigningKey]) -> None:
    """Whether these keys may sign after those: each goes on, or the log announced it."""
    now = {str(key.verifier) for key in keys}
    reached = {str(key) for key in before}
    for old, new in announced():
        if old in reached:
            reached.add(new)
    if not now <= reached:
        raise Refused(
            "key_unannounced",
            _r("The log never announced this key: run manage.py log_key --announce while the old one signs."),
        )
