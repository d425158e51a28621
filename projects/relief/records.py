"""From the cells of one line to a record, or to the list of everything that is wrong with it. Pure."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError

from ledger.core.money import parse_amount
from ledger.core.refusals import Refused

from .columns import COLUMNS, GIVERS, ORIGINS, SCOPES, SENSITIVITIES, plain_word

IDENTITY_KEYS = (
    "name",
    "id_number",
    "phone",
    "account",
    "bank",
    "address",
    "birth_date",
    "guardian_name",
    "guardian_id_number",
)
_SEPARATORS = re.compile(r"[;；、|]")
_MANGLED = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+", re.IGNORECASE)
_NUMBER_LIKE = re.compile(r"[+-][0-9０-９ ,.()-]+")
_HASH = re.compile(r"[0-9a-f]{64}")
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日")


@dataclass(frozen=True)
class RowError:
    key: str
    code: str


@dataclass(frozen=True)
class Vocabulary:
    """The words that rows in the database define, each by all its spellings; and the day and organisation at hand."""

    categories: Mapping[str, str]
    purposes: Mapping[str, str]
    recipients: frozenset[str]
    at: datetime.datetime
    guardian_age: int
    currency: str = "CNY"


@dataclass(frozen=True)
class Record:
    """One line that is well-formed. Identity values are inside: it has no readable form."""

    source_number: str
    category: str
    node: str
    needs: tuple[tuple[str, int, str], ...]
    household_size: int
    household_number: str
    identity: dict[str, str] = field(repr=False)
    is_under_14: bool
    reference: str
    scope: tuple[str, ...]
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    given_by: str
    signed_at: datetime.datetime
    expires_at: datetime.datetime
    document_hash: str
    origin: str
    sensitivity: str

    def __repr__(self) -> str:
        return "<Record>"


class _Row:
    """The cells of a line while they are read, with what was found wrong."""

    def __init__(self, cells: Mapping[str, str], words: Vocabulary) -> None:
        self.cells = cells
        self.words = words
        self.errors: list[RowError] = []

    def text(self, key: str) -> str:
        return self.cells.get(key, "").strip()

    def wrong(self, key: str, code: str) -> None:
        self.errors.append(RowError(key, code))

    def one_of(self, key: str, words: Mapping[str, tuple[str, ...]], code: str, default: str) -> str:
        text = plain_word(self.text(key))
        if not text:
            return default
        for value, names in words.items():
            if text == value.casefold() or text in names:
                return value
        self.wrong(key, code)
        return default

    def parts(self, key: str) -> list[str]:
        return [part.strip() for part in _SEPARATORS.split(self.text(key)) if part.strip()]


def read_record(cells: Mapping[str, str], words: Vocabulary) -> tuple[Record | None, list[RowError]]:
    """The record and no errors, or no record and every error, in the order of the columns."""
    row = _Row(cells, words)
    _check_cells(row)
    born = _check_identity(row)
    needs = _read_needs(row)
    authorisation = _read_authorisation(row, [purpose for purpose, _minor, _currency in needs])
    category = words.categories.get(plain_word(row.text("category")), "")
    if row.text("category") and not category:
        row.wrong("category", "unknown_category")
    size = _read_size(row)
    is_child = _check_guardian(row, born, authorisation["given_by"])
    origin = row.one_of("origin", ORIGINS, "unknown_origin", "SELF")
    sensitivity = row.one_of("sensitivity", SENSITIVITIES, "unknown_sensitivity", "GREEN")
    if row.errors:
        order = {column.key: place for place, column in enumerate(COLUMNS)}
        unique = dict.fromkeys(row.errors)
        return None, sorted(unique, key=lambda error: order.get(error.key, len(order)))
    identity = {key: row.text(key) for key in IDENTITY_KEYS if row.text(key)}
    identity["id_number"] = ric.compact(identity["id_number"])
    identity["birth_date"] = born.isoformat() if born else ""
    record = Record(
        source_number=row.text("source_number"),
        category=category,
        node=row.text("node"),
        needs=tuple(needs),
        household_size=size,
        household_number=row.text("household_number"),
        identity=identity,
        is_under_14=is_child,
        origin=origin,
        sensitivity=sensitivity,
        **authorisation,
    )
    return record, []


def _check_cells(row: _Row) -> None:
    for column in COLUMNS:
        text = row.text(column.key)
        if not text:
            missing = "no_authorisation" if column.key in ("authorisation_reference", "document_hash") else "missing"
            if column.is_required:
                row.wrong(column.key, missing)
            continue
        if _is_formula(text):
            row.wrong(column.key, "formula_cell")
        elif column.key in ("id_number", "account", "phone", "guardian_id_number") and _MANGLED.fullmatch(text):
            row.wrong(column.key, "number_mangled")
    if row.cells.get("", ""):
        row.wrong("source_number", "too_many_cells")


def _is_formula(text: str) -> bool:
    if text.startswith(("=", "@", "\t", "\r")):
        return True
    return text.startswith(("+", "-")) and not _NUMBER_LIKE.fullmatch(text)


def _check_identity(row: _Row) -> datetime.date | None:
    born = None
    for key in ("id_number", "guardian_id_number"):
        text = row.text(key)
        if not text or any(error.key == key for error in row.errors):
            continue
        try:
            ric.validate(text)
        except InvalidChecksum:
            row.wrong(key, "id_check_digit")
        except InvalidComponent:
            row.wrong(key, "id_birth_or_place")
        except (ValidationError, ValueError, KeyError):
            row.wrong(key, "id_format")
        else:
            born = ric.get_birth_date(text) if key == "id_number" else born
    if row.text("birth_date"):
        stated = _moment(row.text("birth_date"))
        if stated is None:
            row.wrong("birth_date", "birth_date_format")
        elif born is not None and stated.date() != born:
            row.wrong("birth_date", "birth_date_mismatch")
    return born


def _check_guardian(row: _Row, born: datetime.date | None, given_by: str) -> bool:
    """Is the person a child by the law's age? Then a guardian is named and gives the consent."""
    if born is None:
        return False
    on = timezone.localtime(row.words.at).date()
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    if age >= row.words.guardian_age:
        return False
    if not row.text("guardian_name"):
        row.wrong("guardian_name", "guardian_required")
    elif given_by != "GUARDIAN":
        row.wrong("authorisation_given_by", "guardian_required")
    return True


