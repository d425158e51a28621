"""The scenarios of the permutation tests: each is one gift's whole life at the provider."""

from collections.abc import Callable

from projects.checkout.emulator import back
from projects.checkout.methods import BANK_TRANSFER
from tests.projects.checkout.stories import Story, begin


def paid() -> Story:
    story = begin()
    story.pay()
    return story


def declined_then_paid() -> Story:
    story = begin()
    story.act(lambda: story.bank.decline(story.session))
    story.pay()
    return story


def slow_and_arrived() -> Story:
    story = begin()
    story.act(lambda: story.bank.pay_slowly(story.session))
    story.act(lambda: story.bank.arrive(story.intent))
    return story


def slow_and_bounced() -> Story:
    story = begin()
    story.act(lambda: story.bank.pay_slowly(story.session))
    story.act(lambda: story.bank.bounce(story.intent))
    return story


def expired() -> Story:
    story = begin()
    story.act(lambda: story.bank.expire(story.session))
    return story


def by_wallet_that_waits_and_settles_in_dollars() -> Story:
    story = begin(settlement="usd", rate=0.1405, method="alipay")
    story.act(lambda: story.bank.pay_slowly(story.session))
    story.act(lambda: story.bank.arrive(story.intent))
    story.refund(40_00)
    return story


def by_wallet_that_fails() -> Story:
    story = begin(method="wechat_pay")
    story.act(lambda: story.bank.pay_slowly(story.session))
    story.act(lambda: story.bank.bounce(story.intent))
    return story


def by_transfer_in_two_parts_and_refunded() -> Story:
    story = begin(currency="eur", method=BANK_TRANSFER)
    story.act(lambda: story.bank.promise(story.session))
    story.act(lambda: story.bank.fund(story.intent, 40_00))
    story.act(lambda: story.bank.fund(story.intent, 60_00))
    story.refund(25_00)
    return story


def by_transfer_that_never_became_whole() -> Story:
    story = begin(currency="jpy", method=BANK_TRANSFER, amount_minor=10_000)
    story.act(lambda: story.bank.promise(story.session))
    story.act(lambda: story.bank.fund(story.intent, 9_999))
    return story


def refunded_whole() -> Story:
    story = paid()
    story.refund()
    return story


def refunded_in_parts() -> Story:
    story = paid()
    for amount in (30_00, 20_00, 50_00):
        story.refund(amount)
    return story


def refund_came_back_and_went_again() -> Story:
    story = paid()
    refund = story.refund(60_00)
    story.act(lambda: back.fail(story.bank, refund))
    story.refund()
    return story


def pending_refund_paid() -> Story:
    story = paid()
    refund = story.refund(40_00, status="pending")
    story.act(lambda: back.complete(story.bank, refund))
    return story


def pending_refund_failed() -> Story:
    story = paid()
    refund = story.refund(40_00, status="pending")
    story.act(lambda: back.fail(story.bank, refund))
    return story


def inquiry_closed() -> Story:
    story = paid()
    inquiry = story.dispute(inquiry=True)
    story.act(lambda: back.answer(story.bank, inquiry))
    story.act(lambda: back.close(story.bank, inquiry, won=True))
    return story


def inquiry_became_dispute_and_was_lost() -> Story:
    story = paid()
    inquiry = story.dispute(inquiry=True)
    story.act(lambda: back.withdraw(story.bank, inquiry))
    story.act(lambda: back.answer(story.bank, inquiry))
    story.act(lambda: back.close(story.bank, inquiry, won=False))
    return story


def dispute_won() -> Story:
    story = paid()
    dispute = story.dispute()
    story.act(lambda: back.answer(story.bank, dispute))
    story.act(lambda: back.close(story.bank, dispute, won=True))
    return story


def dispute_won_and_its_fee_returned() -> Story:
    story = paid()
    dispute = story.dispute()
    story.act(lambda: back.close(story.bank, dispute, won=True, fee_back=True))
    return story


def dispute_won_within_one_second() -> Story:
    story = paid()
    story.pause = 0
    dispute = story.dispute()
    story.act(lambda: back.close(story.bank, dispute, won=True, fee_back=True))
    return story


def disputed_after_a_refund() -> Story:
    story = paid()
    story.refund(40_00)
    dispute = story.dispute()
    story.act(lambda: back.close(story.bank, dispute, won=False))
    return story


def won_dispute_then_refunded() -> Story:
    story = dispute_won()
    story.refund(70_00)
    return story


def paid_out() -> Story:
    story = paid()
    story.refund(10_00)
    story.act(lambda: back.pay_out(story.bank))
    return story


def payout_failed_and_chained() -> Story:
    story = paid()
    payout = story.act(lambda: back.pay_out(story.bank, arrives=False))
    story.act(lambda: back.arrive(story.bank, payout))
    story.act(lambda: back.fail_payout(story.bank, payout))
    story.refund(25_00)
    again = story.act(lambda: back.pay_out(story.bank))
    story.act(lambda: back.fail_payout(story.bank, again))
    story.act(lambda: back.pay_out(story.bank))
    return story


def settled_in_dollars() -> Story:
    story = begin(settlement="usd", rate=0.1405)
    story.pay()
    refund = story.refund(30_00)
    story.act(lambda: back.fail(story.bank, refund))
    dispute = story.dispute()
    story.act(lambda: back.close(story.bank, dispute, won=False))
    return story


def given_in_yen() -> Story:
    story = begin(5_000, "jpy")
    story.pay()
    story.refund(1_000)
    return story


def given_in_dinars() -> Story:
    story = begin(12_340, "kwd")
    story.pay()
    refund = story.refund(2_340)
    story.act(lambda: back.fail(story.bank, refund))
    return story


SCENARIOS: tuple[Callable[[], Story], ...] = (
    paid,
    declined_then_paid,
    slow_and_arrived,
    slow_and_bounced,
    by_wallet_that_waits_and_settles_in_dollars,
    by_wallet_that_fails,
    by_transfer_in_two_parts_and_refunded,
    by_transfer_that_never_became_whole,
    expired,
    refunded_whole,
    refunded_in_parts,
    refund_came_back_and_went_again,
    pending_refund_paid,
    pending_refund_failed,
    inquiry_closed,
    inquiry_became_dispute_and_was_lost,
    dispute_won,
    dispute_won_and_its_fee_returned,
    dispute_won_within_one_second,
    disputed_after_a_refund,
    won_dispute_then_refunded,
    paid_out,
    payout_failed_and_chained,
    settled_in_dollars,
    given_in_yen,
    given_in_dinars,
)
