"""Signed notes and checkpoints: the text formats in which a log says how far it has come.

By c2sp.org/signed-note, c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature (the Ed25519 kinds). Making and opening
stand side by side. Opening is strict: what could be written in two ways is accepted in one.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

# Kinds of keys: one signs notes, the other witnesses checkpoints at a moment.
ED25519 = 0x01
COSIGNATURE_V1 = 0x04

LINE_START = "— "
SECRET_START = "PRIVATE+KEY+"
MOST_SIGNATURES = 100
LARGEST_NOTE = 65_535
LATEST_SECOND = 2**63 - 1

MALFORMED = _r("This is not a signed note: %(fault)s.")


def decode64(text: str) -> bytes:
    """The bytes of standard base64, written in the one way it can be. ``ValueError`` for anything else."""
    raw = base64.b64decode(text, validate=True)
    if encode64(raw) != text:
        raise ValueError("base64 with loose ends")
    return raw


def encode64(raw: bytes) -> str:
    """Standard base64 with its padding (RFC 4648 section 4)."""
    return base64.b64encode(raw).decode()


def parse_decimal(text: str) -> int:
    """A whole number without sign or leading zeros, below 2**63. ``ValueError`` for anything else."""
    plain = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0") and len(text) <= 19
    if not plain or int(text) > LATEST_SECOND:
        raise ValueError("not a plain decimal number")
    return int(text)


def is_name(name: str) -> bool:
    """Whether a key may be called so: not empty, no space of any kind, no plus, no control character."""
    return name != "" and "+" not in name and not any(char.isspace() or char < " " for char in name)


# ---- keys ----


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half: who signs, in which way. Its text (``vkey``) is what strangers are given."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ 0x0A ‖ kind ‖ public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encode64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """The key that a vkey text states; refused when its parts do not belong together."""
        name, key_id, raw = _key_parts(text)
        key = cls(name, raw[0], raw[1:])
        if key.key_id != key_id:
            raise Refused("vkey_mismatch", _r("The key's number does not belong to the key of %(name)s."), name=name)
        return key

    def accepts(self, text: str, blob: bytes) -> bool:
        """Whether ``blob`` is this key's signature of a note's text."""
        signed, signature = text.encode(), blob
        if self.kind == COSIGNATURE_V1:
            if len(blob) != 72 or (second := int.from_bytes(blob[:8])) > LATEST_SECOND:
                return False
            signed, signature = cosigned_message(text, second), blob[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, signed)
        except (InvalidSignature, ValueError):
            return False
        return True


def _key_parts(text: str) -> tuple[str, bytes, bytes]:
    parts = text.split("+", 2)
    try:
        name, number, material = parts
        raw = decode64(material)
        if not is_name(name) or len(number) != 8 or number != number.lower():
            raise ValueError("a part is missing")
        key_id = bytes.fromhex(number)
    except ValueError:
        raise Refused("vkey_malformed", _r("This is not a key: it should read name+number+base64.")) from None
    if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE_V1):
        raise Refused("vkey_kind", _r("The key of %(name)s is of a kind that is not known here."), name=name)
    return name, key_id, raw


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """The secret half. Its text is that of Go's ``sumdb/note``; it belongs in a file that only the site may read."""

    name: str
    kind: int
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.kind, public)

    def secret_text(self) -> str:
        """What the key file holds."""
        number = self.verifier.key_id.hex()
        return f"{SECRET_START}{self.name}+{number}+{encode64(bytes([self.kind]) + self.seed)}"

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """The key of a key file; refused when its parts do not belong together. The refusal never holds the secret."""
        if not text.startswith(SECRET_START):
            raise Refused("key_malformed", _r("This is not a signing key: it should begin with PRIVATE+KEY+."))
        name, key_id, raw = _key_parts(text.removeprefix(SECRET_START).strip())
        key = cls(name, raw[0], raw[1:])
        if key.verifier.key_id != key_id:
            raise Refused("vkey_mismatch", _r("The key's number does not belong to the key of %(name)s."), name=name)
        return key

    def sign(self, text: str) -> "Signature":
        """The signature of a note's text."""
        if self.kind != ED25519:
            raise ValueError("a witness's key cosigns, with a moment")
        return self._signature(text.encode(), b"")

    def cosign(self, text: str, *, second: int) -> "Signature":
        """The witness's signature of a checkpoint's text at a POSIX second."""
        if self.kind != COSIGNATURE_V1:
            raise ValueError("a log's key signs, without a moment")
        return self._signature(cosigned_message(text, second), second.to_bytes(8))

    def _signature(self, message: bytes, before: bytes) -> "Signature":
        signed = Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)
        return Signature(self.name, self.verifier.key_id, before + signed)


