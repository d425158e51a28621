"""Stories of one regular gift at the provider, in the manner of `stories`: several payments, one subscription."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from projects.checkout import billing_client, facts, pledge_facts, stripe_client
from projects.checkout.emulator import billing
from projects.checkout.emulator.bank import Bank, Terms
from projects.checkout.emulator.store import Store
from projects.checkout.facts import Payment, PayoutFact, Whole
from projects.checkout.pledge_facts import InvoiceFact, PledgeWhole
from tests.projects.checkout.stories import Story

Json = dict[str, Any]
PLEDGE_REF = "b0b0" + "0" * 28
A_DAY = 24 * 3600


@dataclass(frozen=True)
class PledgeMoment:
    """The provider's objects after one act: the pledge's own, each payment's, and the payouts."""

    pledge: PledgeWhole
    payments: dict[str, Whole]
    payouts: dict[str, PayoutFact]


class PledgeStory(Story):
    """One pledge's life at the provider."""

    moments: list[PledgeMoment]  # type: ignore[assignment]

    def begin(self) -> None:
        self.act(lambda: billing.begin(self.bank, self.session))

    def wait(self, days: int) -> None:
        """Time goes by: what comes due is charged."""
        self.seconds += days * A_DAY
        self.act(lambda: billing.run_due(self.bank))

    def spoil(self, *, declines: bool = True) -> None:
        billing.spoil(self.bank, self.subscription, declines=declines)

    def stop(self, *, days: int = 0) -> None:
        until = {"resumes_at": str(int(self.seconds) + days * A_DAY)} if days else {}
        pause = {"behavior": "void"} | until
        self.act(lambda: billing.change(self.bank, self.subscription, price=None, pause=pause, card=""))

    def resume(self) -> None:
        self.act(lambda: billing.change(self.bank, self.subscription, price=None, pause="", card=""))

    def change_amount(self, amount_minor: int) -> None:
        old = self.subscription["items"]["data"][0]["price"]
        price = {"product": old["product"], "currency": old["currency"], "recurring": {"interval": "month"}}
        price["unit_amount"] = amount_minor
        self.act(lambda: billing.change(self.bank, self.subscription, price=price, pause=None, card=""))

    def cancel(self) -> None:
        self.act(lambda: billing.cancel(self.bank, self.subscription, comment="pledge.by_donor"))

    @property
    def subscription(self) -> Json:
        return self.bank.thing(self.session["subscription"])

    @property
    def intents(self) -> list[str]:
        """The payments of the invoices, oldest first."""
        return [one["payment"]["payment_intent"] for one in reversed(self.bank.store.all("invoice_payment"))]

    @property
    def charge(self) -> Json:
        """The last payment that succeeded."""
        return next(charge for charge in self.bank.store.all("charge") if charge["status"] == "succeeded")

    def now(self) -> PledgeMoment:
        return PledgeMoment(self._pledge(), {intent: self._payment(intent) for intent in self.intents}, self._payouts())

    def _pledge(self) -> PledgeWhole:
        page = pledge_facts.page_of(self.ask(f"/v1/checkout/sessions/{self.session_id}"))
        if not page.subscription_id:
            return PledgeWhole(page)
        made = pledge_facts.subscription_of(self.ask(f"/v1/subscriptions/{page.subscription_id}"))
        shown = {"subscription": page.subscription_id, "limit": "100", "expand[]": "data.payments"}
        bills = map(pledge_facts.invoice_of, reversed(self.ask("/v1/invoices", **shown)["data"]))
        return PledgeWhole(page, made, tuple(bills))

    def _payment(self, intent_id: str) -> Whole:
        shown = {"expand[]": "latest_charge.balance_transaction"}
        intent = self.ask(f"/v1/payment_intents/{intent_id}", **shown)
        return self._with_what_went_back(facts.payment_of_intent(intent, session={}))


def promise(amount_minor: int = 100_00) -> PledgeStory:
    """A page that waits for the first payment."""
    bank = Bank(Store(":memory:"), Terms("http://emulator.example"))
    story = PledgeStory(bank, amount_minor, "CNY")
    bank.clock = lambda: story.seconds
    price = {"currency": "cny", "unit_amount": amount_minor, "product_data": {"name": "gift"}}
    marks = {"metadata": {"pledge_ref": PLEDGE_REF}}
    params = {"mode": "subscription", "line_items": [{"price_data": price | {"recurring": {"interval": "month"}}}]}
    story.session_id = bank.open_session(params | marks | {"subscription_data": marks})["id"]
    story.moments.append(story.now())
    return story


@contextmanager
def pledge_seen_at(monkeypatch: Any, story: PledgeStory) -> Iterator[list[int]]:
    """The provider as it stood at a moment of the story: set the first number of what is yielded."""
    at = [0]

    def here() -> PledgeMoment:
        return story.moments[at[0]]

    def whole(*, session_ref: str, intent_id: str, back: bool) -> Whole:
        seen = here().payments[intent_id]
        return seen if back else Whole(seen.payment, asked_back=False)

    def payment(intent_id: str) -> Payment:
        return here().payments[intent_id].payment

    def invoice(intent_id: str) -> InvoiceFact | None:
        return next((bill for bill in here().pledge.invoices if intent_id in bill.intent_ids), None)

    def intents(_since: int) -> Iterator[str]:
        for seen in here().payments.values():
            yield from (fact.intent_id for fact in (*seen.refunds, *seen.disputes))

    with monkeypatch.context() as patch:
        patch.setattr(stripe_client, "read_whole", whole)
        patch.setattr(stripe_client, "read_intent", payment)
        patch.setattr(stripe_client, "recent_intents", intents)
        patch.setattr(stripe_client, "recent_payouts", lambda _since: sorted(here().payouts))
        patch.setattr(stripe_client, "read_payout", lambda ref: here().payouts[ref])
        patch.setattr(billing_client, "read_pledge", lambda **_refs: here().pledge)
        patch.setattr(billing_client, "read_page", lambda _ref: here().pledge.page)
        patch.setattr(billing_client, "invoice_of_intent", invoice)
        patch.setattr(billing_client, "recent_invoices", lambda _since: list(here().pledge.invoices))
        yield at
