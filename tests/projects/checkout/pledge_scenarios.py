"""The scenarios of the permutation tests of regular gifts: each is one pledge's whole life at the provider."""

from collections.abc import Callable

from projects.checkout.emulator import back
from tests.projects.checkout.pledge_stories import PledgeStory, promise

A_MONTH = 31
ANOTHER_AMOUNT = 70_00


def first_charge() -> PledgeStory:
    story = promise()
    story.begin()
    return story


def renewed() -> PledgeStory:
    story = first_charge()
    story.wait(A_MONTH)
    story.wait(A_MONTH)
    return story


def never_begun() -> PledgeStory:
    story = promise()
    story.act(lambda: story.bank.expire(story.session))
    return story


def overdue() -> PledgeStory:
    story = first_charge()
    story.spoil()
    story.wait(A_MONTH)
    return story


def failed_then_recovered() -> PledgeStory:
    story = overdue()
    story.spoil(declines=False)
    story.wait(4)
    return story


def failed_until_it_ended() -> PledgeStory:
    story = overdue()
    for days in (4, 6, 8):
        story.wait(days)
    return story


def cancelled_while_past_due() -> PledgeStory:
    story = overdue()
    story.cancel()
    story.wait(A_MONTH)
    return story


def renewal_refunded_in_parts() -> PledgeStory:
    story = first_charge()
    story.wait(A_MONTH)
    story.refund(40_00)
    story.refund()
    return story


def renewal_refund_came_back() -> PledgeStory:
    story = first_charge()
    story.wait(A_MONTH)
    refund = story.refund(30_00)
    story.act(lambda: back.fail(story.bank, refund))
    return story


def renewal_disputed_and_lost() -> PledgeStory:
    story = first_charge()
    story.wait(A_MONTH)
    dispute = story.dispute()
    story.act(lambda: back.close(story.bank, dispute, won=False))
    story.cancel()
    return story


def one_left_out() -> PledgeStory:
    story = first_charge()
    story.stop(days=A_MONTH + 1)
    story.wait(A_MONTH + 2)
    story.wait(A_MONTH)
    return story


def paused_and_resumed() -> PledgeStory:
    story = first_charge()
    story.stop()
    story.wait(A_MONTH)
    story.resume()
    story.wait(A_MONTH)
    return story


def another_amount() -> PledgeStory:
    story = first_charge()
    story.change_amount(ANOTHER_AMOUNT)
    story.wait(A_MONTH)
    story.cancel()
    return story


def renewals_paid_out() -> PledgeStory:
    story = first_charge()
    story.wait(A_MONTH)
    story.act(lambda: back.pay_out(story.bank))
    story.wait(A_MONTH)
    story.refund(25_00)
    story.act(lambda: back.pay_out(story.bank))
    return story


PLEDGE_SCENARIOS: tuple[Callable[[], PledgeStory], ...] = (
    first_charge,
    renewed,
    never_begun,
    failed_then_recovered,
    failed_until_it_ended,
    cancelled_while_past_due,
    renewal_refunded_in_parts,
    renewal_refund_came_back,
    renewal_disputed_and_lost,
    one_left_out,
    paused_and_resumed,
    another_amount,
    renewals_paid_out,
)
