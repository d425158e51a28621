"""Envelope encryption: a master key outside the database wraps one set of data keys per organisation.

Everything sealed carries its key version and is bound to its place (organisation, row, field) as associated data, so
that a ciphertext copied into another row, field or organisation does not open. Only `vault` and the case-file store
use this module; nothing else sees a key.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

from .models import VaultKey

NONCE_LENGTH = 12
VERSION_LENGTH = 2
KEY_LENGTH = 32


class Keyring:
    """The opened keys of one organisation, for as long as one piece of work needs them."""

    def __init__(self, organisation, seal_keys: dict[int, bytes], index_key: bytes) -> None:
        self.organisation_ref = organisation.ref
        self.current = max(seal_keys)
        self._seal_keys = seal_keys
        self._index_key = index_key

    def __repr__(self) -> str:
        return "<Keyring>"

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Key version, nonce, ciphertext and tag. The same text gives other bytes each time."""
        nonce = secrets.token_bytes(NONCE_LENGTH)
        sealed = AESGCM(self._seal_keys[self.current]).encrypt(nonce, plain, self._bound(context, self.current))
        return self.current.to_bytes(VERSION_LENGTH, "big") + nonce + sealed

    def open(self, sealed: bytes, *, context: str) -> bytes:
        sealed = bytes(sealed)
        version = int.from_bytes(sealed[:VERSION_LENGTH], "big")
        nonce = sealed[VERSION_LENGTH : VERSION_LENGTH + NONCE_LENGTH]
        if version not in self._seal_keys:
            raise _damaged()
        try:
            return AESGCM(self._seal_keys[version]).decrypt(
                nonce, sealed[VERSION_LENGTH + NONCE_LENGTH :], self._bound(context, version)
            )
        except (InvalidTag, ValueError):
            raise _damaged() from None

    def keyed_hash(self, field: str, normal: str) -> str:
        """Equal values give equal hashes inside one organisation and one field, and nowhere else."""
        field_key = hmac.digest(self._index_key, b"relief index " + field.encode(), "sha256")
        return hmac.digest(field_key, normal.encode(), "sha256").hex()

    def stream_hash(self) -> "hmac.HMAC":
        """A keyed hash to be fed with a whole file."""
        return hmac.new(hmac.digest(self._index_key, b"relief file", "sha256"), digestmod="sha256")

    def _bound(self, context: str, version: int) -> bytes:
        return f"{self.organisation_ref}|{version}|{context}".encode()


def keyring(organisation, *, at: datetime) -> Keyring:
    """The organisation's keys, made on first use."""
    rows = list(VaultKey.objects.filter(organisation=organisation))
    if not any(row.use == VaultKey.Use.SEAL for row in rows):
        rows.append(_make(organisation, VaultKey.Use.SEAL, 1, at=at))
    if not any(row.use == VaultKey.Use.INDEX for row in rows):
        rows.append(_make(organisation, VaultKey.Use.INDEX, 1, at=at))
    opened = {(row.use, row.version): _unwrap(organisation, row) for row in rows}
    return Keyring(
        organisation,
        {version: key for (use, version), key in opened.items() if use == VaultKey.Use.SEAL},
        opened[VaultKey.Use.INDEX, 1],
    )


def next_seal_key(organisation, *, at: datetime) -> Keyring:
    """A new data key for everything sealed from now on; older versions still open what they sealed."""
    current = keyring(organisation, at=at).current
    _make(organisation, VaultKey.Use.SEAL, current + 1, at=at)
    return keyring(organisation, at=at)


def rewrap(organisation) -> int:
    """Wrap the organisation's data keys under the present master key. Returns how many were changed."""
    present = _master_keys()[0]
    changed = 0
    for row in VaultKey.objects.filter(organisation=organisation).exclude(master_id=_master_id(present)):
        key = _unwrap(organisation, row)
        row.wrapped = _wrap(present, key, _place(organisation, row.use, row.version))
        row.master_id = _master_id(present)
        row.save(update_fields=["wrapped", "master_id"])
        changed += 1
    return changed


def _make(organisation, use: str, version: int, *, at: datetime) -> VaultKey:
    master = _master_keys()[0]
    wrapped = _wrap(master, secrets.token_bytes(KEY_LENGTH), _place(organisation, use, version))
    row, _made = VaultKey.objects.get_or_create(
        organisation=organisation,
        use=use,
        version=version,
        defaults={"wrapped": wrapped, "master_id": _master_id(master), "made_at": at},
    )
    return row


def _wrap(master: bytes, key: bytes, place: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_LENGTH)
    return nonce + AESGCM(master).encrypt(nonce, key, place)


def _unwrap(organisation, row: VaultKey) -> bytes:
    master = next((key for key in _master_keys() if _master_id(key) == row.master_id), None)
    if master is None:
        raise _damaged()
    wrapped = bytes(row.wrapped)
    try:
        return AESGCM(master).decrypt(
            wrapped[:NONCE_LENGTH], wrapped[NONCE_LENGTH:], _place(organisation, row.use, row.version)
        )
    except InvalidTag:
        raise _damaged() from None


def _place(organisation, use: str, version: int) -> bytes:
    return f"vault key|{organisation.ref}|{use}|{version}".encode()


def _master_id(master: bytes) -> str:
    return hashlib.sha256(b"vault master id|" + master).hexdigest()[:16]


def _master_keys() -> list[bytes]:
    """The present master key first, then the older ones that a rotation still needs."""
    texts = [settings.VAULT_KEY, *filter(None, getattr(settings, "VAULT_OLD_KEYS", "").split(","))]
    try:
        keys = [base64.urlsafe_b64decode(text) for text in texts]
    except (binascii.Error, ValueError, TypeError):
        keys = []
    if not keys or any(len(key) != KEY_LENGTH for key in keys):
        raise ImproperlyConfigured("VAULT_KEY and VAULT_OLD_KEYS are 32 bytes each, in urlsafe base64.")
    return keys


def _damaged() -> Refused:
    return Refused(
        "vault_closed",
        _r("This record cannot be opened: it was changed, moved, or its key is missing. Tell the operator."),
    )
