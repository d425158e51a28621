"""The identity vault: the one place where a person's name, number, phone, account or address is written or read.

A reading says who reads, why, and when; it is permitted or refused for that organisation, and the read log has its row
before the value is handed out. What is handed out masks itself in logs and tracebacks.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.models import User
from projects.access.permissions import may
from projects.audit import actions as audit

from .models import Identity
from .records import IDENTITY_KEYS
from .sealing import Keyring, keyring, next_seal_key, rewrap

FIELDS = IDENTITY_KEYS
INDEXED = ("id_number", "phone", "account")
PAYEE_FIELDS = ("name", "account", "bank")
ROTATION_BATCH = 500

# Who may read what. Finance needs the account to pay, and nothing else; a regulator gives a reason for each reading.
READERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("relief.see_identity", FIELDS),
    ("payouts.prepare", PAYEE_FIELDS),
    ("payouts.release", PAYEE_FIELDS),
)
REGULATOR_READS = "oversight.reveal_identity"


class Revealed(Mapping):
    """Values read from the vault. They show themselves only when asked for by name."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def __getitem__(self, field: str) -> str:
        return self._values[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Revealed {', '.join(self._values)}>"

    __str__ = __repr__

    def __reduce__(self):
        raise TypeError("revealed values are not stored")


def normalise(field: str, value: str) -> str:
    """One form per number, so that spaces, dashes, full-width digits and country codes do not hide a duplicate."""
    text = "".join(c for c in unicodedata.normalize("NFKC", value).upper() if c.isalnum() or c == "+")
    if field == "phone":
        text = text.removeprefix("+86").lstrip("+")
        text = text.removeprefix("0086")
        return text[2:] if len(text) == 13 and text.startswith("86") else text
    return text.replace("+", "")


def keyed_hash(organisation, field: str, value: str, *, at: datetime, keys: Keyring | None = None) -> str:
    """What the search and duplicate columns hold for this value."""
    keys = keys or keyring(organisation, at=at)
    return keys.keyed_hash(field, normalise(field, value))


def store(*, organisation, values: Mapping[str, str], at: datetime, keys: Keyring | None = None) -> Identity:
    """A new row of ciphertext. Empty values are not stored at all."""
    keys = keys or keyring(organisation, at=at)
    identity = Identity(organisation=organisation, stored_at=at)
    _seal_into(identity, values, keys)
    identity.save(force_insert=True)
    return identity


@transaction.atomic
def amend(identity: Identity, *, values: Mapping[str, str], by, at: datetime, keys: Keyring | None = None) -> bool:
    """Replace some fields; the audit row names the fields, never their values. False if nothing differs."""
    keys = keys or keyring(identity.organisation, at=at)
    if identity.erased_at is not None:
        raise Refused("identity_erased", _r("This person's data was erased and cannot be filled in again."))
    changed = {field: value for field, value in values.items() if value and _open_field(identity, field, keys) != value}
    if not changed:
        return False
    named = sorted(changed)
    if identity.key_version != keys.current:  # one row, one key version: `rotate` goes by it
        changed = {field: _open_field(identity, field, keys) for field in FIELDS} | changed
    _seal_into(identity, changed, keys)
    identity.save()
    _record(identity, "identity.amended", by=by, at=at, fields=named)
    return True


def reveal(identity: Identity, *, fields, purpose: str, by, at: datetime, reason: str = "") -> Revealed:
    """The plain values, after the permission was checked and the reading was logged."""
    fields = tuple(fields)
    if not fields or set(fields) - set(FIELDS):
        raise Refused("unknown_field", _r("The vault has no such field."))
    _let_read(identity.organisation, fields, purpose=purpose, by=by, at=at, reason=reason, ref=identity.ref)
    keys = keyring(identity.organisation, at=at)
    return Revealed({field: _open_field(identity, field, keys) for field in fields})


def find(organisation, field: str, value: str, *, at: datetime):
    """Identities of this organisation with this ID number, phone or account; the search text is never stored."""
    if field not in INDEXED:
        raise Refused("unknown_field", _r("The vault has no such field."))
    return Identity.objects.filter(
        organisation=organisation, **{f"{field}_hash": keyed_hash(organisation, field, value, at=at)}
    )


def hashes(organisation, field: str, values: Iterable[str], *, at: datetime) -> dict[str, list[str]]:
    """What the search columns hold for some values, and which of the values that are; the keys are opened once."""
    keys = keyring(organisation, at=at)
    found: dict[str, list[str]] = {}
    for value in values:
        found.setdefault(keyed_hash(organisation, field, value, at=at, keys=keys), []).append(value)
    return found


def snapshot_payee(identity: Identity, *, context: str, at: datetime) -> bytes:
    """Name, account and bank as they stand, sealed again for another place (a payout). Nobody sees them on the way."""
    keys = keyring(identity.organisation, at=at)
    values = [_open_field(identity, field, keys) for field in PAYEE_FIELDS]
    return keys.seal("\x1f".join(values).encode(), context=f"snapshot|{context}")


def reveal_snapshot(
    sealed: bytes, *, organisation, context: str, purpose: str, by, at: datetime, reason: str = ""
) -> Revealed:
    """What `snapshot_payee` sealed, under the same permissions and the same read log."""
    _let_read(organisation, PAYEE_FIELDS, purpose=purpose, by=by, at=at, reason=reason, ref=context)
    plain = keyring(organisation, at=at).open(sealed, context=f"snapshot|{context}").decode()
    return Revealed(dict(zip(PAYEE_FIELDS, plain.split("\x1f"), strict=True)))


@transaction.atomic
def erase(identity: Identity, *, by, at: datetime, reason: str) -> None:
    """Blank everything about the person. Cases, awards and the books stand and point at an empty row."""
    if identity.erased_at is not None:
        return
    for field in FIELDS:
        setattr(identity, field, None)
    for field in INDEXED:
        setattr(identity, f"{field}_hash", "")
    identity.erased_at = at
    identity.save()
    _record(identity, "identity.erased", by=by, at=at, fields=list(FIELDS), reason=reason)


@transaction.atomic
def rotate(organisation, *, by, at: datetime) -> int:
    """A new data key, every identity sealed again under it, and all keys wrapped by the present master key."""
    rewrap(organisation)
    keys = next_seal_key(organisation, at=at)
    rows = Identity.objects.filter(organisation=organisation, key_version__lt=keys.current)
    count = 0
    for identity in rows.iterator(chunk_size=ROTATION_BATCH):
        _seal_into(identity, {field: _open_field(identity, field, keys) for field in FIELDS}, keys)
        identity.save()
        count += 1
    audit.record(
        by=by,
        at=at,
        event="vault.rotated",
        subject=("organisation", organisation.ref),
        organisation_ref=organisation.ref,
        facts={"version": keys.current, "identities": count},
    )
    return count


def _seal_into(identity: Identity, values: Mapping[str, str], keys: Keyring) -> None:
    for field, value in values.items():
        if field not in FIELDS:
            raise Refused("unknown_field", _r("The vault has no such field."))
        if not value:
            continue
        setattr(identity, field, keys.seal(value.encode(), context=_place(identity, field)))
        if field in INDEXED:
            setattr(identity, f"{field}_hash", keys.keyed_hash(field, normalise(field, value)))
    identity.key_version = keys.current


def _open_field(identity: Identity, field: str, keys: Keyring) -> str:
    sealed = getattr(identity, field)
    return "" if sealed is None else keys.open(sealed, context=_place(identity, field)).decode()


def _place(identity: Identity, field: str) -> str:
    return f"identity|{identity.ref}|{field}"


def _let_read(organisation, fields, *, purpose: str, by, at: datetime, reason: str, ref: str) -> None:
    """Log the reading, or log the attempt and refuse."""
    if not purpose.strip():
        raise Refused("purpose_needed", _r("Say what the data is needed for."))
    on = localtime(at).date()
    # Machines, and whoever runs them, see nobody, whatever else was granted to them.
    allowed = isinstance(by, User) and not by.is_superuser
    allowed = allowed and any(
        set(fields) <= set(readable) and may(by, permission, organisation=organisation, on=on)
        for permission, readable in READERS
    )
    if not allowed and may(by, REGULATOR_READS, organisation=organisation, on=on):
        if not reason.strip():
            raise Refused("reason_needed", _r("Give the reason for looking at this person's data."))
        allowed = True
    if not allowed:
        audit.record(
            by=by,
            at=at,
            event="identity.reveal_refused",
            subject=("identity", ref),
            organisation_ref=organisation.ref,
            facts={"fields": list(fields)},
        )
        raise Refused("not_permitted", _r("You may not see this person's data."))
    stated = f"{purpose}: {reason}" if reason.strip() else purpose
    audit.log_read(
        by=by,
        at=at,
        purpose=stated,
        subject=("identity", ref),
        fields=fields,
        organisation_ref=organisation.ref,
    )


def _record(identity: Identity, event: str, *, by, at: datetime, fields: list[str], reason: str = "") -> None:
    audit.record(
        by=by,
        at=at,
        event=event,
        subject=("identity", identity.ref),
        organisation_ref=identity.organisation.ref,
        reason=reason,
        facts={"fields": fields},
    )
