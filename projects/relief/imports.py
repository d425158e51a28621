"""Reading a case list of any size: sealed on the way in, its encoding found, its lines handed out one by one."""

import codecs
import csv
from collections.abc import Iterable, Iterator
from itertools import count
from typing import BinaryIO

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

from .columns import match_header
from .models import CaseFile, CaseFileChunk
from .sealing import Keyring

CHUNK = 256 * 1024
# Tried in this order: almost no GB18030 text is valid UTF-8, while nearly every UTF-8 text is some GB18030 text.
ENCODINGS = ("utf-8-sig", "gb18030")
LONGEST_CELL = 10_000


class _Guess:
    """Which encodings still explain every byte seen so far."""

    def __init__(self) -> None:
        self.decoders = {name: codecs.getincrementaldecoder(name)("strict") for name in ENCODINGS}

    def feed(self, data: bytes, *, final: bool = False) -> None:
        for name, decoder in list(self.decoders.items()):
            try:
                text = decoder.decode(data, final)
            except UnicodeDecodeError:
                del self.decoders[name]
                continue
            if any(ord(c) < 32 and c not in "\t\r\n" for c in text):
                del self.decoders[name]

    def answer(self) -> str:
        for name in ENCODINGS:
            if name in self.decoders:
                return name
        raise Refused(
            "wrong_encoding",
            _r("The file is neither UTF-8 nor GB18030 text. Save it as “CSV UTF-8” and try again."),
        )


def seal_in(file: CaseFile, stream: BinaryIO, keys: Keyring) -> tuple[str, str]:
    """Store the bytes in sealed pieces. Returns the keyed hash of the whole and its encoding."""
    guess, hashed, number = _Guess(), keys.stream_hash(), 0
    while data := stream.read(CHUNK):
        hashed.update(data)
        guess.feed(data)
        sealed = keys.seal(data, context=_place(file, number))
        CaseFileChunk.objects.create(file=file, number=number, sealed=sealed)
        number += 1
    guess.feed(b"", final=True)
    if number == 0:
        raise Refused("file_empty", _r("The file is empty."))
    return hashed.hexdigest(), guess.answer()


def lines(file: CaseFile, keys: Keyring) -> Iterator[tuple[int, dict[str, str]]]:
    """Each data line with its number as a spreadsheet shows it, as cells by column key. Empty lines are passed over."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(_text_lines(_chunks(file, keys), file.encoding))
    try:
        header = next(reader, [])
        places = match_header(header)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                row = {key: cells[place] if place < len(cells) else "" for key, place in places.items()}
                row[""] = "".join(cells[len(header) :]).strip()  # what stands beyond the header
                yield reader.line_num, row
    except csv.Error:
        raise Refused("not_a_csv", _r("Line %(line)s cannot be read as CSV."), line=reader.line_num) from None


def _chunks(file: CaseFile, keys: Keyring) -> Iterator[bytes]:
    """Piece by piece, each by its own query: the caller commits between them."""
    for number in count():
        piece = file.chunks.filter(number=number).first()
        if piece is None:
            return
        yield keys.open(bytes(piece.sealed), context=_place(file, number))


def _text_lines(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Text by lines, without ever holding the whole."""
    decoder, pending = codecs.getincrementaldecoder(encoding)("strict"), ""
    for data in chunks:
        *whole, pending = (pending + decoder.decode(data)).split("\n")
        yield from (f"{line}\n" for line in whole)
    if pending:
        yield pending


def _place(file: CaseFile, number: int) -> str:
    return f"case file|{file.ref}|{number}"
