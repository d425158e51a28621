"""How a refusal looks on a screen: its sentence in the reader's language."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext, pgettext

from ledger.core.refusals import Refused


def sentence(refused: Refused) -> str:
    """The refusal's sentence, translated and filled."""
    return gettext(refused.sentence) % refused.values


# The same, put into words when the screen's language is known.
said = lazy(sentence, str)


def _listed(labels: Iterable[Any]) -> str:
    return pgettext("between items of a list", ", ").join(str(label) for label in labels)


# Several labels in one value of a refusal, put into words when the screen's language is known.
listed = lazy(_listed, str)


def _spoken(sentences: Iterable[Any]) -> str:
    """One after the other, with the space between them that the language has."""
    spoken = ""
    for sentence in sentences:
        spoken = gettext("%(first)s %(second)s") % {"first": spoken, "second": sentence} if spoken else str(sentence)
    return spoken


# Several sentences in one.
spoken = lazy(_spoken, str)
