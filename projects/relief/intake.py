"""What becomes of each line of a case list: taken in, corrected, known already, or refused with every reason."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.timezone import localtime

from projects.catalog.models import Purpose
from projects.organisations.models import Jurisdiction

from . import options, vault
from .columns import DUPLICATE_CODES, plain_word
from .models import Case, CaseCategory, CaseFile, Identity
from .records import Record, RowError, Vocabulary, read_record
from .sealing import Keyring
from .states import CASE_OPEN_STATES

SHARED = ("phone", "account")
CREATED, UPDATED, UNCHANGED, REJECTED = "created", "updated", "unchanged", "rejected"


@dataclass(frozen=True)
class Verdict:
    outcome: str
    record: Record | None = None
    case: Case | None = None
    node: Jurisdiction | None = None
    row_hash: str = ""
    is_suspect: bool = False
    errors: tuple[RowError, ...] = ()

    @property
    def is_duplicate(self) -> bool:
        return any(error.code in DUPLICATE_CODES for error in self.errors)


@dataclass(frozen=True)
class Known:
    """What the tables hold already about the people of one batch of lines, asked in five queries for all of them."""

    cases: dict[str, Case]
    households: frozenset[tuple[str, str]]
    people: dict[str, set[str]]
    owners: dict[tuple[str, str], set[str]]


@dataclass
class Reading:
    """One pass through a file: its words and keys, what it has met so far, what it has counted."""

    file: CaseFile
    keys: Keyring
    words: Vocabulary
    nodes: dict[str, Jurisdiction | None] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    households: set[tuple[str, str]] = field(default_factory=set)
    people: dict[str, str] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    rows: int = 0
    duplicates: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys((CREATED, UPDATED, UNCHANGED, REJECTED), 0))

    def judge(self, batch: list[dict[str, str]]) -> list[Verdict]:
        """The verdicts about some lines, counted."""
        read = [self._read(cells) for cells in batch]
        known = self._known([record for record, _errors in read if record is not None])
        verdicts = [
            self._verdict(record, known) if record else Verdict(REJECTED, errors=tuple(errors))
            for record, errors in read
        ]
        self.rows += len(verdicts)
        for verdict in verdicts:
            self.outcomes[verdict.outcome] += 1
            self.duplicates += verdict.is_duplicate
        return verdicts

    @property
    def has_too_many_duplicates(self) -> bool:
        return self.duplicates * 10_000 > self.rows * options.number("RELIEF_BREAKER_BPS")

    def _read(self, cells: dict[str, str]) -> tuple[Record | None, list[RowError]]:
        record, errors = read_record(cells, self.words)
        code = cells.get("node", "").strip()
        if code and self._node(code) is None:
            errors.append(RowError("node", "unknown_node"))
        return (None if errors else record), errors

    def _known(self, records: list[Record]) -> Known:
        """Everything the rules ask about these records."""
        ours = {"organisation": self.file.organisation}
        numbers = [record.source_number for record in records]
        people = [self._hash("id_number", record.identity["id_number"]) for record in records]
        open_cases = Case.objects.filter(**ours, state__in=CASE_OPEN_STATES)
        cases = Case.objects.filter(**ours, source=self.file.source, source_number__in=numbers)
        households = open_cases.filter(household__number_hash__in=[household_hash(r, self.keys) for r in records])
        same_people = open_cases.filter(identity__id_number_hash__in=people)
        found_people: dict[str, set[str]] = defaultdict(set)
        for person, household in same_people.values_list("identity__id_number_hash", "household__number_hash"):
            found_people[person].add(household)
        return Known(
            cases={case.source_number: case for case in cases.select_related("identity", "organisation")},
            households=frozenset(households.values_list("household__number_hash", "needs__purpose_id")),
            people=found_people,
            owners=self._known_owners(records),
        )

    def _known_owners(self, records: list[Record]) -> dict[tuple[str, str], set[str]]:
        """Who has these phones and accounts, by the hash of their identity numbers."""
        owners: dict[tuple[str, str], set[str]] = defaultdict(set)
        for name in SHARED:
            hashes = [self._hash(name, record.identity[name]) for record in records if record.identity.get(name)]
            found = Identity.objects.filter(organisation=self.file.organisation, **{f"{name}_hash__in": hashes})
            for value, person in found.values_list(f"{name}_hash", "id_number_hash"):
                owners[name, value].add(person)
        return owners

    def _verdict(self, record: Record, known: Known) -> Verdict:
        row_hash = hash_of(record, self.keys)
        if record.source_number in self.numbers:
            return Verdict(REJECTED, errors=(RowError("source_number", "repeated_row"),))
        self.numbers.add(record.source_number)
        node = self._node(record.node)
        case = known.cases.get(record.source_number)
        if case is not None:
            return self._again(case, record, node, row_hash)
        if error := self._duplicate(record, known):
            return Verdict(REJECTED, errors=(error,))
        is_suspect = self._is_suspect(record, known)
        return Verdict(CREATED, record=record, node=node, row_hash=row_hash, is_suspect=is_suspect)

    def _again(self, case: Case, record: Record, node: Jurisdiction | None, row_hash: str) -> Verdict:
        if case.row_hash == row_hash:
            return Verdict(UNCHANGED, case=case)
        if case.identity.erased_at or case.state in ("CLOSED", "MERGED", "SEALED"):
            return Verdict(UNCHANGED, case=case)
        if case.identity.id_number_hash != self._hash("id_number", record.identity["id_number"]):
            return Verdict(REJECTED, errors=(RowError("id_number", "identity_changed"),))
        return Verdict(UPDATED, record=record, case=case, node=node, row_hash=row_hash)

    def _duplicate(self, record: Record, known: Known) -> RowError | None:
        """Certain duplicates: the same household for the same purpose, or the same person in another household."""
        household = household_hash(record, self.keys)
        asked = {(household, purpose) for purpose, _minor, _currency in record.needs}
        person = self._hash("id_number", record.identity["id_number"])
        if asked & self.households or asked & known.households:
            return RowError("household_number" if record.household_number else "id_number", "duplicate_household")
        if self.people.get(person, household) != household or known.people.get(person, set()) - {household}:
            return RowError("id_number", "person_in_other_household")
        self.households |= asked
        self.people[person] = household
        return None

    def _is_suspect(self, record: Record, known: Known) -> bool:
        """Another person has the same phone or account: perhaps a family, perhaps not. A person looks at it."""
        person = self._hash("id_number", record.identity["id_number"])
        is_suspect = False
        for name in SHARED:
            if not record.identity.get(name):
                continue
            key = (name, self._hash(name, record.identity[name]))
            others = known.owners.get(key, set()) | {self.owners.setdefault(key, person)}
            is_suspect = is_suspect or bool(others - {person})
        return is_suspect

    def _hash(self, name: str, value: str) -> str:
        return self.keys.keyed_hash(name, vault.normalise(name, value))

    def _node(self, code: str) -> Jurisdiction | None:
        if code not in self.nodes:
            self.nodes[code] = Jurisdiction.objects.filter(code=code).first()
        return self.nodes[code]


def begin(file: CaseFile, keys: Keyring, *, at: datetime) -> Reading:
    """A fresh pass through a file."""
    return Reading(file=file, keys=keys, words=vocabulary(file.organisation, at=at))


def vocabulary(organisation, *, at: datetime) -> Vocabulary:
    """The words of categories and purposes as the tables have them, and how the organisation may be named."""
    categories = {
        plain_word(word): row.code
        for row in CaseCategory.objects.all()
        for word in (row.code, row.name_zh, row.name_en, *row.aliases)
    }
    purposes = {
        plain_word(word): row.code for row in Purpose.objects.all() for word in (row.code, row.name_zh, row.name_en)
    }
    named = (organisation.ref, organisation.slug, organisation.name_zh, organisation.name_en, organisation.credit_code)
    return Vocabulary(
        categories=categories,
        purposes=purposes,
        recipients=frozenset(plain_word(name) for name in named if name),
        at=localtime(at),
        guardian_age=options.number("RELIEF_GUARDIAN_AGE"),
    )


def household_hash(record: Record, keys: Keyring) -> str:
    """The household's number, or the applicant's where the source has no such number."""
    if record.household_number:
        return keys.keyed_hash("household", vault.normalise("household", record.household_number))
    return keys.keyed_hash("household", "person " + vault.normalise("id_number", record.identity["id_number"]))


def hash_of(record: Record, keys: Keyring) -> str:
    """One keyed number for everything the record says."""
    return keys.keyed_hash("row", repr([(name, getattr(record, name)) for name in sorted(Record.__dataclass_fields__)]))