def _read_needs(row: _Row) -> list[tuple[str, int, str]]:
    currency = row.text("currency").upper() or row.words.currency
    purposes = []
    for part in row.parts("purposes"):
        code = row.words.purposes.get(plain_word(part))
        if code is None:
            row.wrong("purposes", "unknown_purpose")
        elif code not in purposes:
            purposes.append(code)
    amounts = []
    for part in row.parts("amount"):
        try:
            amounts.append(parse_amount(part, currency))
        except Refused as refused:
            row.wrong("currency" if refused.code == "currency_unknown" else "amount", refused.code)
    if row.errors:
        return []
    if len(purposes) != len(amounts):
        row.wrong("amount", "amounts_do_not_fit")
        return []
    return [(purpose, minor, currency) for purpose, minor in zip(purposes, amounts, strict=True)]


def _read_authorisation(row: _Row, needed: list[str]) -> dict[str, Any]:
    words = row.words
    signed, expires = (_read_moment(row, key) for key in ("signed_at", "expires_at"))
    if signed and signed > words.at:
        row.wrong("signed_at", "authorisation_not_yet")
    if expires and expires <= words.at:
        row.wrong("expires_at", "authorisation_expired")
    digest = row.text("document_hash").lower()
    if digest and not _HASH.fullmatch(digest):
        row.wrong("document_hash", "document_hash_format")
    recipients = row.parts("authorisation_recipients")
    if recipients and not {plain_word(name) for name in recipients} & words.recipients:
        row.wrong("authorisation_recipients", "not_a_recipient")
    purposes = [words.purposes.get(plain_word(part), "") for part in row.parts("authorisation_purposes")]
    if "" in purposes:
        row.wrong("authorisation_purposes", "unknown_purpose")
    elif set(needed) - set(purposes) and purposes:
        row.wrong("authorisation_purposes", "purpose_not_authorised")
    return {
        "reference": row.text("authorisation_reference"),
        "scope": _read_scope(row),
        "purposes": tuple(dict.fromkeys(purposes)),
        "recipients": tuple(recipients),
        "given_by": row.one_of("authorisation_given_by", GIVERS, "unknown_giver", "SELF"),
        "signed_at": signed,
        "expires_at": expires,
        "document_hash": digest,
    }


def _read_scope(row: _Row) -> tuple[str, ...]:
    scope = []
    for part in row.parts("authorisation_scope"):
        code = next((code for code, names in SCOPES.items() if plain_word(part) in (code.casefold(), *names)), None)
        if code is None:
            row.wrong("authorisation_scope", "unknown_scope")
        else:
            scope.append(code)
    return tuple(dict.fromkeys(["PROCESS", *scope]))


def _read_size(row: _Row) -> int:
    text = plain_word(row.text("household_size"))
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 99):
        row.wrong("household_size", "household_size")
        return 0
    return int(text)


def _read_moment(row: _Row, key: str) -> datetime.datetime | None:
    text = row.text(key)
    moment = _moment(text)
    if text and moment is None:
        row.wrong(key, "date_format")
    return moment.replace(tzinfo=row.words.at.tzinfo) if moment else None


def _moment(text: str) -> datetime.datetime | None:
    for form in _FORMATS:
        try:
            return datetime.datetime.strptime(text, form)  # noqa: DTZ007 - the caller adds the zone
        except ValueError:
            continue
    return None
