"""Who may: the whole table, and how far each right reaches."""

import datetime

import pytest

from ledger.core.refusals import Refused
from projects.access.actors import WORKER
from projects.access.permissions import may, organisations_of, paths_above, require, roles_of
from projects.access.roles import PERMISSIONS, ROLE_PERMISSIONS, Role
from projects.organisations import actions
from tests.factories.access import BEGIN, UserFactory, grant, user_with
from tests.factories.organisations import verified

pytestmark = pytest.mark.django_db

ON = BEGIN.date()
# The expected answers, written a second time and by hand: E editor, C caseworker, K checker, F finance, A admin,
# R regulator, U auditor, O operator. A donor may nothing of this.
EXPECTED = {
    "access.grant_role": "AO",
    "audit.view": "ARU",
    "catalog.edit_project": "EA",
    "catalog.submit_project": "A",
    "catalog.file_project": "AR",
    "catalog.run_project": "A",
    "giving.enter": "F",
    "giving.refund": "F",
    "giving.view": "FA",
    "matching.edit_pool": "A",
    "organisations.edit": "AO",
    "organisations.verify": "RO",
    "oversight.view": "RU",
    "oversight.reveal_identity": "RU",
    "pages.edit": "EA",
    "pages.publish": "A",
    "payouts.prepare": "F",
    "payouts.release": "F",
    "payouts.import_result": "F",
    "books.view": "FA",
    "books.close": "FA",
    "settlement.import": "F",
    "settlement.explain": "F",
    "settlement.view": "FA",
    "receipts.bills": "F",
    "receipts.statements": "F",
    "receipts.view": "FA",
    "relief.approve_award": "K",
    "relief.approve_award_second": "F",
    "relief.approve_award_final": "A",
    "relief.intake": "C",
    "relief.propose_award": "C",
    "relief.see_identity": "C",
    "relief.view": "CKFA",
    "webhooks.manage": "A",
    "workspace.enter": "ECKFA",
}
LETTERS = {
    Role.EDITOR: "E",
    Role.CASEWORKER: "C",
    Role.CHECKER: "K",
    Role.FINANCE: "F",
    Role.ADMIN: "A",
    Role.REGULATOR: "R",
    Role.AUDITOR: "U",
    Role.OPERATOR: "O",
    Role.DONOR: "D",
}


def test_every_permission_has_its_expected_roles():
    answers = {
        permission: {LETTERS[role] for role, held in ROLE_PERMISSIONS.items() if permission in held}
        for permission in PERMISSIONS
    }
    assert answers == {permission: set(letters) for permission, letters in EXPECTED.items()}


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_a_role_gives_exactly_its_permissions_where_it_was_granted(role, charity_a, district_a):
    scope = {
        Role.REGULATOR: {"jurisdiction": district_a},
        Role.OPERATOR: {},
        Role.DONOR: {},
    }.get(role, {"organisation": charity_a.organisation})
    person = user_with(role, **scope)
    given = {one for one in PERMISSIONS if may(person, one, organisation=charity_a.organisation, on=ON)}
    assert given == {permission for permission, letters in EXPECTED.items() if LETTERS[role] in letters}


def test_it_refuses_a_permission_nobody_defined(charity_a):
    with pytest.raises(KeyError):
        may(charity_a.admin, "relief.everything", on=ON)


def test_people_of_one_charity_may_nothing_in_another(charity_a, charity_b):
    for person in charity_a.people:
        assert not any(may(person, one, organisation=charity_b.organisation, on=ON) for one in PERMISSIONS)


def test_a_stranger_may_nothing_anywhere(stranger, donor, charity_a):
    for person in (stranger, donor):
        assert not any(may(person, one, on=ON) for one in PERMISSIONS)
        assert not any(may(person, one, organisation=charity_a.organisation, on=ON) for one in PERMISSIONS)


def test_without_a_scope_the_question_is_anywhere(charity_a):
    assert may(charity_a.caseworker, "relief.intake", on=ON)


def test_a_scope_that_is_none_belongs_to_nobody_but_the_platform(charity_a, operator):
    assert not may(charity_a.admin, "organisations.edit", organisation=None, on=ON)
    assert may(operator, "organisations.edit", organisation=None, on=ON)


