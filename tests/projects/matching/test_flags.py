"""Laundering of matches (套捐): signs are scored, what reaches the threshold is held and not paid, a person decides."""

import datetime

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.access.actors import DEMO, SETUP, STRIPE, WORKER
from projects.giving import going_back
from projects.matching import actions, farming, flagging, queries, reminding
from projects.matching.flagging import decide_flag
from projects.matching.models import MatchFlag, MatchReminder
from projects.matching.suspicion import POINTS, THRESHOLD, suspicions
from tests.factories import relief
from tests.factories.access import BEGIN
from tests.factories.giving import settled_gift
from tests.factories.matching import open_pool, project_with_fund, run
from tests.refusals import refused, refused_by_database

pytestmark = pytest.mark.django_db
MONTHS_LATER = BEGIN + datetime.timedelta(days=40)


@pytest.fixture
def pool(charity_a):
    """A pot of charity A that adds as much as each gift."""
    pool = open_pool(project_with_fund(organisation=charity_a.organisation), ratio_bps=10_000)
    run()
    return pool


def give(pool, email: str, *, amount_minor: int = 10_00, at=BEGIN):
    gift = settled_gift(pool.project, email=email, amount_minor=amount_minor, at=at)
    run(at=at)
    return gift


def look(at=BEGIN) -> int:
    return flagging.look(by=WORKER, at=at)


def signs(pool, gift, at=BEGIN) -> set[str]:
    return set(suspicions(pool, [gift.donor], at=at)[gift.donor.pk].reasons)


def test_an_ordinary_gift_shows_no_sign_and_is_not_held(pool):
    gift = give(pool, "somebody@donor.example")
    assert signs(pool, gift) == set()
    assert (look(), MatchFlag.objects.count()) == (0, 0)


def test_the_matcher_who_gives_to_its_own_pot_is_held(pool):
    pool.matcher.contact_email = "csr@company.example"
    pool.matcher.save()
    gift = give(pool, "Director@company.example")
    assert signs(pool, gift) == {"MATCHER"}
    assert look() == 1
    assert MatchFlag.objects.get().state == "HELD"


def test_an_address_that_anybody_may_have_says_nothing_of_the_matcher(pool):
    pool.matcher.contact_email = "company@qq.com"
    pool.matcher.save()
    assert signs(pool, give(pool, "somebody@qq.com")) == set()
    assert signs(pool, give(pool, "company@qq.com")) == {"MATCHER"}


def test_staff_who_give_once_are_not_held_and_staff_whose_gifts_go_back_are(pool, charity_a):
    charity_a.caseworker.email = "worker@charity.example"
    charity_a.caseworker.save()
    gifts = [give(pool, "worker@charity.example", at=BEGIN + datetime.timedelta(hours=hour)) for hour in range(3)]
    assert signs(pool, gifts[0]) == {"STAFF"}
    assert look() == 0
    for gift in gifts[:2]:
        back = {"provider_ref": f"re_{gift.ref}", "amount_minor": gift.amount_minor}
        going_back.refund_gift(gift, **back, by=STRIPE, at=BEGIN)
    run()
    assert signs(pool, gifts[0]) == {"STAFF", "TOOK_BACK"}
    assert flagging.look_again(by=WORKER, at=BEGIN) == 3


def test_a_payer_who_is_helped_by_the_charity_is_held_whatever_the_provider_of_the_address(pool, charity_a):
    relief.proposed(charity_a, relief.funded_project(charity_a), phone="13900001234")
    gift = give(pool, "13900001234@139.com")
    assert signs(pool, gift) == {"HELPED"}
    assert signs(pool, give(pool, "13900009999@139.com")) == set()
    assert signs(pool, gift, at=BEGIN + datetime.timedelta(days=181)) == set()


def test_many_gifts_within_minutes_are_held(pool, monkeypatch):
    fewer = farming.Measure(BEGIN.date(), gifts=3, minutes=10, source="this test")
    monkeypatch.setattr(farming, "MEASURES", (*farming.MEASURES, fewer))
    for second in range(3):
        give(pool, "fast@donor.example", at=BEGIN + datetime.timedelta(seconds=second))
    give(pool, "slow@donor.example")
    assert look() == 3
    assert set(MatchFlag.objects.values_list("reasons", flat=True)) == {"FAST"}


