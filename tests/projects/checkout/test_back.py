"""Refunds that come back, disputes and payouts to the bank, over the wire: what the books say to the last unit."""

import ast
import datetime
import inspect
import tempfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from charity_site.management.commands.verify import all_checks
from ledger import balances, posting, transparency
from ledger.auditor.command import main
from ledger.policy import chart
from ledger.verify import run_one
from projects.audit.models import AuditEvent
from projects.checkout import flow, stripe_client, sweeper
from projects.checkout.emulator import back
from projects.checkout.models import BalanceTransaction, GiftCare, ProviderPayout, SweepMark
from projects.giving.models import Dispute, Gift, Refund, TakenBack
from projects.receipts.queries import valid_receipt_of
from tests.factories.access import BEGIN
from tests.factories.giving import opened_gift, project_with_books
from tests.ledger import public_log
from tests.projects.checkout.conftest import deliver, settle_down, start
from tests.refusals import refused

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def paid_gift(client, provider, project=None, amount_minor=100_00, at=BEGIN) -> Gift:
    gift = opened_gift(project, amount_minor=amount_minor, at=at)
    start(gift, at)
    gift.refresh_from_db()
    provider.act(gift, "pay")
    deliver(client, *provider.events())
    settle_down(at)
    return fresh(gift)


@pytest.fixture
def gift(client, provider) -> Gift:
    return paid_gift(client, provider)


def fresh(gift: Gift) -> Gift:
    return Gift.objects.select_related("organisation", "project").get(pk=gift.pk)


def hear(client, provider, at=BEGIN + HOUR) -> None:
    """Every message so far is delivered (most of them again), and what waits is done."""
    deliver(client, *provider.events())
    settle_down(at)


def charge_of(provider, gift):
    return provider.store.get(provider.intent_of(gift)["latest_charge"])


def fund(gift: Gift, code: str = ""):
    return balances.fund_figures(book=gift.organisation.book_code, fund=code or gift.project.fund_code)


def account(gift: Gift, code: str) -> int:
    return balances.balance(book=gift.organisation.book_code, account=code, currency=gift.currency)


def kinds() -> list[str]:
    rows = transparency.all_entries(kinds=("REFUND", "REFUND_FAILED", "DISPUTE_WITHDRAWN", "DISPUTE_REINSTATED",
                                           "DISPUTE_FEE", "DISPUTE_EXCESS", "REVERSAL", "PROVIDER_PAYOUT"))  # fmt: skip
    return [entry.kind for entry in rows]


def verified() -> None:
    """Our own checks and the outside verifier find nothing wrong."""
    for check in all_checks():
        if check.law != "file" and check.name not in ("file", "rights"):
            assert [str(one) for one in run_one(check).findings] == [], check.name
    with tempfile.TemporaryDirectory() as folder:
        log = public_log.publish(Path(folder) / "log", public_log.leaves_of_books())
        assert main([str(log), "--state", f"{folder}/seen.json", "--lang", "en"]) == 0


class TestRefunds:
    def test_a_refund_that_came_back_is_the_gifts_again_and_can_go_once_more(self, client, provider, gift):
        first = provider.refund(gift, 60_00)
        hear(client, provider)
        back.fail(provider.bank, first)
        hear(client, provider, BEGIN + 2 * HOUR)
        kept = fresh(gift)
        assert (kept.state, kept.refunded_minor, kept.left_minor) == (Gift.State.SETTLED, 0, 100_00)
        assert Refund.objects.get().state == Refund.State.RETURNED
        assert valid_receipt_of(kept).amount_minor == 100_00
        provider.refund(gift, 100_00)
        hear(client, provider, BEGIN + 3 * HOUR)
        assert kinds() == ["REFUND", "REFUND_FAILED", "REFUND", "REFUND"]
        assert fund(gift).left_minor == 0
        assert fresh(gift).state == Gift.State.REFUNDED
        verified()

    def test_a_refund_that_never_left_is_failed_and_nothing_is_posted(self, client, provider, gift):
        charge = charge_of(provider, gift)
        words = {"reason": None, "metadata": {}, "status": "pending"}
        refund = back.give_back(provider.bank, charge, amount=10_00, **words)
        hear(client, provider)
        assert Refund.objects.get().state == Refund.State.PENDING
        back.fail(provider.bank, refund)
        hear(client, provider, BEGIN + 2 * HOUR)
        assert Refund.objects.get().state == Refund.State.FAILED
        assert kinds() == []


