"""Being refused: by an action, with its code, or by the database, with what it says."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from ledger.core.refusals import Refused


def refusal(call: Callable[..., Any], *arguments: Any, **details: Any) -> Refused:
    """Call it; it must refuse. What it leaves behind (a wrong try that counts) stays, as it does on the site."""
    with pytest.raises(Refused) as caught:
        call(*arguments, **details)
    return caught.value


def refused(call: Callable[..., Any], *arguments: Any, **details: Any) -> str:
    """The code of the refusal."""
    return refusal(call, *arguments, **details).code


def refused_by_database(sql: str, *values: Any) -> str:
    """Run it; it must be refused. Returns what the database said."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(error.value)


def done(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
