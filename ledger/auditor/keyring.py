"""Whose signature counts: the key that was given, or remembered, or (the first time, and said so) published."""

from collections.abc import Sequence

from ledger.auditor.memory import Memory, Seen
from ledger.auditor.report import Report, Stop
from ledger.auditor.sources import Source, Unreachable
from ledger.core.notes import Note, OpenedCheckpoint, TreeHead, VerifierKey, check_signatures, open_checkpoint
from ledger.core.refusals import Refused


class Keyring:
    """The keys of one run, and what is remembered of the log they belong to."""

    def __init__(self, given: str | None, witnesses: Sequence[str], memory: Memory) -> None:
        self.memory = memory
        self.given = given
        self.witness_texts = witnesses
        self.seen: Seen | None = None
        # GIVEN, REMEMBERED or PUBLISHED: what the trust in the key rests on.
        self.came_from = "given"

    def witnesses(self, report: Report) -> list[VerifierKey]:
        return [_parse(text, report) for text in self.witness_texts]

    def key_for(self, origin: str, published: bytes | None, report: Report) -> VerifierKey:
        """The key that must have signed for this origin. ``Stop`` when there is none."""
        try:
            self.seen = self.memory.seen(origin)
        except (ValueError, TypeError) as error:
            raise Unreachable(f"{self.memory.path}: {error}") from error
        if self.given:
            self.came_from = "given"
            return _parse(self.given, report)
        if self.seen is not None:
            self.came_from = "remembered"
            return _parse(self.seen.vkey, report)
        if published is None:
            report.add("key_none", origin=origin)
            raise Stop
        self.came_from = "published"
        return _parse(published.decode("utf-8", "replace").strip().partition("\n")[0], report)


def _parse(text: str, report: Report) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except Refused as refused:
        report.add("key_malformed", why=refused)
        raise Stop from None


def open_note(raw: bytes | str, key: VerifierKey, keyring: Keyring, report: Report) -> OpenedCheckpoint:
    """A checkpoint opened with the key, and with every witness that was asked for."""
    witnesses = keyring.witnesses(report)
    try:
        opened = open_checkpoint(raw, [key], witnesses=witnesses)
    except Refused as refused:
        report.add("checkpoint_unsigned" if refused.code == "checkpoint_unsigned" else "checkpoint_bad", why=refused)
        raise Stop from None
    for witness in witnesses:
        if witness not in opened.witnessed:
            report.add("witness_missing", name=witness.name)
    return opened


def origin_of(raw: bytes | str, report: Report) -> str:
    """Which log a checkpoint says it is of; nothing is checked yet."""
    try:
        return TreeHead.parse(Note.parse(raw).text).origin
    except Refused as refused:
        report.add("checkpoint_bad", why=refused)
        raise Stop from None


def open_head(source: Source, keyring: Keyring, report: Report) -> OpenedCheckpoint:
    """The log's checkpoint, signed by the key that counts."""
    raw = source.read("checkpoint")
    if raw is None:
        raise Unreachable(f"{source.name}: no checkpoint")
    origin = origin_of(raw, report)
    published = source.read("vkey")
    key = keyring.key_for(origin, published, report)
    if key.name != origin:
        report.add("origin_other", origin=origin, name=key.name)
        raise Stop
    return open_note(raw, key, keyring, report)


def key_to_remember(changes: list[tuple[str, str]], opened: OpenedCheckpoint, report: Report) -> str:
    """The key to ask for next time: its successor, once the log has announced it and it signs beside the old one."""
    key = str(opened.signed_by)
    for old, new in changes:
        if old == key and _signed_too(opened, new):
            report.note("key_changes", old=old, new=new)
            key = new
    return key


def _signed_too(opened: OpenedCheckpoint, vkey: str) -> bool:
    try:
        key = VerifierKey.parse(vkey)
        return key.name == opened.head.origin and key in check_signatures(opened.note, [key])
    except Refused:
        return False