def test_a_regulator_reaches_the_area_and_everything_below_it(regulator, charity_a, charity_b, district_a):
    town = actions.add_jurisdiction(
        code="500116101",
        name_zh="临江镇",
        level="TOWN",
        parent=district_a,
        valid_from=ON,
        by=WORKER,
        at=BEGIN,
    )
    below = verified(jurisdiction=town)
    assert may(regulator, "oversight.view", organisation=charity_a.organisation, on=ON)
    assert may(regulator, "oversight.view", organisation=below, on=ON)
    assert may(regulator, "oversight.view", jurisdiction=town, on=ON)
    assert not may(regulator, "oversight.view", organisation=charity_b.organisation, on=ON)
    assert not may(regulator, "oversight.view", jurisdiction=district_a.parent, on=ON)


def test_a_code_that_begins_like_another_is_not_below_it(regulator, district_a):
    lookalike = actions.add_jurisdiction(
        code="5001169",
        name_zh="邻区",
        level="DISTRICT",
        parent=district_a.parent,
        valid_from=ON,
        by=WORKER,
        at=BEGIN,
    )
    assert not may(regulator, "oversight.view", jurisdiction=lookalike, on=ON)
    assert not may(regulator, "oversight.view", organisation=verified(jurisdiction=lookalike), on=ON)


def test_lists_hold_only_the_organisations_one_reaches(charity_a, charity_b, regulator, operator, stranger):
    both = {charity_a.organisation.pk, charity_b.organisation.pk}
    assert set(organisations_of(charity_a.caseworker, "relief.view", ON)) == {charity_a.organisation.pk}
    assert set(organisations_of(regulator, "oversight.view", ON)) == {charity_a.organisation.pk}
    assert set(organisations_of(operator, "organisations.edit", ON)) == both
    assert set(organisations_of(stranger, "relief.view", ON)) == set()
    assert set(organisations_of(charity_a.caseworker, "relief.approve_award", ON)) == set()


def test_a_role_holds_from_its_first_day_until_the_day_it_ends(charity_a):
    person = UserFactory()
    held = actions.grant_role(
        person,
        Role.EDITOR,
        organisation=charity_a.organisation,
        valid_from=ON + datetime.timedelta(days=2),
        by=WORKER,
        at=BEGIN,
    )
    held.valid_to = ON + datetime.timedelta(days=5)
    held.save()
    days = [may(person, "pages.edit", on=ON + datetime.timedelta(days=n)) for n in range(7)]
    assert days == [False, False, True, True, True, False, False]


def test_whoever_runs_the_machines_never_sees_people(charity_a, operator):
    charity_a.caseworker.is_superuser = True
    assert may(charity_a.caseworker, "relief.intake", organisation=charity_a.organisation, on=ON)
    assert not may(charity_a.caseworker, "relief.see_identity", organisation=charity_a.organisation, on=ON)
    assert not may(operator, "oversight.reveal_identity", organisation=charity_a.organisation, on=ON)
    assert not may(WORKER, "relief.see_identity", organisation=charity_a.organisation, on=ON)
    assert may(WORKER, "payouts.prepare", organisation=charity_a.organisation, on=ON)


def test_the_superuser_flag_gives_no_right(charity_a):
    root = UserFactory(is_superuser=True, is_staff=True)
    assert not any(may(root, one, organisation=charity_a.organisation, on=ON) for one in PERMISSIONS)


def test_somebody_locked_out_keeps_the_roles_and_loses_the_rights(charity_a):
    charity_a.editor.is_active = False
    assert not may(charity_a.editor, "pages.edit", organisation=charity_a.organisation, on=ON)


def test_a_refusal_says_so_in_the_readers_language(charity_a):
    from django.utils import translation

    from projects.access.screen import sentence

    with pytest.raises(Refused) as refused:
        require(charity_a.editor, "payouts.release", organisation=charity_a.organisation, on=ON)
    assert refused.value.code == "not_permitted"
    with translation.override("en"):
        assert sentence(refused.value) == "You do not have the right to do this here."


def test_the_roles_of_somebody_can_be_asked_per_organisation(charity_a, charity_b, regulator):
    assert roles_of(charity_a.finance, ON, organisation=charity_a.organisation) == {Role.FINANCE}
    assert roles_of(charity_a.finance, ON, organisation=charity_b.organisation) == set()
    assert roles_of(regulator, ON) == {Role.REGULATOR}


def test_one_person_may_work_in_two_charities_in_different_roles(charity_a, charity_b):
    grant(charity_a.caseworker, Role.CHECKER, organisation=charity_b.organisation)
    assert may(charity_a.caseworker, "relief.approve_award", organisation=charity_b.organisation, on=ON)
    assert not may(charity_a.caseworker, "relief.approve_award", organisation=charity_a.organisation, on=ON)


def test_a_path_lists_every_path_above_it():
    assert paths_above("/CN/500000/500116/") == ["/CN/", "/CN/500000/", "/CN/500000/500116/"]
