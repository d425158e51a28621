"""The emulator, tried through the official client: what passes here passes over the wire."""

import json
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe

from ledger.core.money import EXPONENTS
from projects.checkout.emulator import back, billing, pages
from projects.checkout.emulator.encoding import decode_form, sign
from projects.checkout.emulator.server import Emulator
from projects.checkout.stripe_client import API_VERSION
from projects.giving.limits import DEFAULT_LIMITS
from tests.needs import shared

KINDS = (
    "checkout.session", "payment_intent", "charge", "balance_transaction", "refund", "dispute", "payout", "event",
    "customer", "payment_method", "product", "price", "subscription", "invoice", "setup_intent",
)  # fmt: skip
# Stripe's list (docs.stripe.com/currencies), of the currencies that our money table knows.
STRIPE_ZERO_DECIMAL = {"JPY", "KRW", "VND", "CLP"}
STRIPE_THREE_DECIMAL = {"BHD", "JOD", "KWD", "OMR", "TND"}


@pytest.fixture
def emulator():
    server = Emulator()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.close()


@pytest.fixture
def client(emulator) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_x", base_addresses={"api": emulator.address}, stripe_version=API_VERSION)


def params(**changes):
    price = {"currency": "cny", "unit_amount": 100_00, "product_data": {"name": "童心房 <b>"}}
    return {
        "mode": "payment",
        "success_url": "http://site.example/ok?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://site.example/no",
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": {"gift_ref": "g1"},
        "payment_intent_data": {"metadata": {"gift_ref": "g1"}},
        "locale": "zh",
    } | changes


def paid(client, emulator, **changes):
    session = client.v1.checkout.sessions.create(params(**changes))
    emulator.bank.pay(emulator.bank.store.get(session.id))
    return client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )


