"""Suggested amounts: the charity's own where it chose some, each of them one that a donor could give."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from ledger.core.money import EXPONENTS
from projects.access.actors import SETUP
from projects.audit.models import AuditEvent
from projects.catalog.models import Project
from projects.giving.limits import DEFAULT_LIMITS, check_amount, limits_of
from projects.giving.models import SuggestedAmount
from projects.giving.suggestions import parse_suggestions, suggest_amounts, suggested_amounts
from tests.factories.access import BEGIN
from tests.factories.catalog import draft_project
from tests.guards import lifted
from tests.refusals import refusal, refused

pytestmark = pytest.mark.django_db
HOW = {"by": SETUP, "at": BEGIN}


class TestTheUsualAmounts:
    def test_every_currency_of_the_ledger_has_some(self):
        assert set(DEFAULT_LIMITS) == set(EXPONENTS)

    @pytest.mark.parametrize("currency", sorted(DEFAULT_LIMITS))
    def test_each_of_them_may_be_given(self, currency):
        limits = limits_of(currency)
        assert list(limits.suggested_minor) == sorted(set(limits.suggested_minor))
        assert len(limits.suggested_minor) == 4
        # The provider ends at eight digits.
        assert limits.least_minor < limits.most_minor < 10**8
        for minor in limits.suggested_minor:
            check_amount(minor, currency)

    @pytest.mark.parametrize(
        ("currency", "usual"),
        [
            ("CNY", (20_00, 50_00, 100_00, 500_00)),
            ("JPY", (500, 1_000, 3_000, 10_000)),
            ("KWD", (2_000, 5_000, 10_000, 50_000)),
        ],
    )
    def test_a_project_without_a_choice_offers_them(self, currency, usual):
        assert suggested_amounts(draft_project(currency=currency)) == usual


class TestChoosing:
    def test_they_are_offered_smallest_first_and_it_is_on_record(self, charity_a):
        project = draft_project(charity_a.organisation)
        suggest_amounts(project, [200_00, 30_00, 88_88], currency="CNY", by=charity_a.editor, at=BEGIN)
        assert suggested_amounts(project) == (30_00, 88_88, 200_00)
        event = AuditEvent.objects.get(event="project.amounts_suggested")
        assert (event.by_ref, event.subject_ref) == (charity_a.editor.ref, project.ref)
        assert event.organisation_ref == charity_a.organisation.ref
        assert event.facts == {"currency": "CNY", "from_minor": [], "to_minor": [30_00, 88_88, 200_00]}

    def test_another_choice_replaces_the_first_and_none_brings_the_usual_back(self):
        project = draft_project()
        suggest_amounts(project, [30_00], currency="CNY", **HOW)
        suggest_amounts(project, [40_00, 60_00], currency="CNY", **HOW)
        assert suggested_amounts(project) == (40_00, 60_00)
        suggest_amounts(project, [], currency="CNY", **HOW)
        assert suggested_amounts(project) == limits_of("CNY").suggested_minor
        assert AuditEvent.objects.filter(event="project.amounts_suggested").count() == 3

    def test_the_same_choice_again_changes_nothing(self):
        project = draft_project()
        for _time in range(2):
            suggest_amounts(project, [30_00, 60_00], currency="CNY", **HOW)
        assert AuditEvent.objects.filter(event="project.amounts_suggested").count() == 1

    def test_what_the_limits_no_longer_allow_is_not_offered(self, settings):
        project = draft_project()
        suggest_amounts(project, [5_00, 60_00], currency="CNY", **HOW)
        settings.GIFT_LIMITS = {"CNY": (10_00, 100_00, (10_00, 20_00))}
        assert suggested_amounts(project) == (60_00,)
        settings.GIFT_LIMITS = {"CNY": (70_00, 100_00, (70_00, 80_00))}
        assert suggested_amounts(project) == (70_00, 80_00)

    @pytest.mark.parametrize(
        ("currency", "amounts", "code"),
        [
            ("CNY", [0], "amount_not_positive"),
            ("CNY", [-5_00], "amount_not_positive"),
            ("CNY", [99], "amount_too_small"),
            ("CNY", [500_000_01], "amount_too_large"),
            ("CNY", [1_00, 2_00, 3_00, 4_00, 5_00, 6_00, 7_00], "too_many_amounts"),
            ("CNY", [20_00, 50_00, 20_00], "amount_repeated"),
            ("JPY", [99], "amount_too_small"),
            ("KWD", [1_005], "amount_too_fine_for_cards"),
            ("KWD", [490], "amount_too_small"),
        ],
    )
    def test_it_refuses_what_no_donor_could_give_or_read(self, currency, amounts, code):
        project = draft_project(currency=currency)
        assert refused(suggest_amounts, project, amounts, currency=currency, **HOW) == code
        assert not SuggestedAmount.objects.exists()

    def test_six_are_not_too_many(self):
        project = draft_project()
        six = [1_00, 2_00, 3_00, 4_00, 5_00, 6_00]
        assert suggest_amounts(project, six, currency="CNY", **HOW) == tuple(six)

    def test_it_refuses_a_currency_nobody_knows_and_one_that_is_not_the_projects(self):
        project = draft_project()
        assert refused(suggest_amounts, project, [20_00], currency="XYZ", **HOW) == "currency_unknown"
        assert refused(suggest_amounts, project, [20_00], currency="USD", **HOW) == "currency_mismatch"

    def test_the_refusal_names_the_amount(self):
        project = draft_project()
        refused_now = refusal(suggest_amounts, project, [20_00, 50], currency="CNY", **HOW)
        with translation.override("en"):
            assert str(refused_now) == "“¥0.50”: The smallest gift here is ¥1. [amount_too_small]"

    @pytest.mark.parametrize("who", ["caseworker", "checker", "finance"])
    def test_only_editors_of_the_charity_choose(self, charity_a, charity_b, who):
        project = draft_project(charity_a.organisation)
        for person in (getattr(charity_a, who), charity_b.editor, charity_b.admin):
            ask = {"currency": "CNY", "by": person, "at": BEGIN}
            assert refused(suggest_amounts, project, [20_00], **ask) == "not_permitted"

    @pytest.mark.parametrize("state", ["CLOSED", "REPORTED", "ARCHIVED", "CANCELLED"])
    def test_a_project_that_is_over_offers_nothing_new(self, state):
        project = draft_project()
        with lifted():
            Project.objects.filter(pk=project.pk).update(state=state)
        assert refused(suggest_amounts, project, [20_00], currency="CNY", **HOW) == "project_over"


class TestTyping:
    def test_one_amount_on_each_line(self):
        assert parse_suggestions(" 20\n\n￥５０\r\n1,000.50 ", "CNY") == [20_00, 50_00, 1_000_50]
        assert parse_suggestions("1.250", "KWD") == [1_250]

    @pytest.mark.parametrize(
        ("text", "currency", "code"),
        [
            ("20\nmany", "CNY", "amount_not_a_number"),
            ("20 50", "CNY", "amount_not_a_number"),
            ("-20", "CNY", "amount_not_positive"),
            ("0", "CNY", "amount_not_positive"),
            ("20.005", "CNY", "amount_too_fine"),
            ("500.5", "JPY", "amount_too_fine"),
            ("1.2345", "KWD", "amount_too_fine"),
            ("20", "XYZ", "currency_unknown"),
        ],
    )
    def test_it_refuses_a_line_that_is_no_amount(self, text, currency, code):
        assert refused(parse_suggestions, text, currency) == code


class TestAroundTheActions:
    @pytest.mark.parametrize(
        "row",
        [
            {"position": 0, "amount_minor": 1},
            {"position": 7, "amount_minor": 1},
            {"position": 2, "amount_minor": 0},
            {"position": 1, "amount_minor": 99},
            {"position": 2, "amount_minor": 20_00},
        ],
    )
    def test_the_database_keeps_them_few_different_and_positive(self, row):
        project = draft_project()
        SuggestedAmount.objects.create(project=project, currency="CNY", position=1, amount_minor=20_00)
        with pytest.raises(IntegrityError), transaction.atomic():
            SuggestedAmount.objects.create(project=project, currency="CNY", **row)
