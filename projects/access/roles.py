"""Roles as a table: what each role may do, where it is granted, and which two one person may not hold together.

To change who may do what, change this file; everything else reads it.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    DONOR = "DONOR", _("Donor")
    EDITOR = "EDITOR", _("Charity editor")
    CASEWORKER = "CASEWORKER", _("Caseworker")
    CHECKER = "CHECKER", _("Checker")
    FINANCE = "FINANCE", _("Finance officer")
    ADMIN = "ADMIN", _("Charity administrator")
    REGULATOR = "REGULATOR", _("Regulator")
    AUDITOR = "AUDITOR", _("Auditor")
    OPERATOR = "OPERATOR", _("Platform operator")


# Every permission there is, with what it lets a person do. A permission that is not here does not exist.
PERMISSIONS: dict[str, str] = {
    "access.grant_role": "give and take roles in an organisation",
    "audit.view": "read the audit events",
    "books.close": "close a month of the charity's books, for ever",
    "books.view": "see the trial balance and the statements of the charity's books",
    "catalog.edit_project": "draft a project and its budget",
    "catalog.submit_project": "submit a draft for filing, or cancel it",
    "catalog.file_project": "record the filing of a project somebody else drafted",
    "catalog.run_project": "open, pause, close, report and archive a filed project",
    "giving.enter": "enter a gift in cash or goods, and book one that somebody else entered",
    "giving.refund": "refund a gift, and book a refund by hand that somebody else entered",
    "giving.view": "see the gifts to an organisation, as the donor chose to be shown",
    "matching.edit_pool": "set up a match pool and publish its rule",
    "organisations.edit": "change an organisation's contact and certificate",
    "organisations.verify": "verify, suspend and close an organisation",
    "oversight.view": "see the full trace and the books of an area or organisation",
    "oversight.reveal_identity": "reveal an identity behind a pseudonym, with a reason, logged",
    "pages.edit": "draft pages",
    "pages.publish": "moderate and publish pages",
    "payouts.prepare": "prepare a payout batch, and enter goods handed out",
    "payouts.release": "release a payout batch, or book goods handed out, that somebody else prepared",
    "payouts.import_result": "import a bank's result file",
    "receipts.bills": "prepare the finance authority's bills and enter what it issued",
    "receipts.statements": "make statements of what donors gave to the charity",
    "receipts.view": "see and issue receipts",
    "relief.approve_award": "approve or reject an award that somebody else proposed",
    "relief.approve_award_final": "give the last approval of the largest awards",
    "relief.approve_award_second": "give the second approval above the threshold",
    "relief.intake": "import cases and file requests",
    "relief.propose_award": "screen a request and propose an award",
    "relief.see_identity": "see the identity behind an own case, logged",
    "relief.view": "see cases, requests and awards under their pseudonyms",
    "settlement.explain": "say what money was that nobody understood",
    "settlement.import": "take in settlement files of platforms and bank statements",
    "settlement.view": "see settlement files, bank lines and what is not explained",
    "webhooks.manage": "register addresses that are told what happens, and see what they were told",
    "workspace.enter": "enter the staff screens",
}

# Whoever runs the machines must not see the people: refused to operators and superusers, whatever else they hold.
IDENTITY_PERMISSIONS = frozenset({"relief.see_identity", "oversight.reveal_identity"})

ROLE_PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.DONOR: frozenset(),
    Role.EDITOR: frozenset({"workspace.enter", "catalog.edit_project", "pages.edit"}),
    Role.CASEWORKER: frozenset(
        {"workspace.enter", "relief.view", "relief.intake", "relief.propose_award", "relief.see_identity"}
    ),
    Role.CHECKER: frozenset({"workspace.enter", "relief.view", "relief.approve_award"}),
    Role.FINANCE: frozenset(
        {
            "workspace.enter",
            "relief.view",
            "relief.approve_award_second",
            "payouts.prepare",
            "payouts.release",
            "payouts.import_result",
            "books.view",
            "books.close",
            "giving.enter",
            "giving.view",
            "giving.refund",
            "receipts.bills",
            "receipts.statements",
            "receipts.view",
            "settlement.explain",
            "settlement.import",
            "settlement.view",
        }
    ),
    Role.ADMIN: frozenset(
        {
            "workspace.enter",
            "access.grant_role",
            "audit.view",
            "books.view",
            "books.close",
            "catalog.edit_project",
            "catalog.submit_project",
            "catalog.file_project",
            "catalog.run_project",
            "giving.view",
            "matching.edit_pool",
            "organisations.edit",
            "pages.edit",
            "pages.publish",
            "receipts.view",
            "relief.approve_award_final",
            "relief.view",
            "settlement.view",
            "webhooks.manage",
        }
    ),
    Role.REGULATOR: frozenset(
        {
            "oversight.view",
            "oversight.reveal_identity",
            "audit.view",
            "catalog.file_project",
            "organisations.verify",
        }
    ),
    Role.AUDITOR: frozenset({"oversight.view", "oversight.reveal_identity", "audit.view"}),
    Role.OPERATOR: frozenset({"access.grant_role", "organisations.edit", "organisations.verify"}),
}

# Where a role is granted: in one organisation, over one jurisdiction and everything below it, or on the whole platform.
ORGANISATION_ROLES = frozenset({Role.EDITOR, Role.CASEWORKER, Role.CHECKER, Role.FINANCE, Role.ADMIN})
JURISDICTION_ROLES = frozenset({Role.REGULATOR})
EITHER_SCOPE_ROLES = frozenset({Role.AUDITOR})
PLATFORM_ROLES = frozenset({Role.DONOR, Role.OPERATOR})

# One person may not hold both, in the same organisation …
INCOMPATIBLE_IN_ONE_ORGANISATION: frozenset[frozenset[Role]] = frozenset(
    {
        frozenset({Role.CASEWORKER, Role.CHECKER}),  # proposes ≠ approves
        frozenset({Role.CHECKER, Role.FINANCE}),  # approves ≠ pays
        frozenset({Role.EDITOR, Role.CHECKER}),  # publishes ≠ checks what is published
    }
)
# … or anywhere at all: who supervises, audits or runs the machines has no business role.
SOLITARY_ROLES = frozenset({Role.REGULATOR, Role.AUDITOR, Role.OPERATOR})
ALWAYS_COMPATIBLE = frozenset({Role.DONOR})  # everybody may give


def incompatible(one: Role | str, other: Role | str, *, same_organisation: bool) -> bool:
    """May one person not hold these two roles? Two grants of one role are never in conflict."""
    first, second = Role(one), Role(other)
    if first == second or {first, second} & ALWAYS_COMPATIBLE:
        return False
    if {first, second} & SOLITARY_ROLES:
        return True
    return same_organisation and frozenset({first, second}) in INCOMPATIBLE_IN_ONE_ORGANISATION


def roles_with(permission: str) -> list[Role]:
    """The roles that carry a permission. An unknown permission is a mistake in the code and says so."""
    if permission not in PERMISSIONS:
        raise KeyError(f"There is no permission {permission!r}; add it to projects/access/roles.py.")
    return [role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions]


# Django's own permissions that go with a role, for the screens of Wagtail and of the Django admin (see groups.py).
DJANGO_PERMISSIONS: dict[Role, tuple[str, ...]] = {
    role: ("wagtailadmin.access_admin",)
    for role, permissions in ROLE_PERMISSIONS.items()
    if "workspace.enter" in permissions
} | {
    Role.OPERATOR: (
        "access.view_user",
        "access.view_rolegrant",
        "organisations.view_organisation",
        "organisations.view_jurisdiction",
        "organisations.add_jurisdiction",
        "organisations.change_jurisdiction",
        "organisations.view_leveltype",
        "organisations.add_leveltype",
        "organisations.change_leveltype",
        "catalog.view_project",
        "catalog.view_purpose",
        "catalog.add_purpose",
        "catalog.change_purpose",
        "catalog.view_designatedplatform",
        "catalog.add_designatedplatform",
        "catalog.change_designatedplatform",
        "audit.view_auditevent",
        "ledger.view_book",
        "ledger.view_fund",
        "ledger.view_journalentry",
        "ledger.view_logleaf",
    ),
}
DJANGO_ADMIN_ROLES = frozenset({Role.OPERATOR})
