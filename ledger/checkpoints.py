"""Checkpoints: the log signs how far it has come, and never two statements that do not fit each other.

Before signing, the tree in the database must extend the last signed one, which lies outside the database too. The new
note is written there first, then into the table: killed in between, the next step finds it and takes it up.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction

from ledger import log_keys, log_state
from ledger.core.log_proofs import LogProof
from ledger.core.merkle import check_consistency, prove_consistency_from, prove_inclusion_from, stretch_root
from ledger.core.notes import (
    LARGEST_NOTE,
    Note,
    Signature,
    SigningKey,
    TreeHead,
    VerifierKey,
    check_signatures,
    sign_checkpoint,
)
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.core.tiles import HEIGHT, WIDTH, Tile, partials_of, width_at
from ledger.models import Checkpoint, Cosignature
from ledger.tiles import stored_nodes
from ledger.transparency import head

# Advisory lock that lets one process sign at a time on PostgreSQL; SQLite's immediate transactions do it there.
SIGNING_LOCK = 1_279_542_602
PAUSE = timedelta(seconds=1)
# How far a witness's clock may be ahead of ours.
TOLERANCE = timedelta(minutes=10)


# ---- signing ----


def sign(*, at: datetime) -> int:
    """Sign the tree as it stands, at most once a second. How many checkpoints were made: one or none.

    ``log_rewound``, ``log_forked``, ``log_state_missing``, ``key_unannounced``: nothing is signed, nothing is lost.
    """
    keys = log_keys.signing_keys()
    origin = keys[0].name
    with _one_signs():
        return _sign(origin, keys, at)


@contextmanager
def _one_signs() -> Iterator[None]:
    """A transaction in which nobody else is between the memory outside and the table."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SIGNING_LOCK])
        yield


def _sign(origin: str, keys: Sequence[SigningKey], at: datetime) -> int:
    tree, before = head(), _last_row(origin)
    outside = _outside(origin)
    if outside is None and before is not None:
        raise Refused("log_state_missing", STATE_MISSING, folder=log_state.folder())
    heads = [TreeHead.parse(Note.parse(before.note).text)] if before else []
    heads += [outside] if outside else []
    now = TreeHead(origin, tree.size, bytes.fromhex(tree.root_hex))
    for earlier in heads:
        check_extends(earlier, now)
    if outside and (before is None or outside.size > before.size):  # killed between the file and the table
        _insert(outside, log_state.last_signed(), at)
        return 1
    if tree.size == (before.size if before else 0) or (before and at < before.signed_at + PAUSE):
        return 0
    if before:
        log_keys.check_succession(_signers(Note.parse(before.note)), keys)
    note = str(sign_checkpoint(now, keys))
    log_state.remember(note)
    _insert(now, note, at)
    return 1


STATE_MISSING = _r(
    "The database has signed checkpoints, but the log's memory in %(folder)s is gone. If no later checkpoint was "
    "published, say so with manage.py log_key --trust-database; otherwise the log has to start anew."
)
REWOUND = _r(
    "The log was signed at %(signed)s entries, but the database has %(found)s: it is an older copy. Nothing is signed. "
    "Restore the newer database, or freeze this log and start one with a new origin (ledger/README.md)."
)
FORKED = _r(
    "The database's log is not the one that was signed at %(signed)s entries. Nothing is signed. "
    "Restore the right database, or freeze this log and start one with a new origin (ledger/README.md)."
)


def check_extends(earlier: TreeHead, now: TreeHead) -> None:
    """Whether the database's tree begins with the one that was signed, hash by hash."""
    if now.size < earlier.size:
        raise Refused("log_rewound", REWOUND, signed=earlier.size, found=now.size)
    nodes = stored_nodes(now.size)
    proof = prove_consistency_from(nodes, earlier.size, now.size)
    sound = stretch_root(nodes, 0, now.size) == now.root
    if not (sound and check_consistency(proof, earlier.size, now.size, earlier.root, now.root)):
        raise Refused("log_forked", FORKED, signed=earlier.size, found=now.size)


def settled_memory() -> str:
    """The note in the memory outside, at an instant when nobody is signing: what it tells is in the table by now.

    In a database that cannot be locked nobody signs either: the memory is read as it lies.
    """
    try:
        with _one_signs():
            return log_state.last_signed()
    except OperationalError:
        return log_state.last_signed()


def _outside(origin: str, remembered: str | None = None) -> TreeHead | None:
    """The last signed head by the memory outside. A memory of another log is none of this one's."""
    text = log_state.last_signed() if remembered is None else remembered
    if not text:
        return None
    outside = TreeHead.parse(Note.parse(text).text)
    if outside.origin != origin:
        raise Refused(
            "log_state_foreign",
            _r("The log's memory in %(folder)s is of %(found)s. A new origin begins with an empty folder."),
            folder=log_state.folder(),
            found=outside.origin,
        )
    return outside


def _insert(signed: TreeHead, note: str, at: datetime) -> None:
    Checkpoint.objects.create(origin=signed.origin, size=signed.size, root=signed.root, note=note, signed_at=at)


def _last_row(origin: str) -> Checkpoint | None:
    return Checkpoint.objects.filter(origin=origin).order_by("-size").first()


def _signers(note: Note) -> list[VerifierKey]:
    return list(check_signatures(note, log_keys.published_keys()))


def keep_refusal(refused: Refused, *, at: datetime) -> bool:
    """Keep both sides of a contradiction beside the memory: the signed note, and what the database says. If new."""
    tree = head()
    found = TreeHead(log_keys.signing_keys()[0].name, tree.size, bytes.fromhex(tree.root_hex)).text()
    texts = {"signed.checkpoint": log_state.last_signed(), "database.head": found, "why": f"{refused}\n"}
    return log_state.keep_evidence(log_state.folder() / log_state.EVIDENCE, refused.code, at=at, **texts)


