"""What was found: findings with their sentences, notes on what was not looked at, and the exit code."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ledger.auditor.sentences import SENTENCES
from ledger.auditor.words import KINDS, NOTES, text_of

# Of one kind so many are told one by one; the rest is counted.
MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: its kind (and so its exit code), and its sentence with values."""

    kind: str
    sentence: str
    values: dict[str, Any]

    def text(self, lang: str) -> str:
        return text_of(SENTENCES[self.sentence][1:], lang) % self.values


class Report:
    """Collects findings and notes; tells nobody."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.notes: list[tuple[str, dict[str, Any]]] = []

    def add(self, sentence: str, **values: Any) -> None:
        """Something does not hold."""
        kind = SENTENCES[sentence][0]
        self.counts[kind] += 1
        if self.counts[kind] <= MOST_TOLD:
            self.findings.append(Finding(kind, sentence, values))

    def note(self, sentence: str, **values: Any) -> None:
        """Something was not looked at, or cannot be known."""
        self.notes.append((sentence, values))

    def note_texts(self, lang: str) -> list[str]:
        return [text_of(NOTES[name], lang) % values for name, values in self.notes]

    @property
    def exit_code(self) -> int:
        """Zero when nothing was found; else the lowest code found: it names what is most fundamental."""
        return min((KINDS[kind].code for kind in self.counts), default=0)

    def ordered(self) -> list[Finding]:
        """Findings, most fundamental first."""
        return sorted(self.findings, key=lambda finding: KINDS[finding.kind].code)


class Stop(Exception):
    """Nothing further can be checked. The finding is in the report already."""
