"""Giving and taking roles: who may, where a role fits, and which two nobody may hold together."""

from itertools import combinations

import pytest
from django.db import IntegrityError, transaction

from ledger.core.refusals import Refused
from projects.access.models import RoleGrant
from projects.access.roles import Role, incompatible
from projects.audit.models import AuditEvent
from projects.organisations.actions import grant_role, revoke_role
from tests.factories.access import UserFactory, grant

pytestmark = pytest.mark.django_db

C, K, F, E, A = Role.CASEWORKER, Role.CHECKER, Role.FINANCE, Role.EDITOR, Role.ADMIN
FORBIDDEN_TOGETHER = {frozenset({C, K}), frozenset({K, F}), frozenset({E, K})}


@pytest.mark.parametrize(("one", "other"), list(combinations((E, C, K, F, A), 2)))
def test_pairs_inside_one_charity_follow_the_table(one, other, charity_a):
    person = UserFactory()
    grant(person, one, organisation=charity_a.organisation)
    if frozenset({one, other}) in FORBIDDEN_TOGETHER:
        with pytest.raises(Refused) as refused:
            grant(person, other, organisation=charity_a.organisation)
        assert refused.value.code == "roles_incompatible"
    else:
        grant(person, other, organisation=charity_a.organisation)


@pytest.mark.parametrize("solitary", [Role.REGULATOR, Role.AUDITOR, Role.OPERATOR])
def test_who_supervises_audits_or_operates_has_no_other_business(solitary):
    others = set(Role) - {solitary, Role.DONOR}
    assert all(incompatible(solitary, other, same_organisation=False) for other in others)
    assert not incompatible(solitary, Role.DONOR, same_organisation=False)


def test_the_table_reads_the_same_from_both_sides():
    for one, other in combinations(Role, 2):
        for together in (True, False):
            assert incompatible(one, other, same_organisation=together) == incompatible(
                other, one, same_organisation=together
            )


def test_an_administrator_gives_roles_inside_the_own_charity(charity_a, charity_b, stranger, moment):
    grant_role(stranger, Role.EDITOR, organisation=charity_a.organisation, by=charity_a.admin, at=moment)
    with pytest.raises(Refused, match="not_permitted"):
        grant_role(stranger, Role.EDITOR, organisation=charity_b.organisation, by=charity_a.admin, at=moment)


def test_an_administrator_cannot_make_an_auditor_an_operator_or_a_regulator(charity_a, district_a, stranger, moment):
    for role, scope in (
        (Role.AUDITOR, {"organisation": charity_a.organisation}),
        (Role.OPERATOR, {}),
        (Role.REGULATOR, {"jurisdiction": district_a}),
    ):
        with pytest.raises(Refused, match="not_permitted"):
            grant_role(stranger, role, by=charity_a.admin, at=moment, **scope)


def test_it_refuses_a_role_where_it_does_not_fit(charity_a, district_a, stranger, operator, moment):
    for role, scope in (
        (Role.CASEWORKER, {}),
        (Role.CASEWORKER, {"jurisdiction": district_a}),
        (Role.REGULATOR, {"organisation": charity_a.organisation}),
        (Role.OPERATOR, {"organisation": charity_a.organisation}),
        (Role.AUDITOR, {"organisation": charity_a.organisation, "jurisdiction": district_a}),
    ):
        with pytest.raises(Refused) as refused:
            grant_role(stranger, role, by=operator, at=moment, **scope)
        assert refused.value.code == "role_scope_wrong"


def test_it_refuses_a_role_that_is_held_already(charity_a):
    with pytest.raises(Refused) as refused:
        grant(charity_a.editor, Role.EDITOR, organisation=charity_a.organisation)
    assert refused.value.code == "role_held_already"


def test_a_role_ends_once_and_may_be_given_again(charity_a, moment):
    held = RoleGrant.objects.get(user=charity_a.editor)
    revoke_role(held, by=charity_a.admin, at=moment)
    with pytest.raises(Refused) as refused:
        revoke_role(held, by=charity_a.admin, at=moment)
    assert refused.value.code == "role_ended_already"
    grant(charity_a.editor, Role.EDITOR, organisation=charity_a.organisation)


def test_each_grant_and_its_end_is_in_the_audit_events(charity_a, moment):
    revoke_role(RoleGrant.objects.get(user=charity_a.checker), by=charity_a.admin, at=moment)
    events = AuditEvent.objects.filter(subject_kind="user", subject_ref=charity_a.checker.ref).order_by("id")
    assert [event.event for event in events] == ["role.granted", "role.revoked"]
    assert events[1].by_ref == charity_a.admin.ref
    assert events[1].facts == {"role": "CHECKER", "jurisdiction": ""}


def test_around_the_orm_a_role_still_needs_its_scope(charity_a, moment):
    row = {"user": charity_a.editor, "valid_from": moment.date(), "granted_by_ref": "x", "granted_at": moment}
    for wrong in ({"role": Role.CASEWORKER}, {"role": Role.OPERATOR, "organisation": charity_a.organisation}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.create(**row, **wrong)
