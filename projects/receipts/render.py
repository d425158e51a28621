"""A receipt as a PDF. The one file that imports WeasyPrint.

No character is ever shown as an empty box in silence: when a font is missing, the receipt says so in letters that every
machine has, names what it could not show, and is not kept.
"""

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NoReturn

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from weasyprint import CSS, HTML, Attachment
from weasyprint.logger import LOGGER
from weasyprint.urls import URLFetcher

from ledger import reading
from projects.access.languages import in_language
from projects.giving.hand_models import GOODS, HandGift
from projects.giving.models import Gift
from projects.receipts import codes, storage
from projects.receipts.capital import capital_with_currency
from projects.receipts.models import Receipt, ReceiptDonor
from projects.receipts.proofs import Proof, proof_of
from projects.receipts.statements import Statement

# Signs a Chinese receipt cannot do without; the system check draws them.
SPECIMEN = "善款收据人民币壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整作废"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A PDF, the characters that no font on this machine could show, and how many pages it has."""

    pdf: bytes
    missing: tuple[str, ...]
    pages: int


def pdf_of(receipt: Receipt, *, language: str) -> bytes:
    """The receipt in a language: as kept, or drawn now. With its proof inside, once the log has signed its entry."""
    proof = _proof(receipt)
    html = page(receipt, language=language, proof=proof)
    digest = hashlib.sha256(html.encode() + (proof.leaf + proof.text.encode() if proof else b"")).hexdigest()[:32]
    kept = storage.fetch(receipt, digest)
    if kept is not None:
        return kept
    drawn = draw(html, proof)
    if drawn.missing:
        return draw(page(receipt, language=language, proof=proof, missing=drawn.missing), proof).pdf
    storage.keep(receipt, digest, drawn.pdf)
    return drawn.pdf


def page(receipt: Receipt, *, language: str, proof: Proof | None = None, missing: tuple[str, ...] = ()) -> str:
    """The receipt as HTML, styles included. Equal content gives equal bytes, so that a drawing can be kept by it."""
    with translation.override(language):
        return render_to_string("receipts/receipt.html", _context(receipt, language, missing) | {"proof": proof})


def statement_pdf(statement: Statement, *, language: str) -> bytes:
    """A statement in a language. It is drawn each time and kept nowhere: receipts may become void between."""
    return draw_statement(statement, language=language).pdf


def draw_statement(statement: Statement, *, language: str) -> Drawn:
    """The same with its number of pages. What no font could show is named on it, and in the answer."""
    drawn = draw(statement_page(statement, language))
    if not drawn.missing:
        return drawn
    return replace(draw(statement_page(statement, language, drawn.missing)), missing=drawn.missing)


def statement_page(statement: Statement, language: str, missing: tuple[str, ...] = ()) -> str:
    """A statement as HTML, styles included."""
    with translation.override(language):
        context = {
            "statement": statement,
            "donor": statement.donor,
            "html_language": "zh-Hans" if language.startswith("zh") else language,
            "drawn_on": timezone.localtime(statement.at).date(),
            "check_url": settings.SITE_URL + reverse("receipt_check"),
            "demo": settings.DEMO,
            "missing": [f"U+{ord(sign):04X}" for sign in missing],
        }
        return render_to_string("receipts/statement.html", context)


def draw(html: str, proof: Proof | None = None) -> Drawn:
    """HTML as a PDF/A-3, and what could not be shown. Nothing is fetched from anywhere."""
    pages: list[int] = []
    before, style, after = _apart(html)
    with _unshown() as missing:
        pdf = HTML(string=before + after, url_fetcher=_FetchesNothing()).write_pdf(
            stylesheets=[_sheet(style)],
            finisher=lambda document, _pdf: pages.append(len(document.pages)),
            pdf_variant="pdf/a-3u",
            pdf_tags=True,
            attachments=list(_attachments(proof)) if proof else [],
        )
    return Drawn(pdf, tuple(sorted(missing)), sum(pages))


def _apart(html: str) -> tuple[str, str, str]:
    """A page without the style in its head, and that style."""
    before, _, rest = html.partition("<style>")
    style, _, after = rest.partition("</style>")
    return before, style, after


@lru_cache(maxsize=16)
def _sheet(style: str) -> CSS:
    """A style, read once: thousands of papers have the same, and reading it is a tenth of drawing one."""
    return CSS(string=style, url_fetcher=_FetchesNothing())


def _attachments(proof: Proof) -> Iterator[Attachment]:
    """The entry as it stands in the public log, and its proof file."""
    for name, text in ((proof.leaf_name, proof.leaf), (proof.name, proof.text.encode())):
        moments = {"created": proof.signed_at, "modified": proof.signed_at}
        yield Attachment(string=text, name=name, description=name, relationship="Supplement", **moments)


def _proof(receipt: Receipt) -> Proof | None:
    entry_id = receipt.gift.entry_id
    return None if entry_id is None else proof_of(entry_id)


def unshown_of(text: str) -> tuple[str, ...]:
    """The characters of a text that no font on this machine can show."""
    return draw(f'<html lang="zh-Hans"><body>{text}</body></html>').missing


def _context(receipt: Receipt, language: str, missing: tuple[str, ...]) -> dict[str, object]:
    if receipt.gift.entry_id is None:
        raise ValueError("a receipt is issued for a settled gift, and a settled gift has its entry")
    entry = reading.entry(receipt.gift.entry_id)
    return {
        "receipt": receipt,
        "language": language,
        "html_language": "zh-Hans" if language.startswith("zh") else language,
        "donor": receipt.donor,
        "goods": goods_of(receipt.gift),
        "is_named": receipt.donor.kind == ReceiptDonor.Kind.NAMED and not receipt.donor.erased_at,
        "amount_text": capital_with_currency(receipt.amount_minor, receipt.currency),
        "other_issuer_name": _other_name(receipt, language),
        "issued_on": timezone.localtime(receipt.issued_at).date(),
        "voided_on": timezone.localtime(receipt.void.at).date() if receipt.is_void else None,
        "position": entry.position,
        "leaf_hash": entry.leaf_hash_hex,
        "code": codes.shown(receipt.check_code),
        "private_url": f"{settings.SITE_URL}/{language}/gift/{receipt.gift.trace_token}/",
        "check_url": settings.SITE_URL + reverse("receipt_check"),
        "check_link": check_link(receipt),
        "square": mark_safe(square_of(check_link(receipt))),
        "demo": settings.DEMO,
        "missing": [f"U+{ord(sign):04X}" for sign in missing],
    }


def goods_of(gift: Gift) -> HandGift | None:
    """What was given where it was not money. Its facts never change, so that the receipt says the same for ever."""
    return HandGift.objects.filter(gift=gift).exclude(goods="").first() if gift.channel == GOODS else None


def check_link(receipt: Receipt) -> str:
    """The check page's address in the language in force, with what stands on the receipt typed in. No name is in it."""
    asked = urlencode({"number": receipt.number, "code": receipt.check_code})
    return f"{settings.SITE_URL}{reverse('receipt_check')}?{asked}"


