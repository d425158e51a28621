"""Files of platforms and banks, in three layers: the raw row kept for ever, the normal row, and what was posted.

The laws that matter also stand in the database (sql/): raw rows never change but for a person's blanked cells, a
row's state is decided once, a file moves along the table.
"""

from django.db import models
from django.db.models import Q

from projects.access.languages import in_language
from projects.access.refs import new_ref
from projects.settlement.adjustment_models import Adjustment
from projects.settlement.mapping import shipped_mapping
from projects.settlement.states import COUNTED, LINES_COUNTED
from projects.settlement.words import Answer, FileState, Kind, LineState, RowState, Source

__all__ = [
    "Adjustment",
    "GiftsBrought",
    "OwnMapping",
    "RawRow",
    "SettlementFile",
    "SettlementRow",
    "StatementLine",
    "UnexplainedItem",
]


def actor(**options) -> models.CharField:
    """Who acted, by reference: a person or a part of the system."""
    return models.CharField(max_length=64, **options)


def paired(act: str) -> Q:
    """A moment without its actor, or an actor without the moment, is half a fact."""
    moment, who = f"{act}_at__isnull", f"{act}_by_ref"
    return (Q(**{moment: True}) & Q(**{who: ""})) | (Q(**{moment: False}) & ~Q(**{who: ""}))


