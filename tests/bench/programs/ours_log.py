"""Our side of the log lines: numbering, and what the floors need to hash the same bytes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from time import perf_counter
from typing import Any

from django.core.management import call_command

from ledger import checkpoints, transparency
from ledger.core.leaves import entry_leaf, notice_leaf
from ledger.models import LogLeaf
from tests.bench.programs.serving import Command, measured


@measured
def sequence() -> dict[str, Any]:
    """Number whatever waits, and sign a checkpoint of it."""
    begun = perf_counter()
    count = transparency.sequence(at=datetime.now(tz=UTC))
    checkpoints.sign(at=datetime.now(tz=UTC))
    return {"seconds": perf_counter() - begun, "count": count}


def leaves(start: int, most: int, path: str) -> dict[str, Any]:
    """Write the leaf bytes from a position on to a file, each behind its length in four bytes."""
    count = 0
    with open(path, "wb") as out:
        for leaf in islice(_leaves_from(start), most):
            out.write(len(leaf).to_bytes(4, "big") + leaf)
            count += 1
    return {"count": count}


def size() -> dict[str, Any]:
    """How many places the log has given."""
    return {"size": transparency.head().size}


def _leaves_from(start: int) -> Iterator[bytes]:
    while rows := list(
        LogLeaf.objects.filter(position__gte=start, position__lt=start + 2_000)
        .order_by("position")
        .values_list("position", "entry_id", "notice_id")
    ):
        entries = transparency.sealed_entries([entry for _position, entry, _notice in rows if entry])
        notices = transparency.sealed_notices([notice for _position, _entry, notice in rows if notice])
        for _position, entry, notice in rows:
            yield entry_leaf(entries[entry]) if entry else notice_leaf(notices[notice])
        start += 2_000


def export(folder: str) -> dict[str, Any]:
    """Sign the log as it stands and write it as files."""
    checkpoints.sign(at=datetime.now(tz=UTC))
    call_command("log_export", folder, stdout=StringIO())
    head = transparency.head()
    return {"size": head.size, "root": head.root_hex}


COMMANDS: dict[str, Command] = {"sequence": sequence, "leaves": leaves, "size": size, "export": export}
