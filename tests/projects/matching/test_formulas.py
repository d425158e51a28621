"""A standing match by formula: frozen and public, each sum worked out from its figure, two people each time."""

import datetime

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from ledger import transparency
from projects.access.actors import DEMO, SETUP
from projects.audit.models import AuditEvent
from projects.giving import evidence
from projects.matching import formulas
from projects.matching.formulas import confirm_period, pledge_of, refuse_period
from projects.matching.models import FormulaPeriod, MatchFormula, MatchPool
from projects.matching.replay import differences
from tests.factories.access import BEGIN
from tests.factories.matching import entered_period, post_gift, project_with_fund, published_formula, run
from tests.ledger.public_log import leaves_of_books
from tests.projects.matching.test_terms import audited
from tests.refusals import refused, refused_by_database

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
JANUARY, LAST = datetime.date(BEGIN.year, 1, 1), datetime.date(BEGIN.year, 1, 31)


@pytest.fixture
def formula():
    return published_formula()


def test_a_confirmed_period_opens_a_pot_with_the_share_of_its_figure(formula):
    period = confirm_period(entered_period(formula), by=DEMO, at=BEGIN)
    pool = MatchPool.objects.get()
    assert (period.state, period.pool) == ("CONFIRMED", pool)
    # One per cent of ¥123,456.78, rounded down.
    assert (pool.pledged_minor, pool.state, pool.matcher) == (1_234_56, "OPEN", formula.matcher)
    run()
    post_gift(pool.project, 100_00)
    run()
    assert pool.matches.get().matched_minor == 100_00
    assert differences(pool) == []


def test_the_log_is_told_the_formula_the_figure_and_the_digest_of_its_evidence(formula):
    period = confirm_period(entered_period(formula), by=DEMO, at=BEGIN)
    transparency.sequence(at=BEGIN)
    book = formula.project.organisation.book_code
    kinds = ("MATCH_FORMULA", "MATCH_FORMULA_PERIOD")
    first, second = (told.facts for told in transparency.all_notices(kinds=kinds, book=book))
    assert (first["formula"], first["share_bps"]) == (formula.ref, 100)
    assert (second["base"], second["pledged"], second["pool"]) == (123_456_78, 1_234_56, period.pool.ref)
    assert second["evidence"] == evidence.digest_of(evidence.fetch(period.ref))


def test_the_outside_verifier_works_the_pledge_out_again_and_finds_another(formula, tmp_path, capsys):
    confirm_period(entered_period(formula), by=DEMO, at=BEGIN)
    run()
    post_gift(formula.project, 100_00)
    run()
    transparency.sequence(at=BEGIN)
    leaves = leaves_of_books()
    assert audited(tmp_path / "true", leaves) == 0, capsys.readouterr().out
    lie = [leaf.replace(b'"pledged":123456,', b'"pledged":123457,') for leaf in leaves]
    assert lie != leaves
    assert audited(tmp_path / "lie", lie) != 0


@given(st.integers(1, 10**13), st.integers(1, 10_000))
def test_a_share_is_never_more_than_its_part_and_less_by_no_whole_coin(base, share):
    pledged = pledge_of(base, share)
    assert pledged * 10_000 <= base * share < (pledged + 1) * 10_000


def test_a_refused_period_stays_and_is_entered_anew(formula):
    refuse_period(entered_period(formula), reason="not its figure", by=DEMO, at=BEGIN)
    again = entered_period(formula, base_minor=100_000_00)
    assert list(FormulaPeriod.objects.values_list("state", "answer")) == [
        ("REFUSED", "not its figure"),
        ("ENTERED", ""),
    ]
    assert AuditEvent.objects.get(event="match_formula.period_refused").reason == "not its figure"
    assert refused(refuse_period, again, reason=" ", by=DEMO, at=BEGIN) == "reason_needed"
    assert confirm_period(again, by=DEMO, at=BEGIN).pool.pledged_minor == 1_000_00


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"ends_on": JANUARY - datetime.timedelta(days=1)}, "period_not_in_order"),
        ({"starts_on": JANUARY - datetime.timedelta(days=1)}, "period_outside_formula"),
        ({"ends_on": BEGIN.date()}, "period_not_over"),
        ({"base_minor": 99}, "formula_base"),
        ({"closes_on": BEGIN.date() - datetime.timedelta(days=1)}, "days_not_in_order"),
        ({"opens_on": BEGIN.date() - datetime.timedelta(days=1)}, "period_opens_in_the_past"),
        ({"file": b""}, "evidence_missing"),
        ({"file": b"MZ program"}, "evidence_kind"),
    ],
)
def test_it_refuses_a_period_that_is_none(formula, facts, code):
    assert refused(entered_period, formula, **facts) == code
    assert not FormulaPeriod.objects.exists()


def test_a_period_confirmed_after_its_first_day_matches_on_the_days_that_are_left(formula):
    period = entered_period(formula)
    late = BEGIN + 5 * DAY
    pool = confirm_period(period, by=DEMO, at=late).pool
    rule = pool.rules.get()
    assert (rule.opens_on, rule.closes_on) == (late.date(), period.closes_on)
    assert rule.published_at == late
    assert pool.pledged_minor == period.pledged_minor
    run(at=late)
    post_gift(pool.project, 100_00, at=late)
    run(at=late)
    assert pool.matches.get().matched_minor == 100_00
    assert differences(pool) == []