def test_each_match_is_looked_at_once(pool):
    pool.matcher.contact_email = "csr@company.example"
    pool.matcher.save()
    give(pool, "a@company.example")
    assert [look(), look()] == [1, 0]


def test_each_payer_is_told_from_the_others_when_many_are_looked_at(pool, charity_a):
    pool.matcher.contact_email = "csr@company.example"
    pool.matcher.save()
    relief.proposed(charity_a, relief.funded_project(charity_a), phone="13900001234")
    charity_a.caseworker.email = "worker@charity.example"
    charity_a.caseworker.save()
    mails = {
        "somebody@donor.example": set(),
        "13900009999@139.com": set(),
        "13900001234@139.com": {"HELPED"},
        "+8613900001234@qq.com": {"HELPED"},
        "worker@charity.example": {"STAFF"},
        "boss@company.example": {"MATCHER"},
    }
    donors = {email: settled_gift(pool.project, email=email, amount_minor=10_00, at=BEGIN).donor for email in mails}
    run()
    found = suspicions(pool, list(donors.values()), at=BEGIN)
    assert {email: set(found[donor.pk].reasons) for email, donor in donors.items()} == mails
    assert look() == 3


def test_twenty_payers_are_looked_at_again_with_as_many_queries_as_ten(pool):
    def queries_with(payers: range) -> int:
        for number in payers:
            # Every other address is a telephone number, which is looked for among those helped.
            email = f"1390000{number:04}@139.com" if number % 2 else f"payer{number}@donor.example"
            settled_gift(pool.project, email=email, amount_minor=10_00, at=BEGIN)
        run()
        flagging.look_again(by=WORKER, at=BEGIN)  # the charity's keys are made on first use
        with CaptureQueriesContext(connection) as made:
            assert flagging.look_again(by=WORKER, at=BEGIN) == 0
        return len(made)

    assert queries_with(range(10)) == queries_with(range(10, 20))


def test_more_payers_than_are_looked_at_in_one_go_are_looked_at_all(pool, monkeypatch):
    monkeypatch.setattr(flagging, "AT_ONCE", 2)
    pool.matcher.contact_email = "csr@company.example"
    pool.matcher.save()
    for number in range(5):
        settled_gift(pool.project, email=f"p{number}@company.example", amount_minor=10_00, at=BEGIN)
    run()
    assert flagging.look_again(by=WORKER, at=BEGIN) == 5


def test_signs_that_ask_for_a_look_alone_reach_the_threshold_and_weak_ones_take_two():
    assert {sign for sign, points in POINTS.items() if points < THRESHOLD} == {"STAFF", "TOOK_BACK"}
    assert POINTS["STAFF"] + POINTS["TOOK_BACK"] >= THRESHOLD


# ---- held, not paid ----


@pytest.fixture
def flag(pool):
    """¥10 of ¥30 owed is held."""
    pool.matcher.contact_email = "csr@company.example"
    pool.matcher.save()
    give(pool, "a@company.example")
    give(pool, "b@donor.example", amount_minor=20_00)
    look()
    return MatchFlag.objects.get()


def receive(pool, amount_minor: int, bank_ref: str = "B1"):
    money = {"amount_minor": amount_minor, "bank_ref": bank_ref, "received_on": BEGIN.date()}
    return actions.receive_match(pool, **money, by=SETUP, at=BEGIN)


def test_what_is_held_cannot_be_received_and_the_rest_can(pool, flag):
    assert queries.figures(pool).owed_minor == 30_00
    assert flagging.held_minor(pool) == 10_00
    assert refused(receive, pool, 20_01) == "match_flagged"
    assert refused(receive, pool, 30_01) == "more_than_owed"
    receive(pool, 20_00)


def test_what_was_cleared_can_be_received(pool, flag):
    decide_flag(flag, clear=True, note="An employee's own gift.", by=DEMO, at=BEGIN)
    receive(pool, 30_00)


def test_what_was_confirmed_is_not_paid(pool, flag):
    decide_flag(flag, clear=False, note="The same money twice.", by=DEMO, at=BEGIN)
    assert refused(receive, pool, 30_00) == "match_flagged"