def cosigned_message(text: str, second: int) -> bytes:
    """What a witness signs: ``cosignature/v1``, the moment, and the checkpoint's text."""
    return f"cosignature/v1\ntime {second}\n{text}".encode()


# ---- notes ----


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose, by which key, and the bytes behind the key's number."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """The line with its end."""
        return f"{LINE_START}{self.name} {encode64(self.key_id + self.blob)}\n"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """A line without its end. ``ValueError`` when it is none."""
        name, space, encoded = line.removeprefix(LINE_START).partition(" ")
        if not (line.startswith(LINE_START) and space and is_name(name)):
            raise ValueError("a signature line does not read '— name base64'")
        raw = decode64(encoded)
        if len(raw) < 5:
            raise ValueError("a signature is too short")
        return cls(name, raw[:4], raw[4:])

    @property
    def second(self) -> int:
        """The moment a cosignature states."""
        return int.from_bytes(self.blob[:8])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures, none of which has been checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    @classmethod
    def parse(cls, raw: bytes | str) -> "Note":
        """The parts of a signed note; refused when it is not written as one."""
        try:
            return cls._parse(raw.encode() if isinstance(raw, str) else raw)
        except ValueError as error:  # that of bad UTF-8 is one too
            raise Refused("note_malformed", MALFORMED, fault=error) from None

    @classmethod
    def _parse(cls, raw: bytes) -> "Note":
        if len(raw) > LARGEST_NOTE:
            raise ValueError("it is too long")
        whole = raw.decode("utf-8")
        if any(char < " " and char != "\n" for char in whole):
            raise ValueError("it has control characters")
        text, gap, lines = whole.rpartition("\n\n")
        if not gap or not lines.endswith("\n"):
            raise ValueError("it has no signatures after a blank line")
        signatures = tuple(Signature.parse(line) for line in lines[:-1].split("\n"))
        if len(signatures) > MOST_SIGNATURES:
            raise ValueError("it has too many signatures")
        return cls(text + "\n", signatures)


def check_signatures(note: Note, keys: Iterable[VerifierKey]) -> dict[VerifierKey, Signature]:
    """Which of the known keys signed the note. Unknown lines are passed over; a known key's bad line is refused."""
    known = {(key.name, key.key_id): key for key in keys}
    found: dict[VerifierKey, Signature] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None or key in found:
            continue
        if not key.accepts(note.text, signature.blob):
            raise Refused("signature_bad", _r("The signature of %(name)s does not fit the text."), name=key.name)
        found[key] = signature
    return found


# ---- checkpoints ----


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint's text says: whose log, how many leaves, which root (and lines of its own, rarely)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, encode64(self.root), *self.extensions))

    @classmethod
    def parse(cls, text: str) -> "TreeHead":
        """The head that a note's text states; refused when it is not a checkpoint's."""
        lines = text.split("\n")
        try:
            if len(lines) < 4 or lines[-1] != "" or not all(lines[:-1]):
                raise ValueError("it has fewer than three lines, or an empty one")
            head = cls(lines[0], parse_decimal(lines[1]), decode64(lines[2]), tuple(lines[3:-1]))
            if len(head.root) != 32:
                raise ValueError("its root is not 32 bytes")
        except ValueError as error:
            raise Refused("checkpoint_malformed", _r("This is not a checkpoint: %(fault)s."), fault=error) from None
        return head


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint whose signatures hold: what it says, which log key signed it, which witnesses saw it when."""

    head: TreeHead
    note: Note
    signed_by: VerifierKey
    witnessed: dict[VerifierKey, int]


def open_checkpoint(
    raw: bytes | str, keys: Sequence[VerifierKey], *, witnesses: Iterable[VerifierKey] = ()
) -> OpenedCheckpoint:
    """A checkpoint that one of the log's keys signed, for the origin that the key is named after."""
    note = Note.parse(raw)
    head = TreeHead.parse(note.text)
    signed = check_signatures(note, [key for key in keys if key.kind == ED25519 and key.name == head.origin])
    if not signed:
        raise Refused(
            "checkpoint_unsigned", _r("No known key of %(origin)s signed this checkpoint."), origin=head.origin
        )
    seen = check_signatures(note, [key for key in witnesses if key.kind == COSIGNATURE_V1])
    return OpenedCheckpoint(head, note, next(iter(signed)), {key: signature.second for key, signature in seen.items()})


def sign_checkpoint(head: TreeHead, keys: Sequence[SigningKey]) -> Note:
    """The signed checkpoint of a head."""
    text = head.text()
    return Note(text, tuple(key.sign(text) for key in keys))
