"""Money that was taken back and came home: a mirror with its own name, traced through, and taken back again."""

import json

import pytest

from ledger import balances, trace, transparency
from ledger.auditor.command import main
from ledger.core.canonical import canonical_bytes
from ledger.policy import chart, recipes, transit
from ledger.verify import CHECKS, run_one
from tests.ledger import public_log
from tests.ledger.helpers import Desk
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    """A gift of 300.00, of which 200.00 is spent; 50.00 in the general fund."""
    desk = Desk()
    desk.gift(50_00, fund="general")
    desk.first = desk.gift(300_00)
    desk.sequence()
    desk.award(200_00)
    desk.sequence()
    return desk


def came_home(desk: Desk, amount: int, kind: str = "REFUND"):
    taken = desk.refund(desk.first.entry_id, amount, kind=kind)
    desk.sequence()
    home = desk.reverse(taken.entry_id, came_back=True)
    desk.sequence()
    return home


def left(fund: str = "desks") -> int:
    return balances.fund_figures(book="charity-a", fund=fund).left_minor


def audited(tmp_path, leaves) -> int:
    folder = public_log.publish(tmp_path / "log", leaves)
    return main([str(folder), "--state", str(tmp_path / "seen.json"), "--lang", "en"])


@pytest.mark.parametrize(("kind", "name"), [("REFUND", "REFUND_FAILED"), ("DISPUTE_WITHDRAWN", "DISPUTE_REINSTATED")])
def test_every_fund_has_again_what_it_had_and_no_gift_is_counted_twice(desk, kind, name):
    before = left(), left("general")
    came_home(desk, 250_00, kind)
    assert (left(), left("general")) == before
    assert transparency.entries_since(0, kinds=[name])[0].document_kind == ("refund" if kind == "REFUND" else "dispute")
    figures = balances.fund_figures(book="charity-a", fund="desks")
    assert (figures.given_minor, figures.gift_count) == (300_00, 1)


def test_its_first_line_is_taken_back_again_and_no_more_than_that(desk):
    home = came_home(desk, 250_00)  # 100.00 unspent, 50.00 from the general fund, 100.00 a shortfall
    assert refused(desk.refund, home.entry_id, 100_01) == "refund_too_large"
    desk.refund(home.entry_id, 100_00)
    desk.sequence()
    assert left() == 0
    assert refused(desk.refund, home.entry_id, 1) == "refund_too_large"


def test_a_plain_reversal_cannot_be_taken_back(desk):
    taken = desk.refund(desk.first.entry_id, 10_00)
    desk.sequence()
    plain = desk.reverse(taken.entry_id)
    desk.sequence()
    assert refused(desk.refund, plain.entry_id, 1_00) == "refund_not_possible"


def kinds_of(hops) -> set[str]:
    return {hop.kind for hop in hops} | {kind for hop in hops for kind in kinds_of(hop.hops)}


def test_a_trace_goes_on_through_it_in_both_directions(desk):
    came_home(desk, 250_00)
    award = desk.award(60_00)
    desk.sequence()
    assert {"AWARD", "REFUND", "REFUND_FAILED"} <= kinds_of(trace.forward(desk.first.entry_id).hops)
    assert "GIFT" in kinds_of(trace.back(award.entry_id).hops)


def test_verification_and_the_outside_verifier_accept_all_of_it(desk, tmp_path):
    home = came_home(desk, 250_00)
    desk.refund(home.entry_id, 60_00)
    desk.post(recipes.excess, 5_00, fund="general", kind="DISPUTE_EXCESS")
    desk.post(recipes.excess, 5_00, fund="general", kind="REFUND_EXCESS", borne=False)
    share = {"general": -3_00, "desks": 200_00}
    desk.post(payout_of(share), 0)
    desk.sequence()
    assert balances.balance(book="charity-a", account=chart.BANK, currency="CNY") == 197_00
    for check in CHECKS:
        if check.name not in ("file", "rights"):
            assert [str(one) for one in run_one(check).findings] == [], check.name
    assert audited(tmp_path, public_log.leaves_of_books()) == 0


def payout_of(share):
    return lambda amount_minor, fund, **more: transit.provider_payout(amounts_by_fund=share, **more)


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (lambda leaf: leaf.pop("reverses"), 23),
        (lambda leaf: leaf["lines"][0].__setitem__(3, leaf["lines"][0][3] - 1), 23),
    ],
)
def test_the_outside_verifier_names_a_return_of_nothing(desk, tmp_path, lie, code):
    came_home(desk, 60_00)
    leaves = public_log.leaves_of_books()
    place = next(n for n, leaf in enumerate(leaves) if json.loads(leaf).get("kind") == "REFUND_FAILED")
    told = json.loads(leaves[place])
    lie(told)
    leaves[place] = canonical_bytes(told)
    assert audited(tmp_path, leaves) == code
