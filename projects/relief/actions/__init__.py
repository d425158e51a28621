"""Every verb of this app. Keyword-only, `by=` the actor, `at=` the moment, one transaction, the audit row inside."""

from .authorisations import expire_authorisations, renew_authorisation, withdraw_authorisation
from .awards import (
    approve_award,
    cancel_award,
    change_award,
    mark_award_paid,
    mark_award_paying,
    mark_payment_returned,
    mark_payment_withdrawn,
    propose_award,
    reject_award,
)
from .cases import adjudicate_case, change_payee, close_case, merge_case, open_case, set_sensitivity
from .files import commit_case_file, discard_case_file, import_cases, preview_case_file
from .requests import decline_request, screen_request, submit_request, withdraw_request

__all__ = [
    "adjudicate_case",
    "approve_award",
    "cancel_award",
    "change_award",
    "change_payee",
    "close_case",
    "commit_case_file",
    "decline_request",
    "discard_case_file",
    "expire_authorisations",
    "import_cases",
    "mark_award_paid",
    "mark_award_paying",
    "mark_payment_returned",
    "mark_payment_withdrawn",
    "merge_case",
    "open_case",
    "preview_case_file",
    "propose_award",
    "reject_award",
    "renew_authorisation",
    "screen_request",
    "set_sensitivity",
    "submit_request",
    "withdraw_authorisation",
    "withdraw_request",
]