def test_a_period_whose_first_day_is_still_to_come_opens_on_that_day(formula):
    soon = BEGIN.date() + 3 * DAY
    period = entered_period(formula, opens_on=soon)
    assert confirm_period(period, by=DEMO, at=BEGIN + DAY).pool.rules.get().opens_on == soon


def test_a_period_is_confirmed_on_its_last_day_and_no_later(formula):
    period = entered_period(formula, closes_on=BEGIN.date() + DAY)
    assert refused(confirm_period, period, by=DEMO, at=BEGIN + 2 * DAY) == "period_days_over"
    assert not MatchPool.objects.exists()
    rule = confirm_period(period, by=DEMO, at=BEGIN + DAY).pool.rules.get()
    assert rule.opens_on == rule.closes_on == BEGIN.date() + DAY


def test_a_period_whose_days_are_over_is_refused_and_entered_anew_with_later_days(formula):
    period = entered_period(formula, closes_on=BEGIN.date())
    late = BEGIN + 2 * DAY
    refuse_period(period, reason="too late", by=DEMO, at=late)
    again = entered_period(formula, opens_on=late.date(), at=late)
    assert confirm_period(again, by=DEMO, at=late).pool.pledged_minor == 1_234_56


def test_the_screen_says_from_which_day_a_late_period_matches_and_offers_no_confirmation_when_its_days_are_over(
    client, charity_a, monkeypatch
):
    formula = published_formula(project_with_fund(organisation=charity_a.organisation))
    entered_period(formula, closes_on=BEGIN.date() + 9 * DAY)
    client.force_login(charity_a.admin)
    address = reverse("workspace_formulas:show", args=[formula.ref])
    confirm = reverse("workspace_formulas:confirm", args=[FormulaPeriod.objects.get().ref])

    def page(days: int) -> str:
        monkeypatch.setattr("django.utils.timezone.now", lambda: BEGIN + days * DAY)
        return client.get(address).content.decode()

    assert "不追溯" not in page(0)
    assert "自 2026-03-07 起配捐" in page(5)
    assert confirm in page(9)
    over = page(10)
    assert "配捐日期已过" in over
    assert confirm not in over
    client.post(confirm)
    assert FormulaPeriod.objects.get().state == "ENTERED"


def test_it_refuses_days_that_were_entered_already(formula):
    entered_period(formula)
    assert refused(entered_period, formula, starts_on=LAST, ends_on=LAST) == "period_entered"


def test_it_refuses_who_entered_or_drafted_to_decide(formula):
    period = entered_period(formula)
    assert refused(confirm_period, period, by=SETUP, at=BEGIN) == "period_decided_by_its_maker"
    assert refused(refuse_period, period, reason="mine", by=SETUP, at=BEGIN) == "period_decided_by_its_maker"
    confirm_period(period, by=DEMO, at=BEGIN)
    assert refused(confirm_period, period, by=DEMO, at=BEGIN) == "period_decided"


def test_a_formula_is_published_once_by_somebody_else(formula):
    assert refused(formulas.publish_formula, formula, by=DEMO, at=BEGIN) == "formula_published"
    facts = {name: getattr(formula, name) for name in ("matcher", "project", "ratio_bps", "opens_on", "closes_on")}
    draft = formulas.draft_formula(slug="x", name_zh="x", share_bps=1, **facts, by=SETUP, at=BEGIN)
    assert refused(formulas.publish_formula, draft, by=SETUP, at=BEGIN) == "formula_published_by_its_maker"
    assert refused(entered_period, draft) == "formula_not_published"
    assert refused(formulas.draft_formula, slug="y", name_zh="y", share_bps=0, **facts, by=SETUP, at=BEGIN) == (
        "formula_share"
    )


@pytest.mark.parametrize("change", ["share_bps = 200", "base_zh = 'x'", "closes_on = '2099-01-01'"])
def test_the_database_keeps_a_published_formula(formula, change):
    assert "formula_frozen" in refused_by_database(f"UPDATE matching_matchformula SET {change}")
    assert "formula_frozen" in refused_by_database("DELETE FROM matching_matchformula")


@pytest.mark.parametrize("change", ["base_minor = 1", "pledged_minor = 9", "starts_on = ends_on", "entered_by = 'x'"])
def test_the_database_keeps_what_was_entered(formula, change):
    entered_period(formula)
    assert "period_kept" in refused_by_database(f"UPDATE matching_formulaperiod SET {change}")
    assert "period_kept" in refused_by_database("DELETE FROM matching_formulaperiod")


def test_the_database_refuses_a_pledge_that_is_not_the_share(formula):
    entered_period(formula)
    copied = (
        "INSERT INTO matching_formulaperiod (ref, formula_id, starts_on, ends_on, base_minor, pledged_minor, opens_on, "
        "closes_on, evidence_sha256, evidence_type, state, entered_by, entered_at, decided_by) "
        "SELECT 'other', formula_id, '{year}-02-01', '{year}-02-28', base_minor, pledged_minor + 1, opens_on, "
        "closes_on, evidence_sha256, evidence_type, state, entered_by, entered_at, decided_by "
        "FROM matching_formulaperiod"
    )
    assert "period_law" in refused_by_database(copied.format(year=BEGIN.year))
    assert MatchFormula.objects.count() == 1
