"""Rows and lines that stand for money, found by what names it."""

from typing import Any

from django.db import models

from projects.settlement.models import SettlementRow, StatementLine
from projects.settlement.states import COUNTED, LINES_COUNTED


class _InStates(models.Lookup[Any]):
    """A state is one of these, written as the unique index writes it, without parameters: SQLite uses an index of some
    rows only where it reads the index's own condition in the question.
    """

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        words = ", ".join(["'" + word + "'" for word in self.rhs])
        return f"{column} IN ({words})", tuple(parameters)


def counted_rows() -> "models.QuerySet[SettlementRow]":
    """A platform's rows of which each stands for money that no other row stands for; ask by `dedupe_key`."""
    return SettlementRow.objects.filter(_InStates(models.F("state"), [state.value for state in COUNTED]))


def counted_lines() -> "models.QuerySet[StatementLine]":
    """The same of a bank's lines."""
    return StatementLine.objects.filter(_InStates(models.F("state"), [state.value for state in LINES_COUNTED]))
