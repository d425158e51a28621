"""The Django admin, model by model: who may look and who may write. Nobody but the operator and superusers gets in.

Superusers are the people who set the machine up. Even they change nothing that an action must do.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """Who may view, add to, change and delete the rows of a model."""

    view: str = "superuser"
    add: str = ""
    change: str = ""
    delete: str = ""


BOTH = "operator superuser"

MODELS: dict[str, Model] = {
    "access.user": Model(view=BOTH, add="superuser", change="superuser"),
    "access.rolegrant": Model(view=BOTH),
    "audit.auditevent": Model(view=BOTH),
    "ledger.book": Model(view=BOTH),
    "ledger.fund": Model(view=BOTH),
    "ledger.journalentry": Model(view=BOTH),
    "ledger.logleaf": Model(view=BOTH),
    "organisations.leveltype": Model(view=BOTH, add=BOTH, change=BOTH),
    "organisations.jurisdiction": Model(view=BOTH, add=BOTH, change=BOTH),
    "organisations.organisation": Model(view=BOTH),
    "catalog.purpose": Model(view=BOTH, add=BOTH, change=BOTH),
    "catalog.designatedplatform": Model(view=BOTH, add=BOTH, change=BOTH),
    "catalog.project": Model(view=BOTH),
}
