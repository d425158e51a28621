"""Books, accounts and funds. Rows are never changed: what has a name for people is named in the apps above."""

from typing import Any

from django.db import models
from django.db.models import Q

from ledger.policy import chart


def _number() -> Any:
    """Thirty-two bits: every posting carries four such numbers, and there are never two billion of any."""
    return models.AutoField(primary_key=True, auto_created=True, serialize=False, verbose_name="ID")


class Book(models.Model):
    """One accounting entity (a charity)."""

    id = _number()
    code = models.CharField(max_length=32, unique=True)
    base_currency = models.CharField(max_length=3)
    chart_version = models.CharField(max_length=16)
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class Account(models.Model):
    """A place where value is counted: one account of the chart, in one currency, of one book."""

    id = _number()
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=32)
    currency = models.CharField(max_length=3)
    type = models.CharField(max_length=10, choices=[(name, name) for name in chart.ACCOUNT_TYPES])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "code", "currency"], name="ledger_account_once"),
            models.CheckConstraint(condition=Q(type__in=chart.ACCOUNT_TYPES), name="ledger_account_type"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.currency}"


class Restriction(models.TextChoices):
    """What a donor's condition ties a fund's money to."""

    NONE = "NONE"
    PURPOSE = "PURPOSE"
    TIME = "TIME"
    PERPETUAL = "PERPETUAL"


class Fund(models.Model):
    """Money with one purpose, in one currency. Its line is measured in that currency's minor units."""

    id = _number()
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=32)
    restriction = models.CharField(max_length=9, choices=Restriction.choices)
    currency = models.CharField(max_length=3)
    project_ref = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "code"], name="ledger_fund_once"),
            models.CheckConstraint(condition=Q(restriction__in=Restriction.values), name="ledger_fund_restriction"),
        ]

    def __str__(self) -> str:
        return self.code
