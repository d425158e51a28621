"""Mappings: how a platform's or a bank's file is read, as data. One file a platform, one reader for all of them.

A mapping says the format, the encodings to try, the names each column may have, the forms of dates, and which word of
the file means which kind of row. What it does not name is kept, but understood by nobody.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ledger.core.money import EXPONENTS
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.settlement.words import Kind, Source

FORMATS = ("csv", "xlsx", "camt053")
# What a column may mean. `gift_id` is the number by which refunds name a gift, where it is not the row's own.
MEANINGS = frozenset(
    "row_id gift_id kind status amount amount_in amount_out direction fee on origin_id project currency memo "
    "donor_name".split()
)
# Cells that may name a person, besides every column that the mapping does not know.
PERSONAL = frozenset({"donor_name", "memo"})
ENCODINGS = frozenset({"utf-8", "gb18030", "utf-16"})
LARGEST_TEXT = 20_000


@dataclass(frozen=True)
class FileMapping:
    """How one platform's file is read."""

    code: str
    name_zh: str
    name_en: str
    provider: str
    source: str
    format: str
    # "whole" where the layout is known for certain, "part" where it is not: screens say so.
    known: str
    currency: str
    encodings: tuple[str, ...]
    delimiter: str
    comment: str
    date_forms: tuple[str, ...]
    default_kind: str
    required: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]
    # Words beside an amount without a sign: +1 for money that came, -1 for money that went.
    directions: Mapping[str, int]
    done: frozenset[str]
    text: str


def read_mapping(text: str) -> FileMapping:
    """A mapping from its text, or a refusal that names what is wrong with it."""
    if len(text) > LARGEST_TEXT:
        raise _wrong("length")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(
            "mapping_not_toml", _r("This mapping cannot be read: %(reason)s"), reason=str(error)[:200]
        ) from error
    try:
        return _checked(_built(data, text))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _wrong(str(error)) from error


def _built(data: dict[str, Any], text: str) -> FileMapping:
    words = {word: Kind(kind).value for kind, names in data.get("kinds", {}).items() for word in _texts(names)}
    return FileMapping(
        code=str(data["code"]),
        name_zh=str(data["name_zh"]),
        name_en=str(data["name_en"]),
        provider=str(data["provider"]),
        source=Source(data["source"]).value,
        format=str(data["format"]),
        known=str(data.get("known", "part")),
        currency=str(data.get("currency", "CNY")),
        encodings=_texts(data.get("encodings", ["utf-8", "gb18030"])),
        delimiter=str(data.get("delimiter", ",")),
        comment=str(data.get("comment", "")),
        date_forms=_texts(data["date_forms"]),
        default_kind=Kind(data.get("default_kind", "UNKNOWN")).value,
        required=_texts(data["required"]),
        columns={meaning: _texts(names) for meaning, names in data["columns"].items()},
        kinds=words,
        directions=_directions(data.get("directions", {})),
        done=frozenset(_texts(data.get("status", {}).get("done", []))),
        text=text,
    )


def _directions(data: dict[str, Any]) -> dict[str, int]:
    signs = {"in": 1, "out": -1}
    return {word: signs[way] for way, words in data.items() for word in _texts(words)}


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise TypeError("list")
    return tuple(value)


def _checked(mapping: FileMapping) -> FileMapping:
    faults = {
        "code": not (0 < len(mapping.code) <= 64 and mapping.code.replace("-", "").isalnum()),
        "provider": not (0 < len(mapping.provider) <= 32 and mapping.provider.replace("-", "").isalnum()),
        "format": mapping.format not in FORMATS,
        "known": mapping.known not in ("whole", "part"),
        "currency": mapping.currency not in EXPONENTS,
        "encodings": not mapping.encodings or not set(mapping.encodings) <= ENCODINGS,
        "delimiter": len(mapping.delimiter) != 1,
        "columns": not set(mapping.columns) <= MEANINGS,
        "required": not set(mapping.required) <= set(mapping.columns),
        "date_forms": not mapping.date_forms,
        "amount": not ({"amount", "amount_in"} & set(mapping.columns)),
        "on": "on" not in mapping.columns,
    }
    wrong = [name for name, is_wrong in faults.items() if is_wrong]
    if wrong:
        raise _wrong(", ".join(wrong))
    return mapping


def _wrong(what: str) -> Refused:
    return Refused("mapping_wrong", _r("This part of the mapping is missing or wrong: %(what)s."), what=what[:200])


def shipped() -> Iterator[FileMapping]:
    """The mappings that come with the product, by their codes."""
    yield from _shipped().values()


@cache
def _shipped() -> dict[str, FileMapping]:
    folder = files("projects.settlement") / "mappings"
    texts = sorted((entry.name, entry.read_text(encoding="utf-8")) for entry in folder.iterdir())
    mappings = [read_mapping(text) for name, text in texts if name.endswith(".toml")]
    return {mapping.code: mapping for mapping in mappings}


def shipped_mapping(code: str) -> FileMapping | None:
    return _shipped().get(code)