class TestTheApi:
    def test_a_payment_from_session_to_refund(self, client, emulator):
        session = paid(client, emulator)
        charge = session.payment_intent.latest_charge
        assert (session.payment_status, charge.amount, charge.balance_transaction.fee) == ("paid", 100_00, 3_20)
        assert session.payment_intent.metadata["gift_ref"] == charge.metadata["gift_ref"] == "g1"
        client.v1.refunds.create({"payment_intent": session.payment_intent.id, "amount": 30_00})
        client.v1.refunds.create({"payment_intent": session.payment_intent.id})
        found = client.v1.refunds.list({"payment_intent": session.payment_intent.id})
        assert sorted(refund.amount for refund in found.data) == [30_00, 70_00]
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create({"payment_intent": session.payment_intent.id})
        assert refused.value.code == "charge_already_refunded"

    def test_what_was_charged_back_is_not_refunded_until_it_is_won(self, client, emulator):
        session = paid(client, emulator)
        charge = emulator.bank.thing(session.payment_intent.latest_charge.id)
        made = back.dispute(emulator.bank, charge, inquiry=True)
        client.v1.refunds.create({"payment_intent": session.payment_intent.id, "amount": 10_00})
        back.withdraw(emulator.bank, made)
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create({"payment_intent": session.payment_intent.id, "amount": 10_00})
        assert refused.value.code == "charge_disputed"
        with urllib.request.urlopen(emulator.address, timeout=10) as page:
            assert f"{charge['id']}/refund" not in page.read().decode()
        back.close(emulator.bank, made, won=True)
        client.v1.refunds.create({"payment_intent": session.payment_intent.id, "amount": 10_00})

    def test_the_intent_is_made_when_the_payer_confirms(self, client):
        assert client.v1.checkout.sessions.create(params()).payment_intent is None

    def test_the_same_key_and_request_is_the_same_answer(self, client):
        first = client.v1.checkout.sessions.create(params(), {"idempotency_key": "k"})
        second = client.v1.checkout.sessions.create(params(), {"idempotency_key": "k"})
        assert first.id == second.id

    def test_the_same_key_with_another_request_is_an_error(self, client):
        client.v1.checkout.sessions.create(params(), {"idempotency_key": "k"})
        with pytest.raises(stripe.IdempotencyError):
            client.v1.checkout.sessions.create(params(locale="en"), {"idempotency_key": "k"})

    def test_it_wants_a_test_key(self, emulator):
        live = stripe.StripeClient("sk_live_x", base_addresses={"api": emulator.address})
        with pytest.raises(stripe.AuthenticationError):
            live.v1.events.list()

    @pytest.mark.parametrize(
        "changes",
        [
            {"mode": ""},
            {"mode": "subscription"},
            {"success_url": ""},
            {"line_items": []},
            {"colour": "red"},
            {"expires_at": 1},
            {"payment_method_types": ["wechat_pay"]},
            {"payment_method_types": ["customer_balance"]},
            {
                "payment_method_types": ["customer_balance"],
                "customer": "cus_1",
                "line_items": [
                    {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 1, "product_data": {"name": "x"}}}
                ],
                "payment_method_options": {
                    "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "eu_bank_transfer"}}
                },
            },
            {"mode": "setup"},
            {"line_items": [{"quantity": 1, "price_data": {"currency": "zzz", "unit_amount": 1}}]},
            {"line_items": [{"quantity": 1, "price_data": {"currency": "cny", "unit_amount": -1}}]},
            {"line_items": [{"quantity": 1, "price_data": {"currency": "cny", "unit_amount": "1.5"}}]},
            {"line_items": [{"quantity": 1, "price_data": {"currency": "cny", "unit_amount": 10**9}}]},
            {"line_items": [{"quantity": 1, "price_data": {"currency": "kwd", "unit_amount": 1001}}]},
        ],
    )
    def test_it_refuses_a_session_that_stripe_would_refuse(self, client, changes):
        if "customer" in changes:
            changes = changes | {"customer": client.v1.customers.create({}).id}
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.create(params(**changes))

    def test_what_it_does_not_know_it_does_not_find(self, client):
        with pytest.raises(stripe.InvalidRequestError) as missing:
            client.v1.checkout.sessions.retrieve("cs_test_none")
        assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
        with pytest.raises(stripe.InvalidRequestError):
            client.raw_request("get", "/v1/coupons")

    def test_an_unknown_thing_in_a_parameter_is_refused_by_the_parameters_name(self, client, emulator):
        """With 404 Stripe speaks of the thing that the address names, here the subscription, which is there."""
        price = {"currency": "cny", "unit_amount": 50_00, "recurring": {"interval": "month"}}
        page = params(mode="subscription", line_items=[{"price_data": price | {"product_data": {"name": "Regular"}}}])
        made = billing.begin(emulator.bank, emulator.bank.open_session(page))
        items = [{"id": made["items"]["data"][0]["id"], "price_data": price | {"product": "prod_none"}}]
        for name, ask in {
            "customer": lambda: client.v1.checkout.sessions.create(params(customer="cus_none")),
            "default_payment_method": lambda: client.v1.subscriptions.update(
                made["id"], {"default_payment_method": "pm_none"}
            ),
            "items[0][price_data][product]": lambda: client.v1.subscriptions.update(made["id"], {"items": items}),
        }.items():
            with pytest.raises(stripe.InvalidRequestError) as refused:
                ask()
            error = refused.value
            assert (error.http_status, error.code, error.param) == (400, "resource_missing", name)
        assert emulator.bank.thing(made["id"]) == made
        assert client.v1.checkout.sessions.create(params(customer=made["customer"])).customer == made["customer"]

    def test_a_session_ends_with_its_time(self, client, emulator):
        session = client.v1.checkout.sessions.create(params())
        emulator.bank.clock = lambda: time.time() + 25 * 3600
        assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
        assert [event.type for event in client.v1.events.list().data] == ["checkout.session.expired"]

    def test_two_that_look_for_what_is_due_at_once_bill_a_period_once(self, emulator):
        bank = emulator.bank
        session = bank.open_session(
            params(
                mode="subscription",
                customer_email="li@example.org",
                line_items=[
                    {
                        "price_data": {
                            "currency": "cny",
                            "unit_amount": 50_00,
                            "product_data": {"name": "Regular"},
                            "recurring": {"interval": "month"},
                        }
                    }
                ],
            )
        )
        billing.begin(bank, session)
        due = time.time() + 32 * 24 * 3600
        bank.clock = lambda: due
        lookers = [threading.Thread(target=billing.run_due, args=(bank,)) for _ in range(4)]
        for looker in lookers:
            looker.start()
        for looker in lookers:
            looker.join()
        assert len(bank.store.all("invoice")) == 2

    def test_a_restart_forgets_nothing(self, tmp_path):
        first = Emulator(data=str(tmp_path / "emulator.sqlite3"))
        session = first.bank.open_session(params(line_items=[{"price_data": {"currency": "cny", "unit_amount": 1}}]))
        first.close()
        second = Emulator(data=str(tmp_path / "emulator.sqlite3"))
        assert second.bank.store.get(session["id"]) == session
        second.close()


