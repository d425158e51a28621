"""Numbers without a gap, one receipt per gift, and what happens when the money goes back."""

import datetime

import pytest

from ledger.core.refusals import Refused
from projects.access.actors import DEMO, STRIPE
from projects.audit.models import AuditEvent
from projects.giving import going_back
from projects.giving.models import Gift
from projects.receipts import actions, queries
from projects.receipts.models import Receipt, ReceiptDonor
from tests.factories.access import BEGIN
from tests.factories.matching import project_with_fund
from tests.factories.receipts import receipt_for, settled_gift

pytestmark = pytest.mark.django_db
NEW_YEAR = datetime.datetime(2027, 1, 1, 0, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


def issue(gift, at=BEGIN):
    return actions.issue(gift=gift, by=STRIPE, at=at)


def refund(gift, amount_minor):
    from ledger import transparency

    transparency.sequence(at=BEGIN)
    going_back.refund_gift(
        gift, provider_ref=f"re_{gift.refunded_minor}", amount_minor=amount_minor, by=STRIPE, at=BEGIN
    )
    gift.refresh_from_db()


def test_a_receipt_names_donor_amount_project_and_charity_as_they_stand():
    gift = settled_gift(amount_minor=17_500_00, name="王小明")
    receipt = issue(gift)
    assert (receipt.amount_minor, receipt.currency, receipt.donor.name) == (17_500_00, "CNY", "王小明")
    assert receipt.project_name_zh == gift.project.name_zh
    assert receipt.credit_code == gift.organisation.credit_code
    assert receipt.handler == gift.organisation.contact_name
    assert receipt.state == Receipt.State.ISSUED


def test_numbers_of_one_charity_and_year_follow_each_other():
    project = project_with_fund()
    numbers = [receipt_for(settled_gift(project)).number for _ in range(3)]
    assert numbers == ["2026-000001", "2026-000002", "2026-000003"]
    assert queries.gaps() == []


def test_each_charity_counts_for_itself():
    assert {receipt_for().number, receipt_for().number} == {"2026-000001"}


def test_the_new_year_begins_where_the_charity_lives():
    project = project_with_fund()
    receipt_for(settled_gift(project))
    gift = settled_gift(project)
    # Half past midnight in Chongqing is still the old year in Greenwich.
    assert issue(gift, at=NEW_YEAR).number == "2027-000001"


def test_issuing_again_gives_the_same_receipt():
    gift = settled_gift()
    assert issue(gift) == issue(gift)
    assert Receipt.objects.count() == 1
    assert AuditEvent.objects.filter(event="receipt.issued").count() == 1


def test_what_changes_later_does_not_change_the_receipt():
    gift = settled_gift()
    receipt = issue(gift)
    gift.project.name_zh = "另一个名字"
    gift.project.save()
    receipt.refresh_from_db()
    assert receipt.project_name_zh != "另一个名字"


def test_it_refuses_a_receipt_before_the_money_has_arrived():
    gift = settled_gift()
    Gift.objects.filter(pk=gift.pk).update(state=Gift.State.INITIATED)
    with pytest.raises(Refused) as refused:
        issue(gift)
    assert refused.value.code == "gift_not_settled"
    assert Receipt.objects.count() == 0


def test_it_refuses_a_receipt_for_a_gift_that_went_back():
    gift = settled_gift()
    refund(gift, gift.amount_minor)
    with pytest.raises(Refused) as refused:
        issue(gift)
    assert refused.value.code == "gift_refunded"


def test_a_donor_who_gave_no_name_is_on_record_as_anonymous():
    receipt = receipt_for(name="")
    assert (receipt.donor.kind, receipt.donor.name) == (ReceiptDonor.Kind.ANONYMOUS, "")


def test_a_gift_hidden_from_the_public_is_receipted_with_its_name():
    assert receipt_for(name="王小明", visibility="FINANCE").donor.name == "王小明"


# --- waived ------------------------------------------------------------------------------------------------------


def test_a_waiver_is_on_record_and_no_receipt_is_issued():
    gift = settled_gift()
    waiver = actions.waive(gift=gift, by=DEMO, at=BEGIN)
    assert actions.waive(gift=gift, by=DEMO, at=BEGIN) == waiver
    with pytest.raises(Refused) as refused:
        issue(gift)
    assert refused.value.code == "receipt_waived"


def test_it_refuses_a_waiver_after_the_receipt():
    gift = settled_gift()
    issue(gift)
    with pytest.raises(Refused) as refused:
        actions.waive(gift=gift, by=DEMO, at=BEGIN)
    assert refused.value.code == "receipt_issued_already"


# --- void --------------------------------------------------------------------------------------------------------


def test_a_whole_refund_voids_the_receipt_and_keeps_its_number():
    project = project_with_fund()
    gift = settled_gift(project)
    number = issue(gift).number
    refund(gift, gift.amount_minor)
    assert actions.answer_refund(gift=gift, by=STRIPE, at=BEGIN) is None
    receipt = queries.receipt_of(gift)
    assert (receipt.number, receipt.state, receipt.void.reason) == (number, "VOID", "REFUNDED")
    assert receipt_for(settled_gift(project)).number == "2026-000002"
    assert queries.gaps() == []


def test_a_part_refund_voids_the_receipt_and_issues_one_for_the_rest():
    gift = settled_gift(amount_minor=100_00)
    first = issue(gift)
    refund(gift, 40_00)
    second = actions.answer_refund(gift=gift, by=STRIPE, at=BEGIN)
    assert (second.amount_minor, second.edition, second.number) == (60_00, 2, "2026-000002")
    assert Receipt.objects.get(pk=first.pk).is_void
    assert actions.answer_refund(gift=gift, by=STRIPE, at=BEGIN) == second


def test_voiding_twice_changes_nothing():
    gift = settled_gift()
    issue(gift)
    assert actions.void(gift=gift, reason="MISTAKE", by=DEMO, at=BEGIN).is_void
    assert actions.void(gift=gift, reason="MISTAKE", by=DEMO, at=BEGIN) is None
    assert AuditEvent.objects.filter(event="receipt.voided").count() == 1


def test_it_refuses_a_void_without_a_reason():
    gift = settled_gift()
    issue(gift)
    with pytest.raises(Refused) as refused:
        actions.void(gift=gift, reason="", by=DEMO, at=BEGIN)
    assert refused.value.code == "void_reason_unknown"


def test_a_mistaken_receipt_is_voided_and_issued_anew():
    gift = settled_gift()
    issue(gift)
    actions.void(gift=gift, reason="MISTAKE", by=DEMO, at=BEGIN)
    assert issue(gift).edition == 2


def test_a_refund_of_a_gift_without_a_receipt_issues_none():
    gift = settled_gift()
    refund(gift, 40_00)
    assert actions.answer_refund(gift=gift, by=STRIPE, at=BEGIN) is None
    assert Receipt.objects.count() == 0


# --- erasing a person --------------------------------------------------------------------------------------------


def test_erasing_a_donor_blanks_the_name_and_leaves_the_numbers():
    gift = settled_gift(name="王小明")
    issue(gift)
    assert actions.erase_donor(gift=gift, by=DEMO, at=BEGIN) == 1
    receipt = queries.receipt_of(gift)
    assert (receipt.donor.name, receipt.donor.erased_at) == ("", BEGIN)
    assert actions.erase_donor(gift=gift, by=DEMO, at=BEGIN) == 0


def test_audit_events_name_no_person():
    issue(settled_gift(name="王小明"))
    assert not [event for event in AuditEvent.objects.all() if "王小明" in f"{event.facts}{event.reason}"]
