"""The rows of history: who changed what, when, by which action. A system actor is no person and stays unnamed."""

import datetime
from typing import Any

from projects.access.actors import Actor
from projects.access.models import User


def remember(row: Any, *, by: Actor, at: datetime.datetime, event: str) -> None:
    """Tell the next save or delete of a row what its row of history is to say."""
    row._history_user = by if isinstance(by, User) else None
    row._history_date = at
    row._change_reason = event