class TestDisputes:
    def test_an_inquiry_takes_no_money_and_has_its_deadline(self, client, provider, gift):
        inquiry = back.dispute(provider.bank, charge_of(provider, gift), inquiry=True)
        hear(client, provider)
        dispute = Dispute.objects.get()
        assert (dispute.state, dispute.withdrawn_at) == (Dispute.State.INQUIRY, None)
        assert dispute.respond_by.timestamp() == inquiry["evidence_details"]["due_by"]
        assert fund(gift).left_minor == 100_00
        back.close(provider.bank, inquiry, won=True)
        hear(client, provider, BEGIN + 2 * HOUR)
        assert Dispute.objects.get().state == Dispute.State.INQUIRY_CLOSED
        assert kinds() == []

    def test_a_lost_dispute_takes_the_gift_and_its_fee(self, client, provider, gift):
        dispute = back.dispute(provider.bank, charge_of(provider, gift))
        hear(client, provider)
        assert (fresh(gift).disputed_minor, fresh(gift).left_minor) == (100_00, 0)
        back.close(provider.bank, dispute, won=False)
        hear(client, provider, BEGIN + 2 * HOUR)
        row = Dispute.objects.get()
        assert (row.state, row.fee_minor) == (Dispute.State.LOST, 15_00)
        assert kinds() == ["DISPUTE_WITHDRAWN", "DISPUTE_FEE"]
        assert fund(gift).left_minor == 0
        assert account(gift, chart.STRIPE_CLEARING) == -3_20 - 15_00
        assert valid_receipt_of(fresh(gift)) is None
        verified()

    @pytest.mark.parametrize(("fee_back", "left"), [(False, 100_00 - 3_20 - 15_00), (True, 100_00 - 3_20)])
    def test_a_won_dispute_gives_the_money_back_and_the_fee_only_by_agreement(
        self, client, provider, gift, fee_back, left
    ):
        dispute = back.dispute(provider.bank, charge_of(provider, gift))
        hear(client, provider)
        back.close(provider.bank, dispute, won=True, fee_back=fee_back)
        hear(client, provider, BEGIN + 2 * HOUR)
        assert fresh(gift).left_minor == fund(gift).left_minor == 100_00
        assert account(gift, chart.STRIPE_CLEARING) == left
        assert valid_receipt_of(fresh(gift)).amount_minor == 100_00
        provider.refund(gift, 70_00)
        hear(client, provider, BEGIN + 3 * HOUR)
        assert fund(gift).left_minor == 30_00
        verified()

    def test_what_a_bank_takes_after_a_refund_is_borne_by_the_general_fund_or_stands_as_a_shortfall(
        self, client, provider, gift
    ):
        provider.refund(gift, 40_00)
        hear(client, provider)
        back.dispute(provider.bank, charge_of(provider, gift))
        hear(client, provider, BEGIN + 2 * HOUR)
        assert "DISPUTE_EXCESS" in kinds()
        assert fund(gift).left_minor == 0
        # The two fees, and the 40 that went twice.
        assert account(gift, chart.DEFICIT) == 3_20 + 15_00 + 40_00
        assert fresh(gift).left_minor == 0
        verified()

    def test_while_the_bank_asks_staff_cannot_refund(self, client, provider, charity_a):
        gift = paid_gift(client, provider, project_with_books(charity_a.organisation))
        back.dispute(provider.bank, charge_of(provider, gift), inquiry=True)
        hear(client, provider)
        ask = {"by": charity_a.finance, "at": BEGIN + HOUR, "reason": "asked"}
        assert refused(flow.refund_at_provider, fresh(gift), **ask) == "gift_disputed"


