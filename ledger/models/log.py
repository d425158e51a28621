"""The transparency log: notices, leaves in published order, full tiles, and the tree's head after each batch."""

from django.db import models
from django.db.models import Q

from ledger.models.accounts import Book
from ledger.models.journal import JournalEntry


class Notice(models.Model):
    """A public fact without postings that a replay needs."""

    id = models.UUIDField(primary_key=True)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=24)
    effective_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    idempotency_key = models.CharField(max_length=120)
    facts = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["book", "idempotency_key"], name="ledger_notice_key_once")]


class LogLeaf(models.Model):
    """The place of one entry or notice in the published order. Leaf bytes are derived, their hash is kept."""

    position = models.BigIntegerField(primary_key=True)
    # The law of the log finds entry or notice by itself, for a whole statement: no foreign key asks row by row. Indexes
    # of what is there only: one empty row at the end of an index makes PostgreSQL leave its pages half full.
    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    notice = models.ForeignKey(
        Notice, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    leaf_hash = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(entry__isnull=False), name="ledger_leaf_entry_once"),
            models.UniqueConstraint(
                fields=["notice"], condition=Q(notice__isnull=False), name="ledger_leaf_notice_once"
            ),
            models.CheckConstraint(
                condition=Q(entry__isnull=False, notice__isnull=True) | Q(entry__isnull=True, notice__isnull=False),
                name="ledger_leaf_one_subject",
            ),
        ]


class LogHead(models.Model):
    """The tree after a batch: size, root, and the frontier from which the next batch goes on."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    frontier = models.BinaryField()
    sequenced_at = models.DateTimeField()


class LogTile(models.Model):
    """A full tile of 256 hashes (c2sp.org/tlog-tiles), by its root: hash ``number`` of the level above.

    A tile's own hashes are stored where they come from: at level 0 the leaves' hashes, above it the roots of the tiles
    one level down.
    """

    pk = models.CompositePrimaryKey("level", "number")
    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    root = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(level__lt=8) & Q(number__gte=0), name="ledger_tile_counted"),
        ]
