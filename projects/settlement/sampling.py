"""A mapping made by hand from a file's own first lines: its heading, its words, and how the rows would be read.

What is kept is the same text as ever (`mapping.py`); this only writes it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.settlement.mapping import FileMapping, read_mapping, shipped
from projects.settlement.parsing import BadCell, NormalRow, Parser, day_reader
from projects.settlement.reading import PREAMBLE, lines_of, plain, under_heading

LINES = PREAMBLE + 20
# Forms of days that files have, the finest first; those in which the sample's days can be read are offered chosen.
DATE_FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d",
    "%Y%m%d%H%M%S", "%Y年%m月%d日", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y",
)  # fmt: skip
ENCODINGS = ("utf-8", "gb18030")


@dataclass(frozen=True)
class Sample:
    """The first lines of a file, as cells, and which of them is the heading (from 0)."""

    format: str
    delimiter: str
    heading: int
    lines: list[list[str]]

    @property
    def columns(self) -> list[str]:
        """The names of the columns, each once, in the file's order."""
        return list(dict.fromkeys(name for name in map(plain, self.lines[self.heading]) if name))

    def words_of(self, column: str) -> list[str]:
        """The different words under a column, in the sample's order."""
        place = [plain(cell) for cell in self.lines[self.heading]].index(column)
        cells = (plain(line[place]) for line in self.lines[self.heading + 1 :] if place < len(line))
        return list(dict.fromkeys(cell for cell in cells if cell))

    def written(self) -> str:
        """As text for a form that is sent again; it never leaves the screen of who sent the file."""
        return json.dumps([self.format, self.delimiter, self.heading, self.lines], ensure_ascii=False)


def read_sample(text: str) -> Sample:
    """What `written` wrote. Refused: ``sample_broken``."""
    broken = Refused("sample_broken", _r("The first lines of the file got lost. Please send it again."))
    try:
        form, delimiter, heading, lines = json.loads(text)
        sample = Sample(str(form), str(delimiter), int(heading), [[str(cell) for cell in line] for line in lines])
        if not (0 <= sample.heading < len(sample.lines) <= LINES and sample.columns):
            raise broken
    except (ValueError, TypeError) as error:
        raise broken from error
    return sample


def take_sample(file: IO[bytes], *, format: str, delimiter: str = ",", heading: int | None = None) -> Sample:
    """The first lines of a file. ``heading`` is the line of the column names from 1; without it, the fullest one.

    Refused: ``file_encoding``, ``file_not_xlsx``, ``heading_not_found``.
    """
    found = lines_of(file, format=format, encodings=ENCODINGS, delimiter=delimiter)
    lines = [list(line or []) for line in islice(found, LINES)]
    found.close()
    names = [len({name for name in map(plain, line) if name}) for line in lines]
    place = heading - 1 if heading else names.index(max(names)) if names else 0
    if not 0 <= place < len(lines) or names[place] < 2:
        raise Refused("heading_not_found", _r("There is no heading with at least two columns in this line."))
    return Sample(format, delimiter, place, lines)


@dataclass(frozen=True)
class Chosen:
    """What a person chose on the form, by the words of the mapping."""

    code: str
    name_zh: str
    name_en: str
    provider: str
    source: str
    date_forms: Sequence[str]
    default_kind: str
    columns: Mapping[str, str]
    kinds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    directions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    done: Sequence[str] = ()
    currency: str = "CNY"


def suggested(sample: Sample) -> dict[str, str]:
    """Columns that have the name which a shipped mapping gives a meaning; each column means one thing."""
    found: dict[str, str] = {}
    for mapping in shipped():
        for meaning, names in mapping.columns.items():
            there = [name for name in sample.columns if name in names and name not in found.values()]
            if there and meaning not in found:
                found[meaning] = there[0]
    return found


def date_forms_of(words: Sequence[str]) -> list[str]:
    """The forms in which all of these days can be read."""
    return [form for form in DATE_FORMS if words and all(_reads(form, word) for word in words)]


def _reads(form: str, word: str) -> bool:
    try:
        day_reader((form,))(word)
    except BadCell:
        return False
    return True


def mapping_text(chosen: Chosen, sample: Sample) -> str:
    """The mapping as it is kept: TOML, in the order of the shipped ones."""
    columns = {meaning: name for meaning, name in chosen.columns.items() if name}
    facts: dict[str, Any] = {
        "code": chosen.code, "name_zh": chosen.name_zh, "name_en": chosen.name_en, "provider": chosen.provider,
        "source": chosen.source, "format": sample.format, "known": "part", "currency": chosen.currency,
        "encodings": list(ENCODINGS), "delimiter": sample.delimiter, "date_forms": list(chosen.date_forms),
        "default_kind": chosen.default_kind, "required": list(columns),
    }  # fmt: skip
    tables: dict[str, dict[str, Any]] = {
        "columns": {meaning: [name] for meaning, name in columns.items()},
        "kinds": {kind: list(words) for kind, words in chosen.kinds.items() if words},
        "directions": {way: list(words) for way, words in chosen.directions.items() if words},
        "status": {"done": list(chosen.done)} if chosen.done else {},
    }
    parts = [_lines(facts), *(f"[{name}]\n{_lines(table)}" for name, table in tables.items() if table)]
    return "\n".join(parts)


def _lines(facts: Mapping[str, Any]) -> str:
    # A JSON string or list of strings is one of TOML too, but for a bare delete character.
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in facts.items()).replace(
        "\x7f", "\\u007f"
    )


def as_read(text: str, sample: Sample) -> list[NormalRow]:
    """The sample's rows as a mapping reads them. Refused as `read_mapping`, and where the heading is not found."""
    mapping: FileMapping = read_mapping(text)
    parser = Parser(mapping)
    lines: Iterator[list[str] | None] = iter(sample.lines[sample.heading :])
    return [parser.normal(record) for record in under_heading(lines, mapping)]