def square_of(address: str) -> str:
    """An address as a QR code, an SVG to stand in a page; it is read with 15% of it folded or stained."""
    square = segno.make(address, error="m", boost_error=False, micro=False)
    return str(square.svg_inline(border=4, dark="#1d2129", light="#fff", omitsize=True, svgclass=None, lineclass=None))


def _other_name(receipt: Receipt, language: str) -> str:
    """The issuer's name in the other language, where there is one."""
    other = "en" if language.startswith("zh") else "zh-hans"
    name = in_language(receipt.issuer_name_zh, receipt.issuer_name_en, other)
    return name if name != receipt.issuer_name else ""


class _FetchesNothing(URLFetcher):
    """A receipt is whole in itself: whatever its text contains, no file is opened and no network asked."""

    def fetch(self, url: str, headers: object = None) -> NoReturn:
        raise ValueError("A receipt fetches nothing.")


class _Missing(logging.Handler):
    """Hears WeasyPrint say which characters no font could show, in this thread only: others may be drawing too."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.signs: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread and ".notdef glyph" in str(record.msg) and isinstance(record.args, tuple):
            self.signs.add(str(record.args[0]))


@contextmanager
def _unshown() -> Iterator[set[str]]:
    handler = _Missing()
    LOGGER.addHandler(handler)
    try:
        yield handler.signs
    finally:
        LOGGER.removeHandler(handler)
