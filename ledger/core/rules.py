"""Rules every draft obeys, each a function that returns its faults. Their twins in the database are in ``ledger/sql/``.

The list is closed: nothing outside extends it. A draft is refused with all its faults at once.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ledger.core.canonical import check_canonical
from ledger.core.money import EXPONENTS, LARGEST_MINOR

if TYPE_CHECKING:
    from ledger.core.entries import Draft

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
REFERENCE = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
LARGEST_FACTS = 2_000


def has_lines(draft: "Draft") -> list[str]:
    """An entry moves money: at least one posting."""
    return [] if draft.lines else ["an entry needs at least one posting"]


def amounts_are_positive(draft: "Draft") -> list[str]:
    """L2: one positive whole amount a posting."""
    return [
        f"line {number}: the amount must be a whole number from 1 to {LARGEST_MINOR}"
        for number, line in enumerate(draft.lines, 1)
        if type(line.amount_minor) is not int or not 0 < line.amount_minor <= LARGEST_MINOR
    ]


def sides_differ(draft: "Draft") -> list[str]:
    """L2: money moves from one account to another."""
    return [
        f"line {number}: the debit and the credit account are the same"
        for number, line in enumerate(draft.lines, 1)
        if line.debit == line.credit
    ]


def currencies_are_known(draft: "Draft") -> list[str]:
    """L6, first half: a currency is one of the table."""
    return [
        f"line {number}: unknown currency {line.currency}"
        for number, line in enumerate(draft.lines, 1)
        if line.currency not in EXPONENTS
    ]


def codes_are_plain(draft: "Draft") -> list[str]:
    """Book and fund codes are short plain text, fit for leaves and addresses."""
    codes = {"book": draft.book, **{f"line {n}: fund": line.fund for n, line in enumerate(draft.lines, 1)}}
    return [
        f"{where} code {code!r} is not of the form a-z, 0-9, -" for where, code in codes.items() if not CODE.match(code)
    ]


def document_is_opaque(draft: "Draft") -> list[str]:
    """L10: every entry names a document, and only by an opaque reference."""
    return [] if REFERENCE.match(draft.document_ref) else ["the document reference must be 8 to 64 plain characters"]


def facts_are_canonical(draft: "Draft") -> list[str]:
    """Facts go into the public leaf: small, and with certain bytes."""
    try:
        check_canonical(dict(draft.facts))
    except (ValueError, UnicodeEncodeError) as fault:
        return [f"facts: {fault}"]
    return [] if len(str(draft.facts)) <= LARGEST_FACTS else ["facts are too long for a public leaf"]


def lines_are_few(draft: "Draft") -> list[str]:
    """A leaf has at most 65,535 bytes; 200 postings stay below that with room to spare."""
    return [] if len(draft.lines) <= 200 else ["an entry holds 200 postings at most; split the event"]


RULES: tuple[Callable[["Draft"], list[str]], ...] = (
    has_lines,
    amounts_are_positive,
    sides_differ,
    currencies_are_known,
    codes_are_plain,
    document_is_opaque,
    facts_are_canonical,
    lines_are_few,
)


def faults(draft: "Draft") -> list[str]:
    """All faults of a draft, in the order of the rules."""
    return [fault for rule in RULES for fault in rule(draft)]
