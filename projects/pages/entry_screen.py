"""One entry of the public log, as everybody may see it: its lines, its place, and the path of its money."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ledger import reading
from ledger.core.refusals import Refused
from projects.giving.models import Gift
from projects.organisations.models import Organisation
from projects.payouts.models import Payout
from projects.relief.models import Award
from projects.tracing import paths
from projects.tracing.audiences import Audience
from projects.tracing.nodes import Node
from projects.tracing.words import kind_word, path_rows

# Kind of entry → the document it names, and the path that begins there.
PATHS: dict[str, tuple[Any, Callable[..., Node]]] = {
    "GIFT": (Gift, paths.gift_path),
    "IN_KIND_GIFT": (Gift, paths.gift_path),
    "AWARD": (Award, paths.award_path),
    "PAYOUT": (Payout, paths.payout_path),
}
SHOWN_STEPS = 60


def context(view: reading.EntryView, *, at: datetime) -> dict[str, Any]:
    """What the page of one entry is given."""
    path = _public_path(view, at)
    rows = path_rows(path) if path else []
    return {
        "entry": view,
        "kind": kind_word(view.kind),
        "organisation": Organisation.objects.filter(book_code=view.book).first(),
        "path": path,
        "rows": rows[:SHOWN_STEPS],
        "left_out": max(0, len(rows) - SHOWN_STEPS),
    }


def _public_path(view: reading.EntryView, at: datetime) -> Node | None:
    if view.kind not in PATHS:
        return None
    model, path_of = PATHS[view.kind]
    document = model.objects.filter(ref=view.document_ref).first()
    if document is None:
        return None
    try:
        return path_of(document, audience=Audience.PUBLIC, at=at)
    except Refused:
        return None
