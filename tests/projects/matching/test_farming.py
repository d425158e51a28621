"""RF07: many matched gifts by one payer within minutes are found; spread out or unmatched they are not."""

import datetime

import pytest
from django.urls import reverse

from projects.matching import farming as farming_module
from projects.matching.farming import farming
from tests.factories.access import BEGIN
from tests.factories.giving import settled_gift
from tests.factories.matching import open_pool, project_with_fund, run

pytestmark = pytest.mark.django_db
SECOND = datetime.timedelta(seconds=1)


def give(pool, count, *, email, apart, begin=BEGIN):
    return [
        settled_gift(pool.project, email=email, amount_minor=1_00, at=begin + number * apart) for number in range(count)
    ]


def test_the_measure_is_twenty_gifts_in_ten_minutes():
    measure = farming_module.measure_on(BEGIN.date())
    assert (measure.gifts, measure.minutes) == (20, 10)


@pytest.fixture
def five_in_ten_minutes(monkeypatch):
    fewer = farming_module.Measure(BEGIN.date(), gifts=5, minutes=10, source="this test")
    monkeypatch.setattr(farming_module, "MEASURES", (*farming_module.MEASURES, fewer))


def test_as_many_gifts_as_the_measure_are_farming_and_fewer_or_slower_ones_are_not(five_in_ten_minutes):
    pool = open_pool(ratio_bps=10_000)
    run()
    before = give(pool, 1, email="fast@example.org", apart=SECOND)
    hour = BEGIN + datetime.timedelta(hours=1)
    fast = give(pool, 5, email="fast@example.org", apart=150 * SECOND, begin=hour)
    give(pool, 4, email="nearly@example.org", apart=SECOND, begin=hour)
    give(pool, 5, email="slow@example.org", apart=151 * SECOND, begin=hour)
    assert farming(pool, BEGIN.date()) == [], "nothing is matched yet"
    run(at=hour)
    (found,) = farming(pool, BEGIN.date())
    assert before[0].donor.ref == found.donor_ref
    assert (found.gifts, found.matched_minor, found.refunded) == (5, 5_00, 0)
    assert (found.first_at, found.last_at) == (fast[0].created_at, fast[-1].created_at)


def test_gifts_without_an_address_are_nobodys_in_particular(five_in_ten_minutes):
    pool = open_pool(ratio_bps=10_000)
    run()
    give(pool, 5, email="", apart=SECOND)
    run()
    assert farming(pool, BEGIN.date()) == []


def test_who_oversees_the_charity_sees_references_and_no_address(five_in_ten_minutes, client, regulator, charity_a):
    project = project_with_fund(organisation=charity_a.organisation)
    pool = open_pool(project, ratio_bps=10_000)
    run()
    gift, *_ = give(pool, 5, email="fast@example.org", apart=SECOND)
    run()
    client.force_login(regulator)
    address = reverse("oversight:match_flags", args=[project.organisation.slug])
    for where, said in ((address, "只是核查的理由"), (address.replace("/zh-hans/", "/en/"), "A reason to look")):
        page = client.get(where).content.decode()
        assert said in page
        assert gift.donor.ref in page
        assert "fast@example.org" not in page
