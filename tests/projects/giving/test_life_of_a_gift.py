"""A gift is opened, settled once, and may go back once."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from ledger import balances, transparency
from ledger.core.money import EXPONENTS
from ledger.core.refusals import Refused
from projects.access.actors import STRIPE
from projects.audit.models import AuditEvent
from projects.giving import actions, going_back, limits
from projects.giving.commitments import commitment_of
from projects.giving.models import Donor, Gift, Refund
from tests.factories.access import BEGIN
from tests.factories.giving import opened_gift, project_with_books, settled_gift
from tests.refusals import done, refused_by_database

LATER = BEGIN + datetime.timedelta(hours=1)


def settle(gift: Gift, **changes) -> Gift:
    money = {"provider_ref": "pi_1", "amount_minor": gift.amount_minor, "currency": gift.currency}
    return actions.settle_gift(gift, by=STRIPE, at=LATER, **(money | changes))


def left_of(gift: Gift) -> int:
    return balances.fund_figures(book=gift.organisation.book_code, fund=gift.project.fund_code).left_minor


def code_of(excinfo) -> str:
    return excinfo.value.code


@pytest.mark.django_db
class TestOpening:
    def test_the_same_form_twice_is_one_gift(self):
        project = project_with_books()
        first = opened_gift(project, form_key="tap")
        second = opened_gift(project, form_key="tap")
        assert first.pk == second.pk
        assert Gift.objects.count() == 1

    def test_the_same_form_with_another_amount_is_refused(self):
        project = project_with_books()
        opened_gift(project, form_key="tap", amount_minor=100_00)
        with pytest.raises(Refused) as refused:
            opened_gift(project, form_key="tap", amount_minor=500_00)
        assert code_of(refused) == "form_key_reused"

    def test_gifts_of_one_address_share_a_donor_and_its_key(self):
        project = project_with_books()
        first = opened_gift(project, email="Donor@Example.org ")
        second = opened_gift(project, email="donor@example.org")
        assert first.donor == second.donor
        assert len(bytes(first.donor.commitment_key)) == 32

    def test_gifts_without_an_address_share_nothing(self):
        project = project_with_books()
        first, second = opened_gift(project, email=""), opened_gift(project, email="")
        assert first.donor != second.donor
        assert bytes(first.donor.commitment_key) != bytes(second.donor.commitment_key)

    def test_an_anonymous_gift_shows_no_name_and_a_message_waits_for_a_reader(self):
        gift = opened_gift(visibility="FINANCE", message="加油")
        assert gift.shown_name == gift.public_name == ""
        assert gift.donor_name == "林晓"
        assert not gift.message_approved

    @pytest.mark.parametrize(
        ("amount", "code"),
        [
            (0, "amount_not_positive"),
            (-1, "amount_not_positive"),
            (99, "amount_too_small"),
            (10**9, "amount_too_large"),
        ],
    )
    def test_it_refuses_an_amount_outside_the_limits(self, amount, code):
        with pytest.raises(Refused) as refused:
            opened_gift(amount_minor=amount)
        assert code_of(refused) == code
        assert not Gift.objects.exists()

    def test_it_refuses_another_currency_than_the_projects(self):
        with pytest.raises(Refused) as refused:
            opened_gift(currency="USD")
        assert code_of(refused) == "currency_mismatch"

    def test_it_refuses_a_project_after_its_last_day(self):
        project = project_with_books()
        late = datetime.datetime.combine(
            project.ends_on + datetime.timedelta(days=1), datetime.time(12), tzinfo=datetime.UTC
        )
        with pytest.raises(Refused) as refused:
            opened_gift(project, at=late)
        assert code_of(refused) == "project_ended"


@pytest.mark.django_db
class TestSettling:
    def test_it_posts_the_whole_amount_to_the_projects_fund(self):
        gift = settle(opened_gift(amount_minor=100_00))
        transparency.sequence(at=LATER)
        assert gift.state == Gift.State.SETTLED
        assert left_of(gift) == 100_00

    def test_settling_twice_is_settling_once(self):
        gift = opened_gift()
        first = settle(gift)
        second = settle(gift)
        assert first.entry_id == second.entry_id
        transparency.sequence(at=LATER)
        assert left_of(gift) == gift.amount_minor
        assert AuditEvent.objects.filter(event="gift.settled").count() == 1

    def test_it_refuses_a_second_payment_of_the_same_gift(self):
        gift = settle(opened_gift())
        with pytest.raises(Refused) as refused:
            settle(gift, provider_ref="pi_2")
        assert code_of(refused) == "paid_twice"

    @pytest.mark.parametrize("changes", [{"amount_minor": 99_99}, {"currency": "USD"}, {"amount_minor": 1_000_00}])
    def test_it_refuses_other_money_and_posts_nothing(self, changes):
        gift = opened_gift()
        with pytest.raises(Refused) as refused:
            settle(gift, **changes)
        assert code_of(refused) == "amount_mismatch"
        assert transparency.sequence(at=LATER) == 0 or left_of(gift) == 0

    def test_money_that_comes_after_the_gift_expired_still_counts(self):
        gift = actions.expire_gift(opened_gift(), by=STRIPE, at=LATER)
        assert settle(gift).state == Gift.State.SETTLED

    def test_a_held_gift_is_not_settled(self):
        gift = actions.hold_gift(opened_gift(), reason="gift.amount_mismatch", by=STRIPE, at=LATER)
        with pytest.raises(Refused) as refused:
            settle(gift)
        assert code_of(refused) == "gift_move_refused"

    def test_the_entry_commits_to_the_donor_without_naming_them(self):
        gift = settle(opened_gift())
        before = commitment_of(gift)
        gift.email = "somebody@else.example"
        assert commitment_of(gift) != before
        gift.refresh_from_db()
        assert commitment_of(gift) == before

    def test_late_news_changes_no_settled_gift(self):
        gift = settle(opened_gift())
        assert actions.fail_gift(gift, by=STRIPE, at=LATER).state == Gift.State.SETTLED
        assert actions.expire_gift(gift, by=STRIPE, at=LATER).state == Gift.State.SETTLED


@pytest.mark.django_db
class TestFees:
    def test_the_unrestricted_fund_bears_the_fee_and_the_gift_stays_whole(self):
        general = opened_gift_to_charity()
        gift = settled_gift(project_with_books(general.organisation))
        assert actions.note_fee(gift, fee_minor=3_20, currency="CNY", by=STRIPE, at=LATER)
        gift.refresh_from_db()
        assert gift.fee_entry_id
        transparency.sequence(at=LATER)
        figures = balances.fund_figures(book=gift.organisation.book_code, fund="general")
        assert figures.left_minor == 1_000_00 - 3_20
        assert left_of(gift) == gift.amount_minor

    def test_it_waits_while_the_gift_is_not_in_the_log(self):
        gift = settle(opened_gift())
        assert not actions.note_fee(gift, fee_minor=3_20, currency="CNY", by=STRIPE, at=LATER)
        gift.refresh_from_db()
        assert (gift.fee_minor, gift.fee_entry_id) == (3_20, None)

    def test_a_fee_nobody_can_bear_stands_as_a_shortfall(self):
        gift = settled_gift()
        assert actions.note_fee(gift, fee_minor=3_20, currency="CNY", by=STRIPE, at=LATER)
        gift.refresh_from_db()
        assert gift.fee_entry_id

    def test_the_fee_is_booked_once(self):
        gift = settled_gift()
        actions.note_fee(gift, fee_minor=3_20, currency="CNY", by=STRIPE, at=LATER)
        actions.note_fee(gift, fee_minor=3_20, currency="CNY", by=STRIPE, at=LATER)
        assert AuditEvent.objects.filter(event="gift.fee_posted").count() == 1

    def test_a_fee_in_another_currency_is_written_down_and_not_posted(self):
        gift = settled_gift()
        assert actions.note_fee(gift, fee_minor=45, currency="USD", by=STRIPE, at=LATER)
        gift.refresh_from_db()
        assert (gift.fee_minor, gift.fee_currency, gift.fee_entry_id) == (45, "USD", None)


def opened_gift_to_charity() -> Gift:
    """An unrestricted gift of 1,000 to a charity, settled and numbered."""
    organisation = project_with_books().organisation
    gift = actions.open_gift(
        project=None,
        organisation=organisation,
        amount_minor=1_000_00,
        currency="CNY",
        name="",
        visibility="FINANCE",
        message="",
        email="",
        language="en",
        by=STRIPE,
        at=BEGIN,
        form_key="general",
    )
    gift = settle(gift, provider_ref="pi_general")
    transparency.sequence(at=LATER)
    return gift


@pytest.mark.django_db
class TestRefunding:
    def refund(self, gift: Gift, **changes) -> Refund:
        facts = {"provider_ref": "re_1", "amount_minor": gift.amount_minor}
        return going_back.refund_gift(gift, by=STRIPE, at=LATER, **(facts | changes))

    def test_the_whole_gift_goes_back_out_of_its_own_lot(self):
        gift = settled_gift()
        refund = self.refund(gift)
        gift.refresh_from_db()
        assert (gift.state, gift.refunded_minor) == (Gift.State.REFUNDED, gift.amount_minor)
        assert refund.state == Refund.State.POSTED
        transparency.sequence(at=LATER)
        assert left_of(gift) == 0

    def test_the_same_refund_twice_is_posted_once(self):
        gift = settled_gift()
        assert self.refund(gift).pk == self.refund(gift).pk
        transparency.sequence(at=LATER)
        assert left_of(gift) == 0

    def test_a_refund_before_the_gift_is_in_the_log_waits_and_leaves_nothing(self):
        gift = settle(opened_gift())
        with pytest.raises(Refused) as refused:
            self.refund(gift)
        assert code_of(refused) == "not_yet_in_log"
        assert not Refund.objects.exists()
        transparency.sequence(at=LATER)
        assert self.refund(gift).state == Refund.State.POSTED

    def test_parts_go_back_until_nothing_is_left(self):
        gift = settled_gift()
        self.refund(gift, provider_ref="re_1", amount_minor=30_00)
        gift.refresh_from_db()
        assert (gift.state, gift.left_minor) == (Gift.State.SETTLED, 70_00)
        with pytest.raises(Refused) as refused:
            self.refund(gift, provider_ref="re_2", amount_minor=70_01)
        assert code_of(refused) == "refund_too_large"
        self.refund(gift, provider_ref="re_2", amount_minor=70_00)
        gift.refresh_from_db()
        assert gift.state == Gift.State.REFUNDED

    def test_a_noted_refund_is_the_one_that_is_posted(self):
        gift = settled_gift()
        noted = going_back.note_refund(gift, provider_ref="re_1", amount_minor=100_00, by=STRIPE, at=LATER)
        assert self.refund(gift).pk == noted.pk

    def test_a_refund_that_fails_before_posting_is_failed_and_one_that_left_comes_home(self):
        gift = settled_gift()
        noted = going_back.note_refund(gift, provider_ref="re_0", amount_minor=10_00, by=STRIPE, at=LATER)
        assert going_back.fail_refund(noted, by=STRIPE, at=LATER).state == Refund.State.FAILED
        posted = self.refund(gift)
        transparency.sequence(at=LATER)
        for _again in range(2):
            assert going_back.return_refund(posted, by=STRIPE, at=LATER).state == Refund.State.RETURNED
        gift.refresh_from_db()
        assert (gift.state, gift.left_minor) == (Gift.State.SETTLED, gift.amount_minor)
        transparency.sequence(at=LATER)
        assert left_of(gift) == gift.amount_minor

    def test_only_received_money_goes_back(self):
        with pytest.raises(Refused) as refused:
            self.refund(opened_gift())
        assert code_of(refused) == "gift_not_settled"


@pytest.mark.django_db
class TestAroundTheOrm:
    @pytest.mark.parametrize(
        "change", ["amount_minor = 0", "amount_minor = -5", "state = 'SETTLED'", "refunded_minor = amount_minor + 1"]
    )
    def test_the_database_refuses_an_impossible_gift(self, change):
        gift = opened_gift()
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE giving_gift SET {change} WHERE id = %s", [gift.pk])

    def test_two_donors_cannot_have_one_address(self):
        opened_gift(email="one@example.org")
        with pytest.raises(IntegrityError), transaction.atomic():
            Donor.objects.create(email="one@example.org", created_at=BEGIN)


@given(st.integers(min_value=-(10**12), max_value=10**12), st.sampled_from(sorted(limits.DEFAULT_LIMITS)))
def test_exactly_the_amounts_within_the_limits_are_accepted(amount, currency):
    least, most, _suggested = limits.DEFAULT_LIMITS[currency]
    try:
        limits.check_amount(amount, currency)
        accepted = True
    except Refused:
        accepted = False
    # Cards know two decimals: of three, the last is 0.
    assert accepted == (least <= amount <= most and (EXPONENTS[currency] < 3 or amount % 10 == 0))


@given(st.sampled_from(["", "XXX", "cny", "BTC"]))
def test_a_currency_without_limits_is_refused(currency):
    with pytest.raises(Refused):
        limits.check_amount(100, currency)


NAMES_OF_ONE_GIFT = ("provider_ref", "session_ref", "invoice_ref", "fee_entry_id")


@pytest.mark.django_db
class TestNamesOfOneGift:
    """What the provider or the books call a gift names one gift, by the database's word; most gifts lack most names."""

    @pytest.mark.parametrize("column", NAMES_OF_ONE_GIFT)
    def test_two_gifts_share_no_name(self, column):
        project = project_with_books()
        first, second = opened_gift(project), opened_gift(project)
        same = "01890000-0000-7000-8000-000000000001"
        done(f"UPDATE giving_gift SET {column} = %s WHERE id = %s", same, first.pk)
        assert refused_by_database(f"UPDATE giving_gift SET {column} = %s WHERE id = %s", same, second.pk)

    def test_any_number_of_gifts_lacks_them(self):
        project = project_with_books()
        opened_gift(project), opened_gift(project)
        assert Gift.objects.filter(**dict.fromkeys(NAMES_OF_ONE_GIFT)).count() == 2