class TestPayouts:
    def test_a_payout_brings_each_funds_share_to_the_bank(self, client, provider, gift):
        other = paid_gift(client, provider, gift.project, 50_00, BEGIN + HOUR / 2)
        back.pay_out(provider.bank)
        hear(client, provider)
        payout = ProviderPayout.objects.get()
        assert (payout.state, payout.amount_minor) == (ProviderPayout.State.POSTED, 150_00 - 3_20 - 1_75)
        assert {row.gift for row in payout.balance_transactions.all()} == {gift, other}
        assert account(gift, chart.BANK) == payout.amount_minor
        assert account(gift, chart.STRIPE_CLEARING) == 0
        lines = posting.lines_of(payout.shares.get().entry_id)
        assert [(line.fund, line.debit, line.amount_minor) for line in lines] == [
            ("general", chart.STRIPE_CLEARING, 4_95),
            (gift.project.fund_code, chart.BANK, 150_00),
        ]
        verified()

    def test_a_failed_payout_comes_back_and_the_next_one_carries_its_gifts(self, client, provider, gift):
        first = back.pay_out(provider.bank)
        hear(client, provider)
        back.fail_payout(provider.bank, first)
        hear(client, provider, BEGIN + 2 * HOUR)
        assert account(gift, chart.BANK) == 0
        assert account(gift, chart.STRIPE_CLEARING) == 96_80
        provider.bank.clock = (BEGIN + 3 * HOUR).timestamp
        paid_gift(client, provider, gift.project, 50_00, BEGIN + 3 * HOUR)
        back.pay_out(provider.bank)
        hear(client, provider, BEGIN + 4 * HOUR)
        assert [row.state for row in ProviderPayout.objects.order_by("pk")] == ["RETURNED", "POSTED"]
        assert account(gift, chart.BANK) == 96_80 + 48_25
        assert account(gift, chart.STRIPE_CLEARING) == 0
        verified()

    def test_a_payout_with_something_nobody_can_explain_is_held_and_nothing_is_posted(self, client, provider, gift):
        provider.bank.move({"id": "fee_x", "currency": "cny"}, amount=-1_00, kind="stripe_fee")
        back.pay_out(provider.bank)
        hear(client, provider)
        payout = ProviderPayout.objects.get()
        assert (payout.state, payout.review_reason) == ("NEEDS_REVIEW", "payout.unexplained")
        assert kinds() == []
        assert AuditEvent.objects.filter(event="provider_payout.held").count() == 1


class TestOtherCurrencies:
    def test_what_is_settled_in_another_currency_keeps_both_amounts_and_the_rate(self, client, provider):
        provider.bank.terms = provider.bank.terms.__class__(provider.emulator.address, settlement="usd", rate=0.1405)
        gift = paid_gift(client, provider)
        row = BalanceTransaction.objects.get()
        assert (row.amount_minor, row.currency, row.rate) == (14_05, "USD", "0.1405")
        assert (gift.amount_minor, gift.currency, gift.fee_currency, gift.fee_entry_id) == (100_00, "CNY", "USD", None)
        assert fund(gift).left_minor == 100_00
        back.pay_out(provider.bank)
        hear(client, provider)
        assert ProviderPayout.objects.get().review_reason == "payout.other_currency"

    @pytest.mark.parametrize(("currency", "amount", "part"), [("JPY", 5_000, 1_234), ("KWD", 12_340, 2_340)])
    def test_currencies_without_or_with_three_decimals_go_the_whole_way(self, client, provider, currency, amount, part):
        gift = paid_gift(client, provider, project_with_books(currency=currency), amount)
        assert BalanceTransaction.objects.get().amount_minor == amount
        provider.refund(gift, part)
        hear(client, provider)
        assert fund(gift).left_minor == fresh(gift).left_minor == amount - part
        verified()