def standing(remembered: str | None = None) -> Refused | None:
    """Whether the log could go on signing, without signing: None, or the reason why not.

    ``remembered`` is what the memory outside told before the caller's view of the database began.
    """
    try:
        origin = log_keys.signing_keys()[0].name
        tree, outside = head(), _outside(origin, remembered)
        if outside:
            check_extends(outside, TreeHead(origin, tree.size, bytes.fromhex(tree.root_hex)))
        elif _last_row(origin):
            raise Refused("log_state_missing", STATE_MISSING, folder=log_state.folder())
    except Refused as refused:
        return refused
    return None


def lost_checkpoint(remembered: str | None = None) -> TreeHead | None:
    """What the memory outside knows and the table does not: between a crash and the next step, or for ever."""
    outside = _outside(log_keys.signing_keys()[0].name, remembered)
    there = outside and Checkpoint.objects.filter(origin=outside.origin, size=outside.size).exists()
    return None if there else outside


def trust_database() -> str:
    """Write the memory outside anew from the database. Only for whoever knows that nothing later was published."""
    origin = log_keys.signing_keys()[0].name
    last = _last_row(origin)
    if log_state.last_signed() or last is None:
        raise Refused("log_state_there", _r("The log's memory is there, or there is nothing to remember."))
    log_state.remember(last.note)
    return last.note


# ---- reading ----


def latest() -> Checkpoint | None:
    """The last checkpoint of this site's log."""
    return _last_row(log_keys.signing_keys()[0].name)


def first_covering(position: int) -> Checkpoint | None:
    """The first checkpoint of this site's log that an entry stands under: the same one whenever it is asked."""
    signed = Checkpoint.objects.filter(origin=log_keys.signing_keys()[0].name, size__gt=position)
    return signed.order_by("size").first()


def published_text(checkpoint: Checkpoint) -> str:
    """The checkpoint with the lines of its witnesses."""
    lines = Cosignature.objects.filter(origin=checkpoint.origin, size=checkpoint.size).order_by("witness")
    return checkpoint.note + "".join(lines.values_list("line", flat=True))


def proof(position: int, checkpoint: Checkpoint | None = None) -> str:
    """The ``.tlog-proof`` file of a position under the last checkpoint (or a given one)."""
    checkpoint = checkpoint or latest()
    if checkpoint is None or not 0 <= position < checkpoint.size:
        raise Refused("position_unsigned", _r("No checkpoint covers position %(position)s yet."), position=position)
    hashes = prove_inclusion_from(stored_nodes(checkpoint.size), position, checkpoint.size)
    return str(LogProof(position, tuple(hashes), published_text(checkpoint)))


def is_published(tile: Tile, latest_size: int, origin: str) -> bool:
    """Whether a tile is served: a full one under the last checkpoint, a partial one of a signed size until then."""
    width = width_at(latest_size, tile.level, tile.number)
    if tile.width == WIDTH or width == WIDTH:
        return tile.width == width
    return tile.width <= width and tile.width in _signed_widths(tile, origin)


def _signed_widths(tile: Tile, origin: str) -> set[int]:
    """The widths under 256 that a tile had at signed sizes."""
    sizes = Checkpoint.objects.filter(
        origin=origin, size__gte=tile.start, size__lt=tile.full.start + (WIDTH << HEIGHT * max(tile.level, 0))
    ).values_list("size", flat=True)
    return {width_at(size, tile.level, tile.number) for size in sizes}


def published_partials(latest_size: int, origin: str) -> Iterable[Tile]:
    """Every partial tile and bundle that is served at this size: those of all signed sizes, until they are full."""
    for last in partials_of(latest_size):
        for width in sorted(_signed_widths(last, origin) - {0, WIDTH}):
            yield Tile(last.level, last.number, width)


# ---- witnesses ----


def add_cosignatures(raw: bytes, *, at: datetime) -> list[str]:
    """Take a witness's line under a checkpoint of ours; the names of the witnesses whose lines were new.

    ``checkpoint_unknown``: we never signed that text. ``witness_unknown``: nobody we know signed it.
    """
    if len(raw) > LARGEST_NOTE:
        raise Refused("note_malformed", _r("This is not a signed note: %(fault)s."), fault="it is too long")
    note = Note.parse(raw)
    claimed = TreeHead.parse(note.text)
    ours = Checkpoint.objects.filter(origin=claimed.origin, size=claimed.size).first()
    if ours is None or Note.parse(ours.note).text != note.text:
        raise Refused("checkpoint_unknown", _r("This log never signed that checkpoint."))
    found = check_signatures(note, log_keys.known_witnesses())
    if not found:
        raise Refused("witness_unknown", _r("No witness that this log knows signed the checkpoint."))
    latest_second = int((at + TOLERANCE).timestamp())
    if any(signature.second > latest_second for signature in found.values()):
        raise Refused("cosignature_early", _r("The witness's moment lies in the future."))
    return [key.name for key, signature in found.items() if _add_cosignature(ours, key, signature)]


def _add_cosignature(checkpoint: Checkpoint, key: VerifierKey, signature: Signature) -> bool:
    """The first line of a witness under a checkpoint is kept; another one later says nothing more."""
    place = {"origin": checkpoint.origin, "size": checkpoint.size, "witness": str(key)}
    with transaction.atomic():
        if Cosignature.objects.filter(**place).exists():
            return False
        Cosignature.objects.create(**place, line=signature.line())
    return True
