"""The log as a folder of files that any web server or object store can serve: byte for byte what the views serve.

Only what is new is written. The checkpoint comes last, when everything it promises lies there: whoever reads the folder
meanwhile sees the old checkpoint and all its tiles. Killed at any point, the next run goes on from the old checkpoint.
"""

import os
import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from django.dispatch import Signal

from ledger import checkpoints, log_keys, log_state
from ledger.core.merkle import leaf_hash, stretch_root
from ledger.core.notes import Note, TreeHead
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.core.tiles import ENTRIES, HASH, WIDTH, Tile, encode_bundle, tiles_between
from ledger.tiles import read_tile, stored_nodes
from ledger.transparency import leaf_stream

# Told now and then: how many positions are written, of how many.
Progress = Callable[[int, int], None]
# Sent with ``folder`` and ``size`` before the checkpoint is written: apps above may put files of their own beside it.
exporting = Signal()


def export(folder: Path, *, progress: Progress = lambda done, of: None) -> TreeHead:
    """Bring a folder up to the last checkpoint. What it states now.

    ``log_unsigned``: nothing is signed yet. ``export_foreign``: the folder holds another log, or one that is ahead.
    """
    last = checkpoints.latest()
    if last is None:
        raise Refused("log_unsigned", _r("Nothing of the log is signed yet."))
    head = TreeHead.parse(Note.parse(last.note).text)
    old = _exported(folder, head)
    _write_entries(folder, old, head.size, progress)
    for tile in tiles_between(old, head.size, entries=False):
        if tile.level > 0 and tile.width == WIDTH:
            _write(folder / tile.path, read_tile(tile))
    for tile in checkpoints.published_partials(head.size, head.origin):
        if not (folder / tile.path).exists():
            _write(folder / tile.path, read_tile(tile))
    _write(folder / "vkey", f"{log_keys.signing_keys()[0].verifier}\n".encode())
    _write(folder / "vkeys", "".join(f"{key}\n" for key in log_keys.published_keys()).encode())
    exporting.send(sender=None, folder=folder, size=head.size)
    os.sync()
    _write(folder / "checkpoint", checkpoints.published_text(last).encode())
    _drop_outgrown(folder)
    return head


def _exported(folder: Path, head: TreeHead) -> int:
    """How far the folder has come. It must hold a beginning of this log."""
    text = log_state.read_text(folder / "checkpoint")
    if not text:
        return 0
    there = TreeHead.parse(Note.parse(text).text)
    fits = there.origin == head.origin and there.size <= head.size
    if not fits or stretch_root(stored_nodes(there.size), 0, there.size) != there.root:
        raise Refused(
            "export_foreign",
            _r("%(folder)s holds another log than this one, or a later one. It is left as it is."),
            folder=folder,
        )
    return there.size


def _write_entries(folder: Path, old: int, new: int, progress: Progress) -> None:
    """Full bundles and the full tiles of their hashes, in one pass over the leaves: memory stays flat."""
    first, stop = old // WIDTH, new // WIDTH
    leaves = (leaf for _position, leaf in leaf_stream(first * WIDTH, stop * WIDTH))
    for number in range(first, stop):
        try:
            bundle = list(islice(leaves, WIDTH))
        except (ValueError, TypeError, KeyError):  # an entry of which no leaf can be made any more
            bundle = []
        hashes = b"".join(map(leaf_hash, bundle))
        if len(hashes) != WIDTH * HASH or hashes != read_tile(Tile(0, number)):
            raise Refused(
                "leaf_changed",
                _r(
                    "Entries between positions %(start)s and %(stop)s are not what was published. Run manage.py verify."
                ),
                start=number * WIDTH,
                stop=(number + 1) * WIDTH,
            )
        _write(folder / Tile(ENTRIES, number).path, encode_bundle(bundle))
        _write(folder / Tile(0, number).path, hashes)
        progress(min((number + 1) * WIDTH, new), new)


def _write(path: Path, data: bytes) -> None:
    """The file appears whole or not at all; `os.sync` before the checkpoint makes it last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(data)
    os.replace(draft, path)


def _drop_outgrown(folder: Path) -> None:
    """Partial tiles whose full tile is published (kept for ever they would outweigh the log), and drafts of a kill."""
    for place, _folders, names in os.walk(folder, topdown=False):
        path = Path(place)
        if path.suffix == ".p" and path.with_suffix("").is_file():
            shutil.rmtree(path)
            continue
        for name in names:
            if name.startswith(".") and name.endswith(".draft"):
                (path / name).unlink()
