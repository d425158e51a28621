"""Dated reports of verification: what was checked, when, at which head of the log, and what was found."""

from django.db import models


class Verification(models.Model):
    """One kept report. Each is bound to the one before it by its digest; none is changed or removed."""

    number = models.BigIntegerField(primary_key=True)
    verified_at = models.DateTimeField()
    verified_by = models.CharField(max_length=64)
    size = models.BigIntegerField()
    root = models.BinaryField()
    green = models.BooleanField()
    outcomes = models.TextField()
    digest = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.number}"
