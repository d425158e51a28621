"""What the log has signed, and who has seen it: each row holds text that strangers can open."""

from django.db import models


class Checkpoint(models.Model):
    """A signed statement of the tree at a size. The last one is kept outside the database too (``log_state``)."""

    pk = models.CompositePrimaryKey("origin", "size")
    origin = models.CharField(max_length=200)
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    signed_at = models.DateTimeField()


class Cosignature(models.Model):
    """A witness's line under a checkpoint; ``witness`` is the public key that opens it."""

    pk = models.CompositePrimaryKey("origin", "size", "witness")
    origin = models.CharField(max_length=200)
    size = models.BigIntegerField()
    witness = models.CharField(max_length=300)
    line = models.CharField(max_length=500)
