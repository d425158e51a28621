"""The journal: entries and their postings, the outbox of what has no log position yet, closed periods.

Moments, ids and hashes are written by ``posting.py``; no field here fills itself.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.db.models import F, Func, Q

from ledger.models.accounts import Account, Book, Fund
from ledger.policy.kinds import KINDS


def _looked_up(to: type[models.Model] | str, **more: Any) -> Any:
    """A reference that a law looks up for every new row (L5, L6), so that no foreign key has to do it again."""
    options = {"db_index": False, **more}
    return models.ForeignKey(to, on_delete=models.PROTECT, related_name="+", db_constraint=False, **options)


class KeyDigest(Func):
    """The first 128 bits of a key's SHA-256: what PostgreSQL keeps once for each event (L4), for it is half as long."""

    # A text becomes its bytes by this cast alone in an index, once its backslashes stand for themselves.
    template = r"substring(sha256(replace(%(expressions)s, '\', '\\')::bytea) FOR 16)"
    output_field = models.BinaryField()

    @staticmethod
    def of(key: str) -> bytes:
        return hashlib.sha256(key.encode()).digest()[:16]


def entries_with_keys(book: str, keys: Sequence[str]) -> "models.QuerySet[JournalEntry]":
    """The entries of a book's business events, by the index that keeps each key once."""
    return _with_keys(JournalEntry.objects.filter(book__code=book), keys)


def _with_keys(rows: "models.QuerySet[JournalEntry]", keys: Sequence[str]) -> "models.QuerySet[JournalEntry]":
    rows = rows.filter(idempotency_key__in=keys)
    if connection.vendor != "postgresql":
        return rows
    return rows.alias(digest=KeyDigest("idempotency_key")).filter(digest__in=[KeyDigest.of(key) for key in keys])


class DocumentEnd(Func):
    """The last characters of a document's reference, by which entries are looked up. References are random: their ends
    find an entry as well as all of them, in an index half as large.
    """

    LENGTH = 7
    # Written out: SQLite finds an index of an expression only by the same words.
    template = f"right(%(expressions)s, {LENGTH})"
    output_field = models.TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"substr(%(expressions)s, -{self.LENGTH})", **more)

    @classmethod
    def of(cls, document_ref: str) -> str:
        return document_ref[-cls.LENGTH :]


class OwnKey(Func):
    """The key of an event that is its document and nothing else: ``gift:…``, ``award:…``."""

    template = "(%(expressions)s)"
    arg_joiner = " || ':' || "
    output_field = models.TextField()

    @staticmethod
    def of(document_kind: str, document_ref: str) -> str:
        return f"{document_kind}:{document_ref}"


def _has_another_key() -> Q:
    """Entries that are not found by their key when one knows their document: those are in an index of their own."""
    return ~Q(idempotency_key=OwnKey("document_kind", "document_ref"))


def entries_of_document(reference: str, *, books: Sequence[str]) -> "models.QuerySet[JournalEntry]":
    """Entries whose document has this reference, by two indexes: of keys, for which books are asked, and of the rest,
    which may be of other books.
    """
    kinds = {kind.document_kind for kind in KINDS.values()}
    own = _with_keys(JournalEntry.objects.filter(book__code__in=books), [OwnKey.of(kind, reference) for kind in kinds])
    # The whole reference is compared outside: here SQLite would put it into the expression, and miss the index.
    rest = JournalEntry.objects.filter(_has_another_key()).alias(end=DocumentEnd("document_ref"))
    found = own.values("id").union(rest.filter(end=DocumentEnd.of(reference)).values("id"), all=True)
    return JournalEntry.objects.filter(id__in=found, document_ref=reference)


class JournalEntry(models.Model):
    """One business event. Written last, after its postings: its insert checks and seals them (L11)."""

    id = models.UUIDField(primary_key=True)
    book = _looked_up(Book)
    kind = models.CharField(max_length=20)
    effective_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    idempotency_key = models.CharField(max_length=120)
    input_hash = models.BinaryField()
    document_kind = models.CharField(max_length=16)
    document_ref = models.CharField(max_length=64)
    reverses = _looked_up("self", null=True)
    facts = models.TextField()
    commitment = models.BinaryField(null=True)
    posting_count = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "idempotency_key"], name="ledger_entry_key_once"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="ledger_entry_reversed_once"
            ),
            models.CheckConstraint(condition=Q(posting_count__gte=1), name="ledger_entry_has_postings"),
            models.CheckConstraint(condition=~Q(document_ref=""), name="ledger_entry_names_document"),
        ]
        indexes = [
            models.Index(DocumentEnd("document_ref"), condition=_has_another_key(), name="ledger_entry_document_rest")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.document_ref}"


class Posting(models.Model):
    """One positive amount, moved inside one fund from the account credited to the account debited."""

    pk = models.CompositePrimaryKey("entry_id", "line")
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="+", db_index=False)
    line = models.PositiveSmallIntegerField()
    book = _looked_up(Book)
    fund = _looked_up(Fund)
    debit_account = _looked_up(Account)
    credit_account = _looked_up(Account)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="ledger_posting_amount_positive"),
            models.CheckConstraint(condition=Q(line__gte=1), name="ledger_posting_line_counted"),
            models.CheckConstraint(condition=~Q(debit_account=F("credit_account")), name="ledger_posting_sides_differ"),
        ]


class Outbox(models.Model):
    """Entries and notices that are committed and have no log position yet. The seal fills it, the sequencer empties it.

    The sequencer's order is the only key: a row's moment is its entry's own (L9), so it is as good as the id alone.

    The only table of the books whose rows go away; verify proves that nothing gets lost between it and the log.
    """

    pk = models.CompositePrimaryKey("recorded_at", "subject_id")
    subject_id = models.UUIDField()
    is_notice = models.BooleanField()
    recorded_at = models.DateTimeField()


class Period(models.Model):
    """A closed accounting period of a book: no more postings dated inside (L7)."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    starts_on = models.DateField()
    ends_on = models.DateField()
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "starts_on"], name="ledger_period_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="ledger_period_runs_forward"),
        ]
