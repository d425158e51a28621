"""Stories of one gift at the provider, told by the emulator: what it announced, and its objects after each act.

A story is made once and can then be looked at from any moment: `moments` has the objects as they stood then. So a test
may deliver the messages in any order and let each be worked at any later moment.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from projects.checkout import billing_client, facts, stripe_client
from projects.checkout.emulator import api, back
from projects.checkout.emulator.bank import Bank, Terms
from projects.checkout.emulator.store import Store
from projects.checkout.facts import Payment, PayoutFact, Whole
from projects.checkout.methods import BANK_TRANSFER, session_params
from tests.factories.access import BEGIN

Json = dict[str, Any]
GIFT_REF = "a11ce0" + "0" * 26
A_MINUTE = 60


@dataclass(frozen=True)
class Moment:
    """The provider's objects after one act."""

    whole: Whole
    payouts: dict[str, PayoutFact]


@dataclass
class Story:
    """One gift's life at the provider. `events` are (moment, event): announced by the act of that number."""

    bank: Bank
    amount_minor: int
    currency: str
    session_id: str = ""
    events: list[tuple[int, Json]] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    seconds: float = BEGIN.timestamp()
    pause: float = A_MINUTE

    def act(self, name: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Let something happen, a while after what happened before, and keep what it announced."""
        self.seconds += self.pause
        known = {event["id"] for _moment, event in self.events}
        made = name(*args, **options)
        for event in reversed(self.bank.store.all("event")):
            if event["id"] not in known:
                self.events.append((len(self.moments), event))
        self.moments.append(self.now())
        return made

    def now(self) -> Any:
        """The provider's objects as they are."""
        return Moment(self._whole(), self._payouts())

    @property
    def session(self) -> Json:
        return self.bank.thing(self.session_id)

    @property
    def intent(self) -> Json:
        return self.bank.thing(self.session["payment_intent"])

    @property
    def charge(self) -> Json:
        return self.bank.thing(self.intent["latest_charge"])

    def pay(self) -> None:
        self.act(lambda: self.bank.pay(self.session))

    def refund(self, amount: int | None = None, status: str = "succeeded") -> Json:
        left = self.charge["amount"] - self.charge["amount_refunded"]
        words = {"reason": None, "metadata": {}, "status": status}
        return self.act(lambda: back.give_back(self.bank, self.charge, amount=amount or left, **words))

    def dispute(self, *, inquiry: bool = False) -> Json:
        return self.act(lambda: back.dispute(self.bank, self.charge, inquiry=inquiry))

    def ask(self, path: str, **query: Any) -> Json:
        """What the emulator's API answers, without the wire between."""
        text = urlencode(
            [(name, one) for name, some in query.items() for one in ([some] if isinstance(some, str) else some)]
        )
        status, answer, _known = api.call(
            self.bank, "GET", path, query=text, body="", headers={"authorization": "Bearer sk_test_x"}
        )
        assert status == 200, answer
        return json.loads(json.dumps(answer))

    def _whole(self) -> Whole:
        shown = {"expand[]": "payment_intent.latest_charge.balance_transaction"}
        payment = facts.payment_of_session(self.ask(f"/v1/checkout/sessions/{self.session_id}", **shown))
        return self._with_what_went_back(payment) if payment.intent_id else Whole(payment)

    def _with_what_went_back(self, payment: Payment) -> Whole:
        moves = ["data.balance_transaction", "data.failure_balance_transaction"]
        refunds = self.ask("/v1/refunds", payment_intent=payment.intent_id, limit="100", **{"expand[]": moves})["data"]
        disputes = self.ask("/v1/disputes", payment_intent=payment.intent_id, limit="100")["data"]
        return Whole(payment, tuple(map(facts.refund_of, refunds)), tuple(map(facts.dispute_of, disputes)))

    def _payouts(self) -> dict[str, PayoutFact]:
        found = {}
        for row in self.ask("/v1/payouts", limit="100")["data"]:
            shown = {"expand[]": ["balance_transaction", "failure_balance_transaction"]}
            payout = self.ask(f"/v1/payouts/{row['id']}", **shown)
            within = self.ask("/v1/balance_transactions", payout=row["id"], limit="100", **{"expand[]": "data.source"})
            moves = tuple(move for move in map(facts.move_of, within["data"]) if move)
            found[row["id"]] = facts.payout_of(payout, moves)
        return found


def begin(amount_minor: int = 100_00, currency: str = "cny", method: str = "card", **terms: Any) -> Story:
    """A session that waits for its payer."""
    bank = Bank(Store(":memory:"), Terms("http://emulator.example", **terms))
    story = Story(bank, amount_minor, currency.upper())
    bank.clock = lambda: story.seconds
    price = {"currency": currency, "unit_amount": amount_minor, "product_data": {"name": "gift"}}
    params = {"line_items": [{"price_data": price}], "metadata": {"gift_ref": GIFT_REF}}
    params |= session_params(method, currency.upper(), country="DE")
    if method == BANK_TRANSFER:
        params["customer"] = "cus_emu"
    story.session_id = bank.open_session(params | {"payment_intent_data": {"metadata": {"gift_ref": GIFT_REF}}})["id"]
    story.moments.append(Moment(story._whole(), {}))
    return story


@contextmanager
def seen_at(monkeypatch: Any, story: Story) -> Iterator[list[int]]:
    """The provider as it stood at a moment of the story: set the first number of what is yielded."""
    at = [0]

    def whole(*, session_ref: str, intent_id: str, back: bool) -> Whole:
        seen = story.moments[at[0]].whole
        return seen if back else Whole(seen.payment, asked_back=False)

    def payment(_ref: str) -> Payment:
        return story.moments[at[0]].whole.payment

    def intents(_since: int) -> Iterator[str]:
        seen = story.moments[at[0]].whole
        yield from (fact.intent_id for fact in (*seen.refunds, *seen.disputes))

    with monkeypatch.context() as patch:
        patch.setattr(stripe_client, "read_whole", whole)
        patch.setattr(stripe_client, "read_intent", payment)
        patch.setattr(stripe_client, "read_session", payment)
        patch.setattr(stripe_client, "recent_intents", intents)
        patch.setattr(stripe_client, "recent_payouts", lambda _since: sorted(story.moments[at[0]].payouts))
        patch.setattr(billing_client, "recent_invoices", lambda _since: [])
        patch.setattr(stripe_client, "read_payout", lambda ref: story.moments[at[0]].payouts[ref])
        yield at
