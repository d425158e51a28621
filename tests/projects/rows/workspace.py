"""The charity's own screens, inside the Wagtail admin, and Wagtail's own screens over people of ours."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from tests.projects.rows import ELSEWHERE, OK, WRONG_METHOD, Row, in_cms


def _somebody(world: Any) -> dict[str, Any]:
    return {"pk": world.people["stranger"].pk}


# Accounts are set up by superusers only; roles are given by an action, never by these forms.
ACCOUNTS = {
    "wagtailusers_users:index": in_cms("superuser"),
    "wagtailusers_users:index_results": in_cms("superuser"),
    "wagtailusers_users:add": in_cms("superuser"),
    "wagtailusers_users:edit": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:copy": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:delete": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:history": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:history_results": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:usage": in_cms("superuser", kwargs=_somebody),
}


# ---- shapes of screens: a right opens the screen, and only the own charity's things are found behind it ----


def _others(roles: str) -> str:
    return " ".join(f"other_{role}" for role in roles.split())


def _ref(name: str) -> Callable[[Any], dict[str, Any]]:
    """The reference of one of charity A's things, by its path in the world: `award.request`."""
    return lambda world: {"ref": attrgetter(name)(world).ref}


def listing(roles: str) -> Row:
    """A list; the other charity's people see their own."""
    return in_cms(f"{roles} {_others(roles)}", post=WRONG_METHOD)


def blank(roles: str) -> Row:
    """A form for something new; empty, it comes back."""
    return in_cms(f"{roles} {_others(roles)}", post=OK)


def screen(roles: str, thing: str) -> Row:
    """One thing, to look at."""
    return in_cms(roles, gone=_others(roles), kwargs=_ref(thing), post=WRONG_METHOD)


def form(roles: str, thing: str, post: str = OK) -> Row:
    """A form about one thing; empty, it comes back."""
    return in_cms(roles, gone=_others(roles), kwargs=_ref(thing), post=post)


def button(roles: str, thing: str, **facts: Any) -> Row:
    """A deed without a form: only POST, which leads back to the thing, done or refused with a sentence."""
    facts = {"kwargs": _ref(thing), "post": ELSEWHERE} | facts
    return in_cms(roles, get=WRONG_METHOD, wrong_method=_others(roles), **facts)


SEERS = "caseworker checker finance admin"
DECIDERS = "checker finance admin"
# The screens of a project open to everybody who works on it; which deed is whose is decided by the action, with a
# sentence (see tests/projects/catalog).
PROJECT = "editor finance admin"