def test_a_decision_needs_a_note_and_is_made_once(pool, flag):
    assert refused(decide_flag, flag, clear=True, note=" ", by=DEMO, at=BEGIN) == "flag_without_note"
    decide_flag(flag, clear=True, note="Looked at.", by=DEMO, at=BEGIN)
    assert refused(decide_flag, flag, clear=False, note="No.", by=DEMO, at=BEGIN) == "flag_decided"


@pytest.mark.parametrize("change", ["score = 1", "reasons = 'X'", "match_id = match_id + 1"])
def test_the_database_keeps_why_a_match_was_flagged(flag, change):
    assert refused_by_database(f"UPDATE matching_matchflag SET {change}")


def test_the_database_keeps_a_decision(flag):
    decide_flag(flag, clear=True, note="Looked at.", by=DEMO, at=BEGIN)
    for sql in (
        "UPDATE matching_matchflag SET state = 'HELD', decided_at = NULL, decided_by_ref = ''",
        "UPDATE matching_matchflag SET note = 'other'",
        "DELETE FROM matching_matchflag",
    ):
        assert "match_flag" in refused_by_database(sql)


# ---- screens ----


def test_staff_see_the_flag_without_the_sign_that_a_payer_is_helped_and_decide(client, pool, charity_a):
    relief.proposed(charity_a, relief.funded_project(charity_a), phone="13900001234")
    give(pool, "13900001234@139.com")
    look()
    client.force_login(charity_a.admin)
    page = client.get(reverse("workspace_matching:show", args=[pool.ref])).content.decode()
    assert "另有迹象" in page
    assert "RF06" not in page
    address = reverse("workspace_matching:flag", args=[pool.ref, MatchFlag.objects.get().match.place])
    form = client.get(address).content.decode()
    # Who decides reads what is held and why, and no more of the signs than the pot's own screen says.
    assert MatchFlag.objects.get().match.gift_ref[:8] in form
    assert "¥" in form
    assert "RF06" not in form
    client.post(address, {"verdict": "confirm", "note": "同一笔钱"})
    assert MatchFlag.objects.get().state == "CONFIRMED"


def test_another_charitys_flag_does_not_exist_here(client, flag, charity_b):
    client.force_login(charity_b.admin)
    assert (
        client.get(reverse("workspace_matching:flag", args=[flag.match.pool.ref, flag.match.place])).status_code == 404
    )


def test_who_oversees_reads_every_sign(client, pool, flag, regulator):
    client.force_login(regulator)
    page = client.get(reverse("oversight:match_flags", args=[pool.project.organisation.slug])).content.decode()
    assert reverse("oversight:gift", args=[flag.match.gift_ref]) in page
    assert flag.match.gift_ref in page
    assert "付款人属于配捐方" in page
    assert "a@company.example" not in page


# ---- reminders ----


def test_a_matcher_is_reminded_of_what_is_older_than_thirty_days_once_a_month(pool, django_capture_on_commit_callbacks):
    pool.matcher.contact_email = "csr@company.example"
    pool.matcher.save()
    give(pool, "b@donor.example", amount_minor=20_00)
    assert reminding.remind(by=WORKER, at=BEGIN) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert reminding.remind(by=WORKER, at=MONTHS_LATER) == 1
    (letter,) = mail.outbox
    assert letter.to == ["csr@company.example"]
    assert "¥20.00" in letter.body
    assert "尚未到账" in letter.body
    assert "b@donor.example" not in letter.body
    assert reminding.remind(by=WORKER, at=MONTHS_LATER + datetime.timedelta(days=29)) == 0
    assert reminding.remind(by=WORKER, at=MONTHS_LATER + datetime.timedelta(days=30)) == 1
    assert MatchReminder.objects.count() == 2


def test_a_matcher_who_has_paid_is_left_in_peace(pool):
    pool.matcher.contact_email = "csr@company.example"
    pool.matcher.save()
    give(pool, "b@donor.example", amount_minor=20_00)
    receive(pool, 20_00)
    assert reminding.remind(by=WORKER, at=MONTHS_LATER) == 0
