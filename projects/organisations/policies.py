"""What an organisation must be before something may happen to it."""

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.organisations.models import Jurisdiction, LevelType, Organisation
from projects.organisations.states import MOVES


def checked_credit_code(text: str) -> str:
    """The unified social credit code in its one spelling; refused when its check character is wrong."""
    try:
        return uscc.validate(text)
    except ValidationError:
        raise Refused(
            "credit_code_invalid",
            _r("%(code)s is not a unified social credit code: its length or check character is wrong."),
            code=text,
        ) from None


def check_code_is_free(code: str) -> None:
    if Organisation.objects.filter(credit_code=code).exists():
        raise Refused(
            "credit_code_taken", _r("An organisation with the credit code %(code)s is registered already."), code=code
        )


def check_level(level: LevelType, parent: Jurisdiction | None) -> None:
    """A node's level is strictly deeper than its parent's; levels may be left out."""
    if parent is not None and level.depth <= parent.level.depth:
        raise Refused(
            "level_not_deeper",
            _r("%(level)s cannot lie below %(parent)s: its level is not deeper."),
            level=level.name,
            parent=parent.level.name,
        )


def check_move(organisation: Organisation, to: str) -> str:
    """The audit event of the move, or a refusal."""
    event = MOVES.get((organisation.state, to))
    if event is None:
        raise Refused(
            "move_not_allowed",
            _r("This cannot be done while the state is “%(state)s”."),
            state=organisation.get_state_display(),
        )
    return event


def check_verified(organisation: Organisation) -> None:
    if not organisation.is_verified:
        raise Refused(
            "organisation_not_verified",
            _r("%(organisation)s is not verified; a regulator or the operator must verify it first."),
            organisation=organisation.name,
        )