CASES = {
    "workspace_cases:index": listing(SEERS),
    "workspace_cases:results": listing(SEERS),
    "workspace_cases:upload": blank("caseworker"),
    "workspace_cases:file": screen("caseworker", "case_file"),
    "workspace_cases:errors": screen("caseworker", "case_file"),
    "workspace_cases:commit": button("caseworker", "case_file"),
    "workspace_cases:discard": button("caseworker", "case_file"),
    "workspace_cases:show": screen(SEERS, "award.request.case"),
    "workspace_cases:reveal": form("caseworker", "award.request.case"),
    "workspace_cases:ask": form("caseworker", "award.request.case"),
    "workspace_cases:adjudicate": form("caseworker", "award.request.case"),
    "workspace_requests:index": listing(SEERS),
    "workspace_requests:results": listing(SEERS),
    "workspace_requests:show": screen(SEERS, "award.request"),
    "workspace_requests:screen": button("caseworker", "award.request"),
    "workspace_requests:withdraw": button("caseworker", "award.request"),
    "workspace_requests:decline": form("caseworker", "award.request"),
    "workspace_requests:propose": form("caseworker", "award.request"),
}
AWARDS = {
    "workspace_awards:index": listing(SEERS),
    "workspace_awards:results": listing(SEERS),
    "workspace_awards:show": screen(SEERS, "award"),
    "workspace_awards:approve": button(DECIDERS, "award"),
    "workspace_awards:reject": form(DECIDERS, "award"),
    "workspace_awards:cancel": form(DECIDERS, "award"),
}
PAYOUTS = {
    "workspace_payouts:index": listing("finance"),
    "workspace_payouts:results": listing("finance"),
    "workspace_payouts:prepare": blank("finance"),
    "workspace_payouts:result": blank("finance"),
    "workspace_payouts:suspense": listing("finance"),
    "workspace_payouts:suspense_results": listing("finance"),
    "workspace_payouts:holds": listing("finance"),
    "workspace_payouts:holds_results": listing("finance"),
    # There is none in the world: gone for whoever may.
    "workspace_payouts:solve": in_cms("", gone="finance other_finance", kwargs=lambda world: {"ref": "none"}),
    "workspace_payouts:lift": in_cms("", gone="finance other_finance", kwargs=lambda world: {"ref": "none"}),
    "workspace_payouts:show": screen("finance", "payout.batch"),
    "workspace_payouts:release": button("finance", "payout.batch"),
    "workspace_payouts:cancel": form("finance", "payout.batch"),
    "workspace_payouts:file": button("finance", "payout.batch"),
    "workspace_payouts:close": button("finance", "payout.batch"),
    "workspace_households:index": listing("caseworker finance"),
    "workspace_households:results": listing("caseworker finance"),
    "workspace_households:show": screen("caseworker finance", "payout"),
    "workspace_households:answer": form("caseworker", "payout"),
    "workspace_households:code": button("caseworker", "payout"),
    "workspace_households:by_code": form("caseworker", "payout"),
    "workspace_households:return": form("finance", "payout"),
}
SETTLEMENT = {
    "workspace_settlement:index": listing("finance admin"),
    "workspace_settlement:results": listing("finance admin"),
    "workspace_settlement:upload": blank("finance"),
    "workspace_settlement:add_mapping": blank("finance"),
    "workspace_settlement:guide_mapping": blank("finance"),
    "workspace_settlement:unexplained": listing("finance admin"),
    "workspace_settlement:unexplained_results": listing("finance admin"),
    "workspace_settlement:item": form("finance", "unexplained"),
    "workspace_settlement:adjust": form("finance", "unexplained"),
    "workspace_settlement:adjustments": listing("finance admin"),
    "workspace_settlement:adjustments_results": listing("finance admin"),
    "workspace_settlement:adjustment": screen("finance admin", "adjustment"),
    "workspace_settlement:confirm_adjustment": button("finance", "adjustment"),
    "workspace_settlement:drop_adjustment": form("finance", "adjustment"),
    "workspace_settlement:answer_adjustment": form("finance", "adjustment"),
    "workspace_settlement:show": screen("finance admin", "settlement_file"),
    "workspace_settlement:start": button("finance", "settlement_file"),
    "workspace_settlement:accept": form("finance", "settlement_file"),
    "workspace_settlement:discard": button("finance", "settlement_file"),
}
GIFTS = {
    "workspace_reviews:index": listing("finance admin"),
    "workspace_reviews:results": listing("finance admin"),
    "workspace_reviews:held": listing("finance admin"),
    "workspace_reviews:held_results": listing("finance admin"),
    "workspace_reviews:attempts": listing("finance admin"),
    "workspace_reviews:attempts_results": listing("finance admin"),
    # Nobody tries cards in the world.
    "workspace_reviews:attempt": in_cms("", gone="finance other_finance", kwargs=lambda world: {"ref": "none"}),
    "workspace_gifts:index": listing("finance admin"),
    "workspace_gifts:results": listing("finance admin"),
    "workspace_gifts:show": screen("finance admin", "gift"),
    "workspace_gifts:refund": form("finance", "gift"),
    "workspace_hand_gifts:index": listing("finance"),
    "workspace_hand_gifts:results": listing("finance"),
    "workspace_hand_gifts:enter": blank("finance"),
    "workspace_hand_gifts:goods": blank("finance"),
    "workspace_hand_gifts:show": screen("finance", "hand_gift"),
    "workspace_hand_gifts:slip": screen("finance", "hand_gift"),
    "workspace_hand_gifts:approve": button("finance", "hand_gift"),
    "workspace_hand_gifts:refuse": form("finance", "hand_gift"),
    "workspace_donor_statements:index": listing("finance"),
    "workspace_donor_statements:results": listing("finance"),
    "workspace_donor_statements:ask": blank("finance"),
    "workspace_donor_statements:of_gift": form("finance", "gift"),
    "workspace_donor_statements:show": screen("finance", "statement_batch"),
    "workspace_donor_statements:fetch": button("finance", "statement_batch"),
    "workspace_donor_statements:discard": button("finance", "statement_batch"),
    "workspace_bills:index": listing("finance"),
    "workspace_bills:results": listing("finance"),
    "workspace_bills:prepare": blank("finance"),
    "workspace_bills:enter": blank("finance"),
    "workspace_bills:upload": blank("finance"),
    "workspace_bills:void": form("finance", "official_bill"),
    "workspace_goods_issues:index": listing("finance"),
    "workspace_goods_issues:results": listing("finance"),
    "workspace_goods_issues:enter": form("finance", "goods_issue.request"),
    "workspace_goods_issues:show": screen("finance", "goods_issue"),
    "workspace_goods_issues:evidence": screen("finance", "goods_issue"),
    "workspace_goods_issues:approve": button("finance", "goods_issue"),
    "workspace_goods_issues:refuse": form("finance", "goods_issue"),
    "workspace_hand_refunds:index": listing("finance"),
    "workspace_hand_refunds:results": listing("finance"),
    "workspace_hand_refunds:enter": form("finance", "hand_refund.gift"),
    "workspace_hand_refunds:show": screen("finance", "hand_refund"),
    "workspace_hand_refunds:evidence": screen("finance", "hand_refund"),
    "workspace_hand_refunds:approve": button("finance", "hand_refund"),
    "workspace_hand_refunds:refuse": form("finance", "hand_refund"),
    "workspace_pledges:index": listing("finance admin"),
    "workspace_pledges:results": listing("finance admin"),
}
PROJECTS = {
    "workspace_projects:index": listing(PROJECT),
    "workspace_projects:results": listing(PROJECT),
    "workspace_projects:show": screen(PROJECT, "project"),
    "workspace_projects:amounts": form("editor admin", "project", post=ELSEWHERE),
    "workspace_projects:submit": button(PROJECT, "project"),
    "workspace_projects:open": button(PROJECT, "project"),
    "workspace_projects:report": button(PROJECT, "project"),
    "workspace_projects:archive": button(PROJECT, "project"),
    "workspace_projects:file": form(PROJECT, "project"),
    "workspace_projects:send_back": form(PROJECT, "project"),
    "workspace_projects:pause": form(PROJECT, "project"),
    "workspace_projects:close": form(PROJECT, "project"),
    "workspace_projects:cancel": form(PROJECT, "project"),
}
MATCHING = {
    "workspace_matching:index": listing("admin finance"),
    "workspace_matching:results": listing("admin finance"),
    "workspace_matching:draft": blank("admin"),
    "workspace_matching:show": screen("admin finance", "pool"),
    "workspace_matching:draft_rule": form("admin", "pool"),
    "workspace_matching:publish": button("admin", "pool", kwargs=lambda world: {"ref": world.pool.ref, "version": 1}),
    "workspace_matching:freeze": form("admin", "pool"),
    "workspace_matching:thaw": form("admin", "pool"),
    "workspace_matching:close": button("admin", "pool"),
    "workspace_matching:withdraw": button("admin", "pool"),
    "workspace_formulas:index": listing("admin"),
    "workspace_formulas:results": listing("admin"),
    "workspace_formulas:draft": blank("admin"),
    "workspace_formulas:show": screen("admin", "formula"),
    "workspace_formulas:publish": button("admin", "formula"),
    "workspace_formulas:enter": form("admin", "formula"),
    "workspace_formulas:confirm": button("admin", "formula_period"),
    "workspace_formulas:refuse": form("admin", "formula_period"),
    "workspace_formulas:evidence": screen("admin", "formula_period"),
    # No match of the world is held: gone for whoever may.
    "workspace_matching:flag": in_cms(
        "", gone="admin other_admin", kwargs=lambda world: {"ref": world.pool.ref, "place": 99}
    ),
    "workspace_matching:receive": form("finance", "pool"),
    "workspace_matching:answers": screen("admin finance", "pool"),
    "workspace_matching:answers_results": screen("admin finance", "pool"),
}
BOOKS = {
    "workspace_books:index": listing("finance admin"),
    "workspace_books:close": in_cms(
        "finance admin",
        gone=_others("finance admin"),
        kwargs=lambda world: {"slug": world.charity_a.organisation.slug},
        post=OK,
    ),
}

WEBHOOKS = {
    "workspace_webhooks:index": listing("admin"),
    "workspace_webhooks:results": listing("admin"),
    "workspace_webhooks:register": blank("admin"),
    "workspace_webhooks:show": screen("admin", "endpoint"),
    "workspace_webhooks:kinds": form("admin", "endpoint"),
    "workspace_webhooks:rotate": form("admin", "endpoint"),
    "workspace_webhooks:test": button("admin", "endpoint"),
    "workspace_webhooks:again": button("admin", "endpoint"),
    "workspace_webhooks:pause": button("admin", "endpoint"),
    "workspace_webhooks:resume": button("admin", "endpoint"),
    "workspace_webhooks:end": form("admin", "endpoint", post=ELSEWHERE),
}

ROWS: dict[str, Row] = {
    **ACCOUNTS,
    **CASES,
    **AWARDS,
    **PAYOUTS,
    **SETTLEMENT,
    **GIFTS,
    **PROJECTS,
    **MATCHING,
    **BOOKS,
    **WEBHOOKS,
}
