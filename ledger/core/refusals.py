"""Refusals: a stable code, a sentence a person can act on, and the values in it.

The sentence is an English template with named places (``%(fund)s``). It is the message id of the translation, so the
faces show the same refusal in the reader's language; nothing here knows which language that is.
"""

from typing import Any


def refusal_text(sentence: str) -> str:
    """Mark a sentence for translation without importing a translator (the core is pure)."""
    return sentence


class Refused(Exception):
    """Something was asked that a rule does not allow. Nothing has been written.

    ``code`` is stable and may be shown to machines, ``sentence`` is a template, ``values`` fills it.
    """

    def __init__(self, code: str, sentence: str, /, **values: Any) -> None:
        self.code = code
        self.sentence = sentence
        self.values = values
        super().__init__(code)

    def __str__(self) -> str:
        return f"{self.sentence % self.values} [{self.code}]"
