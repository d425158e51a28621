"""Witnessing another site's log: it must have grown from what this site saw of it last; then this site says so, signed.

What was seen is kept in files beside the log's own memory, one folder a log. A log that shows something else than it
showed before is refused for ever, and both checkpoints are kept: together they prove it, to anybody.
"""

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ledger import log_state
from ledger.core.merkle import check_consistency, prove_consistency_from, stretch_root
from ledger.core.notes import Note, OpenedCheckpoint, SigningKey, TreeHead, VerifierKey, open_checkpoint
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.core.tiles import Tile, nodes_from

# A file of the log by its path, None when the log says that it is not there.
Fetch = Callable[[str], bytes | None]

VKEY, SEEN = "vkey", "seen.checkpoint"
# Refusals that are not a fault of the line but of the log: both sides are kept.
LIES = frozenset({"log_rewound", "log_forked"})


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What was cosigned: the note with this witness's line alone, and whether the log was new here."""

    head: TreeHead
    note: str
    first: bool


def witness(fetch: Fetch, key: SigningKey, *, folder: Path, vkey: str | None, at: datetime) -> Witnessed:
    """Check a log against what was seen of it before, remember it, and cosign it.

    ``log_rewound``, ``log_forked``: it contradicts itself, evidence is kept. ``vkey_needed``: the first time somebody
    has to say which key is the log's. ``log_incomplete``: its tiles do not show that it grew.
    """
    raw = _needed(fetch, "checkpoint").decode("utf-8", "replace")
    origin = TreeHead.parse(Note.parse(raw).text).origin
    place = folder / hashlib.sha256(origin.encode()).hexdigest()[:32]
    with _alone(place):
        opened = _open(raw, origin, place, vkey)
        seen = log_state.read_text(place / SEEN)
        try:
            _check_growth(fetch, seen, opened.head)
        except Refused as refused:
            if refused.code in LIES:
                texts = {"seen.checkpoint": seen, "shown.checkpoint": raw, "why": f"{refused}\n"}
                log_state.keep_evidence(place / log_state.EVIDENCE, refused.code, at=at, **texts)
            raise
        line = key.cosign(opened.note.text, second=int(at.timestamp()))
        log_state.write_text(place / VKEY, f"{_pin(place, vkey)}\n")
        log_state.write_text(place / SEEN, raw)  # kept before anybody is told
    return Witnessed(opened.head, str(Note(opened.note.text, (line,))), first=not seen)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """One at a time: of two, the slower must see what the quicker has signed."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _pin(place: Path, given: str | None) -> str:
    return (given or log_state.read_text(place / VKEY)).strip()


def _open(raw: str, origin: str, place: Path, given: str | None) -> OpenedCheckpoint:
    """The checkpoint by the key that was pinned. Another key takes its place only where both have signed."""
    pinned = log_state.read_text(place / VKEY).strip()
    if not pinned and not given:
        raise Refused(
            "vkey_needed",
            _r("This site has not seen %(origin)s before: give its public key, from a source you trust, with --vkey."),
            origin=origin,
        )
    for text in {pinned or str(given), given or pinned}:
        opened = open_checkpoint(raw, [VerifierKey.parse(text.strip())])
    return opened


def _check_growth(fetch: Fetch, seen: str, now: TreeHead) -> None:
    if not seen:
        if stretch_root(_nodes(fetch, now.size), 0, now.size) != now.root:
            raise _incomplete()
        return
    before = TreeHead.parse(Note.parse(seen).text)
    if now.size < before.size:
        raise Refused(
            "log_rewound",
            _r("The log showed %(before)s entries before and shows %(now)s now. Nothing is signed; both are kept."),
            before=before.size,
            now=now.size,
        )
    if now.size == before.size:
        if now.root != before.root:
            raise _forked(before)
        return
    nodes = _nodes(fetch, now.size)
    proof = prove_consistency_from(nodes, before.size, now.size)
    if stretch_root(nodes, 0, now.size) != now.root:
        raise _incomplete()
    if not check_consistency(proof, before.size, now.size, before.root, now.root):
        raise _forked(before)


def _forked(before: TreeHead) -> Refused:
    return Refused(
        "log_forked",
        _r("The log is not the one that this site saw at %(before)s entries. Nothing is signed; both are kept."),
        before=before.size,
    )


def _incomplete() -> Refused:
    return Refused("log_incomplete", _r("The log's tiles do not make the root that it signed."))


def _nodes(fetch: Fetch, size: int) -> Callable[[int, int], bytes]:
    def read(tile: Tile) -> bytes:
        """A partial tile may have been outgrown meanwhile: its beginning is that of the full one."""
        raw = fetch(tile.path)
        if raw is None and tile != tile.full:
            raw = _needed(fetch, tile.full.path)[: tile.width * 32]
        if raw is None:
            raise _missing(tile.path)
        return raw

    return nodes_from(read, size)


def _needed(fetch: Fetch, path: str) -> bytes:
    raw = fetch(path)
    if raw is None:
        raise _missing(path)
    return raw


def _missing(path: str) -> Refused:
    return Refused("log_file_missing", _r("The log does not have %(path)s."), path=path)