class TestTheSweep:
    def test_what_happened_long_after_and_was_never_told_is_found(self, provider, gift):
        GiftCare.objects.update(next_look_at=None)
        provider.refund(gift, 30_00)
        back.pay_out(provider.bank)
        assert sweeper.sweep_if_due(at=BEGIN + HOUR) == 2
        assert fresh(gift).refunded_minor == 30_00
        assert ProviderPayout.objects.get().state == ProviderPayout.State.POSTED
        assert SweepMark.objects.get().seen_until == BEGIN + HOUR
        assert sweeper.sweep_if_due(at=BEGIN + HOUR) == 0

    def test_the_command_looks_at_once_and_says_how_much(self, provider, gift, capsys, monkeypatch):
        provider.refund(gift, 30_00)
        monkeypatch.setattr("django.utils.timezone.now", lambda: BEGIN + HOUR)
        call_command("sweep_payments", days=3)
        assert "1 payments and payouts" in capsys.readouterr().out
        assert fresh(gift).refunded_minor == 30_00
        monkeypatch.setattr(stripe_client, "read_whole", lambda **_which: 1 / 0)
        with pytest.raises(CommandError):
            call_command("sweep_payments", days=3)

    def test_without_gifts_the_provider_is_left_in_peace(self, monkeypatch):
        monkeypatch.setattr(stripe_client, "recent_intents", lambda _since: 1 / 0)
        assert sweeper.sweep_if_due(at=BEGIN) == 0

    def test_when_the_provider_is_away_the_same_days_are_listed_again(self, provider, gift, monkeypatch):
        def away(_since):
            raise stripe_client.ProviderDown("away")

        with monkeypatch.context() as patch:
            patch.setattr(stripe_client, "recent_intents", away)
            assert sweeper.sweep_if_due(at=BEGIN + HOUR) == 0
        assert SweepMark.objects.get().seen_until < BEGIN
        provider.refund(gift, 30_00)
        sweeper.sweep_if_due(at=BEGIN + 2 * HOUR)
        assert fresh(gift).refunded_minor == 30_00


def test_a_page_that_did_not_end_by_itself_is_closed_with_its_gift(provider):
    gift = opened_gift()
    start(gift)
    for _again in range(2):
        flow.sweep(at=BEGIN + 30 * HOUR)
    assert fresh(gift).state == Gift.State.EXPIRED
    assert provider.store.get(fresh(gift).session_ref)["status"] == "expired"
    for _again in range(2):
        payment = stripe_client.expire_session(fresh(gift).session_ref, gift_ref=gift.ref)
        assert payment.session_status == "expired"
    assert len(provider.events("checkout.session.expired")) == 1


def test_every_outgoing_call_that_changes_something_has_a_key_of_our_own():
    """Asked twice after a broken line it is one thing: the key comes from our references, never from chance."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(stripe_client))) if isinstance(node, ast.Call)]
    changing = [call for call in calls if getattr(call.func, "attr", "") in ("create", "expire", "update", "cancel")]
    assert len(changing) == 4
    assert all("idempotency_key" in ast.unparse(call) for call in changing)


def test_a_changed_part_is_named_by_verification(client, provider, gift):
    provider.refund(gift, 30_00)
    back.dispute(provider.bank, charge_of(provider, gift), amount=20_00)
    back.pay_out(provider.bank)
    hear(client, provider)
    verified()
    Gift.objects.update(disputed_minor=1)
    TakenBack.objects.update(amount_minor=1)
    ProviderPayout.objects.update(amount_minor=1)
    red = {
        check.name for check in all_checks() if check.name in ("taken back", "bank payouts") and run_one(check).findings
    }
    assert red == {"taken back", "bank payouts"}
