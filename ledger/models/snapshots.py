"""Sums at every so many log positions, so that reading a balance costs the same in a book of any length.

Derived and never truth: ``verify`` makes them anew from postings and lines. A row says what stood on the books by the
entries numbered below its position; a pair that did not move since the multiple before has no row there.
"""

from django.db import models
from django.db.models import Q

from ledger.models.accounts import Account, Fund


class AccountSnapshot(models.Model):
    """Both sides of an account inside a fund, summed up over the entries numbered below ``position``."""

    pk = models.CompositePrimaryKey("fund_id", "account_id", "position")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.BigIntegerField()
    debit_minor = models.BigIntegerField()
    credit_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(position__gt=0) & Q(debit_minor__gte=0) & Q(credit_minor__gte=0),
                name="ledger_accountsnapshot_counted",
            ),
        ]


class LineSnapshot(models.Model):
    """What came onto a fund's line by source, or was spent, holed or covered, by the entries below ``position``.

    ``measure`` is a lot's source kind (DONATION, MATCH, …), SPEND, COVER, HOLE, or a part of that by the source it
    lies in (H.DONATION, …); ``entries`` says how many they are.
    """

    pk = models.CompositePrimaryKey("fund_id", "measure", "position")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+", db_index=False)
    measure = models.CharField(max_length=12)
    position = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    entries = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(position__gt=0) & Q(amount_minor__gte=1) & Q(entries__gte=1),
                name="ledger_linesnapshot_counted",
            ),
        ]


class DaySum(models.Model):
    """What moved inside a fund between two accounts on an effective day, by the entries of one stretch of the log.

    The stretch is the ``SNAPSHOT_EVERY`` positions below ``position``; days of several stretches are added up by
    whoever reads. One row is both a debit and a credit, so statements made of these agree by construction.
    """

    pk = models.CompositePrimaryKey("fund_id", "day", "debit_account_id", "credit_account_id", "position")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    debit_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    credit_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.BigIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(position__gt=0) & Q(amount_minor__gte=1), name="ledger_daysum_counted"),
        ]
