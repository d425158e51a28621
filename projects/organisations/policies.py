"""What an organisation must be before something may happen to it."""

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.organisations.models import Jurisdiction, LevelType, Organisation


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


def check_verified(organisation: Organisation) -> None:
    if not organisation.is_verified:
        raise Refused(
            "organisation_not_verified",
            _r("%(organisation)s is not verified; a regulator or the operator must verify it first."),
            organisation=organisation.name,
        )
