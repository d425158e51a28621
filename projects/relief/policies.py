"""When may: eligibility as a list of clauses over named facts, and the small rules around an award.

The clauses are pure. A clause answers true, false or unknown; unknown is not false: it goes to a person.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.models import User

RULE_VERSION = "2026-1"


@dataclass(frozen=True)
class Facts:
    """What the clauses look at. Amounts in minor units of the project's currency; None is "there is no such limit"."""

    project_name: str
    currency: str
    amount_minor: int
    is_authorised: bool
    is_purpose_authorised: bool
    is_duplicate_cleared: bool | None
    does_project_award: bool
    does_purpose_fit: bool
    cap_left_minor: int | None
    budget_left_minor: int
    conflicting_project: str


@dataclass(frozen=True)
class Clause:
    code: str
    holds: Callable[[Facts], bool | None]
    sentence: str


@dataclass(frozen=True)
class Finding:
    code: str
    answer: bool | None


# In the order in which a caseworker meets them: consent, the person, the project, the money.
CLAUSES: tuple[Clause, ...] = (
    Clause("no_authorisation", lambda f: f.is_authorised, _r("There is no authorisation in force for this case.")),
    Clause(
        "purpose_not_authorised",
        lambda f: f.is_purpose_authorised,
        _r("The authorisation does not cover help for this purpose."),
    ),
    Clause(
        "needs_adjudication",
        lambda f: f.is_duplicate_cleared,
        _r("This case may be a duplicate. Somebody has to look at it first."),
    ),
    Clause("project_not_open", lambda f: f.does_project_award, _r("No help can be granted from “%(project)s” now.")),
    Clause("purpose_not_in_project", lambda f: f.does_purpose_fit, _r("“%(project)s” does not help for this purpose.")),
    Clause(
        "purpose_conflict",
        lambda f: not f.conflicting_project,
        _r("The household already has help for this purpose from “%(other)s”."),
    ),
    Clause(
        "cap_exceeded",
        lambda f: f.cap_left_minor is None or f.amount_minor <= f.cap_left_minor,
        _r("Only %(left)s is left for this household in “%(project)s”; %(asked)s was asked."),
    ),
    Clause(
        "budget_exceeded",
        lambda f: f.amount_minor <= f.budget_left_minor,
        _r("Only %(budget_left)s of the budget of “%(project)s” is not granted yet; %(asked)s was asked."),
    ),
)
_BY_CODE = {clause.code: clause for clause in CLAUSES}

# Why a request may be declined. The person always learns the reason and where to complain.
DECLINE_REASONS: dict[str, str] = {
    "NOT_ELIGIBLE": _r("The household does not meet the conditions of this project."),
    "NO_AUTHORISATION": _r("There is no authorisation to use the household's data."),
    "CAP_REACHED": _r("The household has received what this project can give to one household."),
    "BUDGET_USED": _r("The project's budget is used up."),
    "SAME_HELP": _r("The household already receives help for the same purpose."),
    "OTHER_CHANNEL": _r("Another kind of help fits this need better; the caseworker will say which."),
    "WITHDRAWN_BY_PERSON": _r("The person no longer wants help."),
}
COMPLAINT_ROUTE = _r(
    "You may complain to %(charity)s within %(days)s days, by telephone %(phone)s or at its office, and to the civil "
    "affairs office of %(area)s at any time. A person, not a program, looks at every complaint."
)


def examine(facts: Facts) -> list[Finding]:
    """Every clause with its answer, in order."""
    return [Finding(clause.code, clause.holds(facts)) for clause in CLAUSES]


def check_eligible(facts: Facts) -> None:
    """Refuse with the first clause that is not true."""
    for finding in examine(facts):
        if finding.answer is not True:
            raise Refused(finding.code, _BY_CODE[finding.code].sentence, **_values(facts))


def sentence_of(finding: Finding, facts: Facts) -> Refused:
    """The clause's refusal as a value, for a screen that shows all clauses at once."""
    return Refused(finding.code, _BY_CODE[finding.code].sentence, **_values(facts))


def check_lines(lines: list[dict[str, Any]], amount_minor: int) -> None:
    """Lines are positive and add up to the award."""
    if any(type(line.get("amount_minor")) is not int or line["amount_minor"] <= 0 for line in lines):
        raise Refused("line_not_positive", _r("Each line of an award is more than zero."))
    if sum(line["amount_minor"] for line in lines) != amount_minor:
        raise Refused("lines_do_not_add_up", _r("The lines of the award do not add up to its amount."))


def check_person(by: Any) -> None:
    """Awards are decided by people, never by a part of the system."""
    if not isinstance(by, User):
        raise Refused("not_a_person", _r("Awards are decided by people."))


def check_not_maker(award: Any, by: Any) -> None:
    """Nobody approves what they proposed, took in or adjudicated."""
    check_person(by)
    request = award.request
    makers = {
        award.proposed_by.ref,
        request.submitted_by_ref,
        request.case.intake_by_ref,
        request.case.adjudicated_by_ref,
    }
    if by.ref in makers:
        raise Refused(
            "maker_checker", _r("You worked on this case yourself. Somebody else has to approve or reject the award.")
        )


def digest(award: Any) -> str:
    """What an approver agrees to, in one number: every fact of the award, and the payee's account as it stands."""
    facts = {
        "v": 1,
        "award": award.ref,
        "version": award.version,
        "request": award.request.ref,
        "household": award.household.ref,
        "project": award.project.ref,
        "payee": award.payee.ref,
        "account": award.payee.account_hash,
        "amount_minor": award.amount_minor,
        "currency": award.currency,
        "purpose": award.purpose_id,
        "lines": award.lines,
        "policy": award.policy_id,
        "weighed_minor": award.weighed_minor,
        "rule_version": award.rule_version,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _values(facts: Facts) -> dict[str, str]:
    def shown(minor: int | None) -> str:
        return format_amount(max(minor or 0, 0), facts.currency)

    return {
        "project": facts.project_name,
        "other": facts.conflicting_project,
        "left": shown(facts.cap_left_minor),
        "budget_left": shown(facts.budget_left_minor),
        "asked": shown(facts.amount_minor),
    }