class TestThePages:
    def get(self, url: str, **headers: str) -> str:
        request = urllib.request.Request(url, headers={name.replace("_", "-"): text for name, text in headers.items()})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    @pytest.mark.parametrize(("locale", "words"), [("zh", "不会产生真实扣款"), ("en", "no real money moves here")])
    def test_the_payment_page_speaks_the_donors_language_and_says_what_it_is(self, client, locale, words):
        page = self.get(client.v1.checkout.sessions.create(params(locale=locale)).url)
        assert words in page
        assert "¥100.00" in page
        assert "&lt;b&gt;" in page
        assert "<script" not in page

    def test_paying_leads_back_with_the_sessions_id(self, client):
        session = client.v1.checkout.sessions.create(params(success_url="http://127.0.0.1:1/?s={CHECKOUT_SESSION_ID}"))
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(session.url, data=b"act=pay", timeout=10)
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"

    def test_a_paid_page_cannot_be_paid_again(self, client, emulator):
        session = client.v1.checkout.sessions.create(params())
        emulator.bank.pay(emulator.bank.store.get(session.id))
        with urllib.request.urlopen(f"{emulator.address}/c/pay/{session.id}", data=b"act=pay", timeout=10) as answer:
            assert "已经完成" in answer.read().decode()
        assert len(emulator.bank.store.all("charge")) == 1

    def test_the_dashboard_lists_payments_and_gives_them_back(self, client, emulator):
        charge = paid(client, emulator).payment_intent.latest_charge
        assert "Refund in full" in self.get(emulator.address, Accept_Language="en")
        urllib.request.urlopen(f"{emulator.address}/dashboard/{charge.id}/refund", data=b"", timeout=10).close()
        assert client.v1.charges.retrieve(charge.id).refunded

    def test_the_dashboard_disputes_pays_out_and_sends_back(self, client, emulator):
        charge = paid(client, emulator).payment_intent.latest_charge

        def press(thing: str, act: str) -> None:
            urllib.request.urlopen(f"{emulator.address}/dashboard/{thing}/{act}", data=b"", timeout=10).close()

        press(charge.id, "inquire")
        dispute = client.v1.disputes.list().data[0]
        press(dispute.id, "withdraw")
        press(dispute.id, "win")
        press("balance", "payout")
        payout = client.v1.payouts.list().data[0]
        press(payout.id, "return")
        assert client.v1.disputes.retrieve(dispute.id).status == "won"
        assert client.v1.payouts.retrieve(payout.id).status == "failed"
        assert "银行退回" not in self.get(emulator.address, Accept_Language="zh-CN")
        assert "拒付争议" in self.get(emulator.address, Accept_Language="zh-CN")

    def test_another_sites_form_is_refused(self, client, emulator):
        charge = paid(client, emulator).payment_intent.latest_charge
        request = urllib.request.Request(
            f"{emulator.address}/dashboard/{charge.id}/refund", data=b"", headers={"Origin": "http://evil.example"}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 403
        refused.value.close()


class TestTheWebhooks:
    def test_they_are_signed_so_that_the_official_client_takes_them(self):
        body = json.dumps({"id": "evt_1", "object": "event", "type": "x", "data": {"object": {}}})
        header = sign(body, "whsec_1", int(time.time()))
        assert stripe.Webhook.construct_event(body, header, "whsec_1", api_key="sk_test_x").id == "evt_1"

    def test_they_are_sent_again_until_they_are_taken(self, emulator):
        seen: list[str] = []

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                stripe.WebhookSignature.verify_header(body, self.headers["Stripe-Signature"], "whsec_1", 300)
                seen.append(json.loads(body)["type"])
                self.send_response(500 if len(seen) == 1 else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        receiver = HTTPServer(("127.0.0.1", 0), Receiver)
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        from projects.checkout.emulator.webhooks import Deliverer

        store = emulator.bank.store
        deliverer = Deliverer(store, f"http://127.0.0.1:{receiver.server_address[1]}/", "whsec_1")
        event = emulator.bank.announce("product.created", {"id": "prod_1", "object": "product"})
        assert deliverer.deliver_due() == 0
        store.postpone(event["id"], 1, 0)
        assert deliverer.deliver_due() == 1
        assert (seen, store.waiting()) == (["product.created"] * 2, 0)
        receiver.shutdown()
        thread.join()
        receiver.server_close()


# What the API has only in some states; its description says so, the examples show another state.
SOMETIMES = {"refund": {"failure_balance_transaction", "failure_reason", "pending_reason"}}


def regular(client, emulator) -> None:
    """A regular payment that is renewed, paused, fails, gets another card and ends."""
    bank = emulator.bank
    price = {
        "currency": "cny",
        "unit_amount": 100_00,
        "product_data": {"name": "x"},
        "recurring": {"interval": "month"},
    }
    session = client.v1.checkout.sessions.create(
        {"mode": "subscription", "success_url": "http://site.example/", "line_items": [{"price_data": price}]}
    )
    made = billing.begin(bank, bank.thing(session.id))
    billing.charge_now(bank, bank.thing(made["id"]))
    billing.change(bank, bank.thing(made["id"]), price=None, pause={"behavior": "void"}, card="")
    billing.charge_now(bank, bank.thing(made["id"]))
    billing.change(bank, bank.thing(made["id"]), price=None, pause="", card="")
    billing.spoil(bank, made)
    billing.charge_now(bank, bank.thing(made["id"]))
    page = client.v1.checkout.sessions.create(
        {"mode": "setup", "customer": made["customer"], "success_url": "http://site.example/", "currency": "cny"}
    )
    billing.set_up(bank, bank.thing(page.id))
    billing.cancel(bank, bank.thing(made["id"]))


@pytest.fixture
def eventful(client, emulator) -> Emulator:
    """An emulator in which every act happened at least once."""
    bank = emulator.bank
    for after in ("refund", "fail", "won", "lost", "inquiry"):
        charge = bank.thing(paid(client, emulator).payment_intent.latest_charge.id)
        if after in ("refund", "fail"):
            refund = back.give_back(bank, charge, amount=30_00, reason=None, metadata={})
            _ = back.fail(bank, refund) if after == "fail" else None
        else:
            dispute = back.dispute(bank, charge, inquiry=after == "inquiry")
            back.close(bank, back.answer(bank, dispute), won=after == "won")
    back.fail_payout(bank, back.pay_out(bank))
    regular(client, emulator)
    return emulator


def parts_have_the_keys(thing: dict, examples: dict) -> bool:
    """An item of a subscription and a line of an invoice are objects of their own."""
    parts = {"subscription": ("items", "subscription_item"), "invoice": ("lines", "line_item")}
    name, kind = parts.get(thing["object"], ("", ""))
    return not name or all(set(part) == set(examples[kind]) for part in thing[name]["data"])


def test_every_object_has_the_keys_and_types_of_stripes_published_example(eventful):
    examples = json.loads(shared("standards", "stripe", "fixtures.json").read_text())
    for kind in KINDS:
        things = eventful.bank.store.all(kind)
        assert things, kind
        for thing in things:
            example = examples[kind]
            assert parts_have_the_keys(thing, examples)
            assert set(thing) - SOMETIMES.get(kind, set()) == set(example), kind
            for name, value in thing.items():
                there = example.get(name)
                # Where both say something, they say it in the same type; amounts are never strings.
                if value is not None and there is not None:
                    assert type(value) is type(there), (kind, name)


def test_lists_are_paged_as_the_official_client_expects(client, eventful):
    every = [event.id for event in client.v1.events.list({"limit": 3}).auto_paging_iter()]
    assert len(every) == len(set(every)) == len(eventful.bank.store.all("event"))
    payout = client.v1.payouts.list().data[0]
    assert payout.status == "failed"
    within = client.v1.balance_transactions.list({"payout": payout.id, "limit": 50, "expand": ["data.source"]}).data
    assert sum(move.net for move in within if move.source.id != payout.id) == payout.amount
    assert [one.status for one in client.v1.disputes.list({"limit": 10}).data] == ["warning_closed", "lost", "won"]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.list({"expand": ["balance_transaction"]})


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"gt": 99}, 1),
        ({"gt": 100}, 0),
        ({"gte": 100}, 1),
        ({"gte": 101}, 0),
        ({"lt": 101}, 1),
        ({"lt": 100}, 0),
        ({"lte": 100}, 1),
        ({"lte": 99}, 0),
        ({"gte": 100, "lt": 100}, 0),
        (100, 1),
        (99, 0),
    ],
)
def test_lists_know_every_bound_of_a_moment(client, emulator, asked, found):
    emulator.bank.clock = lambda: 100
    emulator.bank.announce("product.created", {"id": "prod_1", "object": "product"})
    assert len(client.v1.events.list({"created": asked}).data) == found


def test_our_minor_units_are_stripes():
    assert {currency for currency, places in EXPONENTS.items() if places == 0} == STRIPE_ZERO_DECIMAL
    assert {currency for currency, places in EXPONENTS.items() if places == 3} == STRIPE_THREE_DECIMAL
    assert set(DEFAULT_LIMITS) <= set(EXPONENTS)
    # Stripe takes eight digits at most.
    assert all(most <= 99_999_999 for _least, most, _suggested in DEFAULT_LIMITS.values())


@pytest.mark.parametrize(("minor", "currency", "text"), [(100_00, "cny", "¥100.00"), (500, "jpy", "JP¥500")])
def test_the_page_writes_money_with_the_currencys_decimals(minor, currency, text):
    assert pages.money(minor, currency) == text


def test_bracketed_fields_become_a_tree():
    assert decode_form("a[b][0][c]=1&a[b][1][c]=2&expand[]=x&expand[]=y&d=%E6%8D%90") == {
        "a": {"b": [{"c": "1"}, {"c": "2"}]},
        "expand": ["x", "y"],
        "d": "捐",
    }
