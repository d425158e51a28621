"""Statements: the sum of valid receipts, whatever happened to them; void, replaced and waived ones told as such."""

import datetime
import io

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from projects.access.actors import DEMO, STRIPE
from projects.access.refs import new_ref
from projects.giving.models import Gift
from projects.receipts import actions, render
from projects.receipts.statements import statement_of
from tests.factories.access import BEGIN
from tests.factories.matching import project_with_fund
from tests.factories.receipts import settled_gift

pytestmark = pytest.mark.django_db
DAY = timezone.localtime(BEGIN).date()
ONE = datetime.timedelta(days=1)
STEPS = st.lists(
    st.tuples(st.sampled_from(["issue", "void", "refund", "waive"]), st.integers(0, 2), st.integers(1, 60_00)),
    max_size=12,
)


def told_of(donor, since=DAY, until=DAY):
    return statement_of(donor, since=since, until=until, at=BEGIN)


def give_back(gift, amount_minor):
    """What a refund leaves behind, without its postings; then the receipts' answer to it."""
    gift.refresh_from_db()
    gift.refunded_minor += min(amount_minor, gift.left_minor)
    gift.save()
    actions.answer_refund(gift=gift, by=STRIPE, at=BEGIN)


def issue(gift, at=BEGIN):
    return actions.issue(gift=gift, by=STRIPE, at=at)


def text_of(donor, language):
    pdf = render.statement_pdf(told_of(donor), language=language)
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.fixture
def project():
    return project_with_fund()


def walk(gifts, steps):
    """Take the steps; what each gift's receipt must count for then, reckoned here by itself. None: waived."""
    counts, back = [0] * len(gifts), [0] * len(gifts)
    waived = set()
    for step, which, amount in steps:
        gift = Gift.objects.get(pk=gifts[which].pk)
        left = gift.amount_minor - back[which]
        if step == "issue" and left and which not in waived:
            issue(gift)
            counts[which] = left
        elif step == "void":
            actions.void(gift=gift, reason="MISTAKE", by=DEMO, at=BEGIN)
            counts[which] = 0
        elif step == "refund" and left:
            give_back(gift, amount)
            back[which] += min(amount, left)
            counts[which] = gift.amount_minor - back[which] if counts[which] else 0
        elif step == "waive" and not counts[which]:
            actions.waive(gift=gift, by=DEMO, at=BEGIN)
            waived.add(which)
    return sum(counts)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_total_is_the_sum_of_valid_receipts_whatever_happened(project, steps):
    email = f"{new_ref()}@example.org"
    gifts = [settled_gift(project, amount_minor=amount, email=email) for amount in (100_00, 33_33, 1_00)]
    expected = walk(gifts, steps)
    sections = told_of(gifts[0].donor).sections
    assert sum(section.total_minor for section in sections) == expected
    for section in sections:
        valid = [receipt.amount_minor for receipt in section.receipts if not receipt.is_void]
        assert (section.total_minor, section.valid_count) == (sum(valid), len(valid))


def test_currencies_stay_apart():
    gift = settled_gift(amount_minor=100_00, email="a@example.org")
    other = settled_gift(project_with_fund(currency="USD"), amount_minor=7_00, email="a@example.org")
    issue(gift)
    issue(other)
    told = told_of(gift.donor)
    assert [(section.currency, section.total_minor) for section in told.sections] == [("CNY", 100_00), ("USD", 7_00)]
    text = text_of(gift.donor, "en")
    assert "107.00" not in text


def test_only_the_days_asked_for_count_both_ends_included(project):
    gift = settled_gift(project, email="a@example.org")
    issue(gift, at=BEGIN + 400 * ONE)  # issued late: the gift stays in the days it arrived
    assert told_of(gift.donor).sections[0].total_minor == 100_00
    assert told_of(gift.donor, DAY - ONE, DAY - ONE).is_empty
    assert told_of(gift.donor, DAY + ONE, DAY + 500 * ONE).is_empty


def test_another_donors_receipts_are_not_in_it(project):
    mine, theirs = (settled_gift(project, email=f"{who}@example.org") for who in "ab")
    issue(mine)
    issue(theirs)
    assert [receipt.gift_id for receipt in told_of(mine.donor).sections[0].receipts] == [mine.ref]


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["Statementofgifts", "¥60.00", "voidsince2026-03-02,notcounted:apartofthegift", "replacesanearlier",
                "Withoutareceipt,atthedonor'swish", "isnottheofficialdonationbill"]),
        ("zh-hans", ["捐赠清单", "¥60.00", "自2026-03-02起作废，不计入合计：捐赠已部分退还", "替代同一笔捐赠的原收据",
                     "应捐赠人意愿未开收据", "不是财政部门监制"]),
    ],
)  # fmt: skip
def test_void_replaced_and_waived_gifts_are_told_as_such(project, language, parts):
    gift = settled_gift(project, email="a@example.org")
    first = issue(gift)
    give_back(gift, 40_00)
    waived = settled_gift(project, amount_minor=9_99, email="a@example.org")
    actions.waive(gift=waived, by=DEMO, at=BEGIN)
    assert told_of(gift.donor).sections[0].total_minor == 60_00
    text = text_of(gift.donor, language)
    for part in (*parts, first.number, "2026-000002", "9.99", "王小明"):
        assert part in text, part


def test_an_anonymous_gift_is_counted_and_its_statement_says_anonymous(project):
    gift = settled_gift(project, name="", email="a@example.org")
    issue(gift)
    assert told_of(gift.donor).sections[0].total_minor == 100_00
    assert "ananonymousdonor" in text_of(gift.donor, "en")