class SettlementFile(models.Model):
    """One file as it came, read once: the same bytes again add nothing. `rows_done` is how far the import has come."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="settlement_files")
    # Who receives rows that name no project; empty for the charity itself.
    project = models.ForeignKey("catalog.Project", models.PROTECT, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=16, choices=Source)
    provider = models.CharField(max_length=32)
    mapping_code = models.CharField(max_length=64)
    # The mapping as it was: a file is explained by the words it was read with, not by today's.
    mapping_text = models.TextField()
    file_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # The platform's own number of this settlement, as it may stand on the bank's line.
    batch_ref = models.CharField(max_length=64, blank=True)
    # What the platform says elsewhere (its summary page); compared when given.
    stated_rows = models.PositiveIntegerField(null=True, blank=True)
    stated_minor = models.BigIntegerField(null=True, blank=True)

    state = models.CharField(max_length=16, choices=FileState, default=FileState.RECEIVED)
    # Counted by reading the whole file before the first row is taken in.
    rows_total = models.PositiveIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # What should reach the bank: gifts − fees − refunds ± suspense of this file. Set when it is complete.
    expected_minor = models.BigIntegerField(null=True)
    last_on = models.DateField(null=True)
    received_by_ref = actor()
    received_at = models.DateTimeField()
    started_by_ref = actor(blank=True)
    started_at = models.DateTimeField(null=True)
    progress_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    notice_id = models.UUIDField(null=True)

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="settlement_file_read_once",
                fields=["organisation", "sha256"],
                condition=~Q(state=FileState.DISCARDED),
            ),
            models.CheckConstraint(name="settlement_file_started_at_by", condition=paired("started")),
            models.CheckConstraint(
                name="settlement_file_done_within_total", condition=Q(rows_done__lte=models.F("rows_total"))
            ),
            models.CheckConstraint(
                name="settlement_file_complete_is_stated",
                condition=~Q(state=FileState.COMPLETE)
                | Q(notice_id__isnull=False, expected_minor__isnull=False, rows_done=models.F("rows_total")),
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def provider_name(self) -> str:
        """Whose list it is, in the reader's language: the name of a shipped mapping, else the charity's own word."""
        shipped = shipped_mapping(self.mapping_code)
        return in_language(shipped.name_zh, shipped.name_en) if shipped else self.provider


class RawRow(models.Model):
    """One row as it came, for ever. What could name a person lies in `person`, apart, and can be blanked.

    `digest` covers the other cells and `person_hash`; the hash is keyed by `salt`, which goes with the person.
    """

    # Found by file and number; nothing is ever deleted that a row of its own would be looked up for.
    file = models.ForeignKey(SettlementFile, models.PROTECT, related_name="raw_rows", db_index=False)
    number = models.PositiveIntegerField()
    cells = models.TextField()
    person = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True)
    person_hash = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["file", "number"]
        constraints = [models.UniqueConstraint(name="raw_row_number_once", fields=["file", "number"])]


class SettlementRow(models.Model):
    """A platform's row in normal form, and what became of it. Amounts are signed: + came in, − went out."""

    ref = models.CharField(max_length=32, default=new_ref, editable=False)
    # As few indexes as there are questions: a file has millions of rows.
    file = models.ForeignKey(SettlementFile, models.PROTECT, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind)
    state = models.CharField(max_length=16, choices=RowState)
    # The code of why it is rejected, in suspense or known already.
    problem = models.CharField(max_length=40, blank=True)
    row_id = models.CharField(max_length=128, blank=True)
    origin_id = models.CharField(max_length=128, blank=True)
    # Names the money: the provider's row number, else the place in the file. Never what the row says.
    dedupe_key = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    on = models.DateField(null=True)
    project = models.ForeignKey("catalog.Project", models.PROTECT, null=True, related_name="+", db_index=False)
    gift = models.ForeignKey("giving.Gift", models.PROTECT, null=True, related_name="settlement_rows", db_index=False)
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="duplicates", db_index=False)
    entry_id = models.UUIDField(null=True)

    class Meta:
        ordering = ["file", "number"]
        indexes = [models.Index(fields=["file", "state"])]
        constraints = [
            models.UniqueConstraint(name="settlement_row_ref_once", fields=["ref"]),
            models.UniqueConstraint(name="settlement_row_number_once", fields=["file", "number"]),
            models.UniqueConstraint(
                name="settlement_row_money_once", fields=["dedupe_key"], condition=Q(state__in=list(COUNTED))
            ),
            models.CheckConstraint(name="settlement_row_fee_not_negative", condition=Q(fee_minor__gte=0)),
            models.CheckConstraint(
                name="settlement_row_gift_in_the_books",
                condition=~Q(state=RowState.GIFT)
                | Q(kind=Kind.GIFT, amount_minor__gt=0, gift__isnull=False, entry_id__isnull=False),
            ),
            models.CheckConstraint(
                name="settlement_row_back_in_the_books",
                condition=~Q(state__in=[RowState.REFUND, RowState.FEE])
                | Q(kind=models.F("state"), amount_minor__lt=0, entry_id__isnull=False),
            ),
            models.CheckConstraint(
                name="settlement_row_payout_left",
                condition=~Q(state=RowState.PAYOUT) | Q(kind=Kind.PAYOUT, amount_minor__lt=0),
            ),
            models.CheckConstraint(
                name="settlement_row_suspense_in_the_books",
                condition=~Q(state=RowState.SUSPENSE) | (Q(entry_id__isnull=False) & ~Q(problem="")),
            ),
            models.CheckConstraint(
                name="settlement_row_duplicate_of_something",
                condition=~Q(state=RowState.DUPLICATE) | Q(duplicate_of__isnull=False) | Q(gift__isnull=False),
            ),
            models.CheckConstraint(
                name="settlement_row_rejected_says_why", condition=~Q(state=RowState.REJECTED) | ~Q(problem="")
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def net_minor(self) -> int:
        """What the row does to what the platform owes: its amount after its own fee."""
        return self.amount_minor - self.fee_minor


class GiftsBrought(models.Model):
    """What a complete file brought to a project, counted when it ended: rows have no index by project. Written once."""

    file = models.ForeignKey(SettlementFile, models.PROTECT, related_name="brought", db_index=False)
    project = models.ForeignKey("catalog.Project", models.PROTECT, related_name="+")
    gifts = models.PositiveIntegerField()
    # Minor units of the file's currency, before fees.
    gifts_minor = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(name="gifts_brought_once", fields=["file", "project"])]

    def __str__(self) -> str:
        return f"{self.file_id} {self.project_id}"


class StatementLine(models.Model):
    """One line of a bank statement. A credit is a platform's payout, or suspense until somebody explains it."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    file = models.ForeignKey(SettlementFile, models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=LineState)
    problem = models.CharField(max_length=40, blank=True)
    line_id = models.CharField(max_length=128, blank=True)
    dedupe_key = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    on = models.DateField(null=True)
    # What it paid out: a whole settlement file, or one payout row of a file.
    settlement = models.OneToOneField(SettlementFile, models.PROTECT, null=True, related_name="bank_line")
    payout_row = models.OneToOneField(SettlementRow, models.PROTECT, null=True, related_name="bank_line")
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="duplicates")
    entry_id = models.UUIDField(null=True)

    class Meta:
        ordering = ["file", "number"]
        constraints = [
            models.UniqueConstraint(name="statement_line_number_once", fields=["file", "number"]),
            models.UniqueConstraint(
                name="statement_line_money_once", fields=["dedupe_key"], condition=Q(state__in=list(LINES_COUNTED))
            ),
            models.CheckConstraint(
                name="statement_line_explained",
                condition=~Q(state=LineState.SETTLEMENT)
                | (
                    Q(amount_minor__gt=0, entry_id__isnull=False)
                    & (
                        Q(settlement__isnull=False, payout_row__isnull=True)
                        | Q(settlement__isnull=True, payout_row__isnull=False)
                    )
                ),
            ),
            models.CheckConstraint(
                name="statement_line_suspense_in_the_books",
                condition=~Q(state=LineState.SUSPENSE) | Q(amount_minor__gt=0, entry_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def net_minor(self) -> int:
        return self.amount_minor


class UnexplainedItem(models.Model):
    """Money in suspense: from a platform's row or a bank line, with its age, until somebody says what it was."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    row = models.OneToOneField(SettlementRow, models.PROTECT, null=True, related_name="item")
    # A line may come back to suspense, as a new item, when the adjustment that explained it is undone.
    line = models.ForeignKey(StatementLine, models.PROTECT, null=True, related_name="items")
    problem = models.CharField(max_length=40)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # The day of the money: ages count from here.
    on = models.DateField()
    opened_at = models.DateTimeField()
    entry_id = models.UUIDField(unique=True)
    answer = models.CharField(max_length=16, choices=Answer, blank=True)
    answer_entry_id = models.UUIDField(null=True)
    note = models.CharField(max_length=500, blank=True)
    solved_by_ref = actor(blank=True)
    solved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="unexplained_item_open_once_a_line", fields=["line"], condition=Q(solved_at__isnull=True)
            ),
            models.CheckConstraint(
                name="unexplained_item_of_one_thing",
                condition=Q(row__isnull=False, line__isnull=True) | Q(row__isnull=True, line__isnull=False),
            ),
            models.CheckConstraint(name="unexplained_item_solved_at_by", condition=paired("solved")),
            models.CheckConstraint(
                name="unexplained_item_solved_is_booked",
                condition=Q(solved_at__isnull=True, answer="", answer_entry_id__isnull=True)
                | (Q(solved_at__isnull=False, answer_entry_id__isnull=False) & ~Q(answer="")),
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def thing(self) -> "SettlementRow | StatementLine":
        """The row or the line that it is about."""
        thing = self.row or self.line
        assert thing is not None  # a law of the table: one of them
        return thing

    @property
    def provider_number(self) -> str:
        """The number that the platform or the bank gave it."""
        return self.row.row_id if self.row else self.line.line_id if self.line else ""


class OwnMapping(models.Model):
    """A mapping that a charity wrote for a platform that is not shipped. Never edited: a better one has a new code."""

    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    code = models.CharField(max_length=64)
    text = models.TextField()
    added_by_ref = actor()
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(name="own_mapping_code_once", fields=["organisation", "code"])]

    def __str__(self) -> str:
        return self.code
