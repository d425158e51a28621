"""What becomes of each line of a case list: taken in, corrected, known already, or refused with every reason."""

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
    rows: int = 0
    duplicates: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys((CREATED, UPDATED, UNCHANGED, REJECTED), 0))

    def judge(self, cells: dict[str, str]) -> Verdict:
        """The verdict about one line, counted."""
        verdict = self._verdict(cells)
        self.rows += 1
        self.outcomes[verdict.outcome] += 1
        self.duplicates += verdict.is_duplicate
        return verdict

    @property
    def has_too_many_duplicates(self) -> bool:
        return self.duplicates * 10_000 > self.rows * options.number("RELIEF_BREAKER_BPS")

    def _verdict(self, cells: dict[str, str]) -> Verdict:
        record, errors = read_record(cells, self.words)
        node = self._node(cells.get("node", "").strip())
        if cells.get("node", "").strip() and node is None:
            errors.append(RowError("node", "unknown_node"))
        if record is None or errors:
            return Verdict(REJECTED, errors=tuple(errors))
        row_hash = hash_of(record, self.keys)
        if record.source_number in self.numbers:
            return Verdict(REJECTED, errors=(RowError("source_number", "repeated_row"),))
        self.numbers.add(record.source_number)
        known = self._known(record)
        if known is not None:
            return self._again(known, record, node, row_hash)
        if error := self._duplicate(record):
            return Verdict(REJECTED, errors=(error,))
        return Verdict(CREATED, record=record, node=node, row_hash=row_hash, is_suspect=self._is_suspect(record))

    def _known(self, record: Record) -> Case | None:
        return (
            Case.objects.filter(
                organisation=self.file.organisation, source=self.file.source, source_number=record.source_number
            )
            .select_related("identity", "organisation")
            .first()
        )

    def _again(self, case: Case, record: Record, node: Jurisdiction | None, row_hash: str) -> Verdict:
        if case.row_hash == row_hash:
            return Verdict(UNCHANGED, case=case)
        if case.identity.erased_at or case.state in ("CLOSED", "MERGED", "SEALED"):
            return Verdict(UNCHANGED, case=case)
        if case.identity.id_number_hash != self._hash("id_number", record.identity["id_number"]):
            return Verdict(REJECTED, errors=(RowError("id_number", "identity_changed"),))
        return Verdict(UPDATED, record=record, case=case, node=node, row_hash=row_hash)

    def _duplicate(self, record: Record) -> RowError | None:
        """Certain duplicates: the same household for the same purpose, or the same person in another household."""
        household = household_hash(record, self.keys)
        purposes = {purpose for purpose, _minor, _currency in record.needs}
        person = self._hash("id_number", record.identity["id_number"])
        open_cases = Case.objects.filter(organisation=self.file.organisation, state__in=CASE_OPEN_STATES)
        key = "household_number" if record.household_number else "id_number"
        if (
            any((household, purpose) in self.households for purpose in purposes)
            or open_cases.filter(household__number_hash=household, needs__purpose__in=purposes).exists()
        ):
            return RowError(key, "duplicate_household")
        if (
            self.people.get(person, household) != household
            or open_cases.filter(identity__id_number_hash=person).exclude(household__number_hash=household).exists()
        ):
            return RowError("id_number", "person_in_other_household")
        self.households.update((household, purpose) for purpose in purposes)
        self.people[person] = household
        return None

    def _is_suspect(self, record: Record) -> bool:
        """Another person has the same phone or account: perhaps a family, perhaps not. A person looks at it."""
        person = self._hash("id_number", record.identity["id_number"])
        others = Identity.objects.filter(organisation=self.file.organisation).exclude(id_number_hash=person)
        return any(
            others.filter(**{f"{field}_hash": self._hash(field, record.identity[field])}).exists()
            for field in ("phone", "account")
            if record.identity.get(field)
        )

    def _hash(self, field: str, value: str) -> str:
        return self.keys.keyed_hash(field, vault.normalise(field, value))

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
