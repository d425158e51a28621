"""HTTP: the API under /v1, the payer's page under /c/pay, the dashboard at /."""

from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from projects.checkout.emulator import api, back, billing, dashboard, pages
from projects.checkout.emulator.bank import Bank, Problem, Terms
from projects.checkout.emulator.shapes import API_VERSION, new_id
from projects.checkout.emulator.store import Store
from projects.checkout.emulator.webhooks import Deliverer

LARGEST_BODY = 1_000_000


def _refund_all(bank: Bank, charge: Any) -> None:
    left = charge["amount"] - charge["amount_refunded"]
    back.give_back(bank, charge, amount=left, reason="requested_by_customer", metadata={})


def _refund_half(bank: Bank, charge: Any) -> None:
    half = (charge["amount"] - charge["amount_refunded"]) // 2
    back.give_back(bank, charge, amount=half, reason="requested_by_customer", metadata={})


# What a button of the dashboard does to its thing.
DASHBOARD_ACTS: dict[str, Callable[[Bank, Any], Any]] = {
    "refund": _refund_all,
    "refund_half": _refund_half,
    "dispute": back.dispute,
    "inquire": lambda bank, charge: back.dispute(bank, charge, inquiry=True),
    "arrive": lambda bank, intent: bank.arrive(intent),
    "part": lambda bank, intent: bank.fund(intent, intent["amount"] // 2),
    "bounce": lambda bank, intent: bank.bounce(intent),
    "fail": back.fail,
    "withdraw": back.withdraw,
    "win": lambda bank, dispute: back.close(bank, dispute, won=True),
    "lose": lambda bank, dispute: back.close(bank, dispute, won=False),
    "return": back.fail_payout,
    "charge": billing.charge_now,
    "spoil": billing.spoil,
    "mend": lambda bank, made: billing.spoil(bank, made, declines=False),
    "retry": billing.attempt,
    "end": billing.cancel,
}
# What the payer's button does to a page of each kind.
PAY_ACTS: dict[tuple[str, str], Callable[[Bank, Any], Any]] = {
    ("payment", "pay"): lambda bank, session: bank.pay(session),
    ("payment", "promise"): lambda bank, session: bank.promise(session),
    ("payment", "slow"): lambda bank, session: bank.pay_slowly(session),
    ("payment", "decline"): lambda bank, session: bank.decline(session),
    ("subscription", "pay"): billing.begin,
    ("setup", "pay"): billing.set_up,
}


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks `api` or `pages`, writes one answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536
    timeout = 60
    server: "Emulator"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/v1/"):
            return self._api("GET", url.path, url.query, "")
        if url.path.startswith("/c/pay/"):
            return self._pay_page(url.path.removeprefix("/c/pay/"), declined="declined" in url.query)
        if url.path == "/":
            return self._dashboard()
        if url.path == "/health":
            return self._text(200, "ok", kind="text/plain")
        return self._text(404, pages.closed_page(None, accept=self._accept()))

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        body = self._body()
        if url.path.startswith("/v1/"):
            return self._api("POST", url.path, url.query, body)
        if self._cross_site():
            return self._text(403, "forbidden", kind="text/plain")
        if url.path.startswith("/c/pay/"):
            return self._pay_act(url.path.removeprefix("/c/pay/"), parse_qs(body).get("act", [""])[0])
        if url.path.startswith("/dashboard/"):
            return self._dashboard_act(*url.path.split("/")[2:4])
        return self._text(404, pages.closed_page(None, accept=self._accept()))

    def do_DELETE(self) -> None:
        url = urlsplit(self.path)
        self._api("DELETE", url.path, url.query, "")

    def _api(self, method: str, path: str, query: str, body: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answer, replayed = api.call(self.server.bank, method, path, query=query, body=body, headers=headers)
        more = {"Request-Id": new_id("req"), "Stripe-Version": headers.get("stripe-version", API_VERSION)}
        if replayed:
            more["Idempotent-Replayed"] = "true"
        self._text(status, api.answer_text(answer), kind="application/json", more=more)

    def _pay_page(self, session_id: str, *, declined: bool) -> None:
        store = self.server.bank.store
        with store.lock:
            session = store.get(session_id, "checkout.session")
            if session:
                session = self.server.bank.expire_if_due(session)
        if session is None or session["status"] != "open":
            return self._text(200 if session else 404, pages.closed_page(session, accept=self._accept()))
        page = pages.pay_page(session, store.extra(session_id), accept=self._accept(), declined=declined)
        return self._text(200, page)

    def _pay_act(self, session_id: str, act: str) -> None:
        bank = self.server.bank
        with bank.store.lock:
            session = bank.store.get(session_id, "checkout.session")
            if session is None or bank.expire_if_due(session)["status"] != "open":
                return self._pay_page(session_id, declined=False)
            if act == "cancel" and session["cancel_url"]:
                return self._go(pages.fill(session["cancel_url"], session))
            do = PAY_ACTS.get((session["mode"], act))
            if do is not None:
                do(bank, session)
            if act == "decline":
                return self._go(f"/c/pay/{session_id}?declined")
            if do is None:
                return self._pay_page(session_id, declined=False)
            return self._go(pages.fill(session["success_url"], session))

    def _dashboard(self) -> None:
        self._text(200, dashboard.dashboard(self.server.bank.store, accept=self._accept()))

    def _dashboard_act(self, thing_id: str, act: str) -> None:
        bank = self.server.bank
        try:
            with bank.store.lock:
                thing = bank.store.get(thing_id)
                if act == "payout":
                    back.pay_out(bank)
                elif thing and act in DASHBOARD_ACTS:
                    DASHBOARD_ACTS[act](bank, thing)
        except Problem as problem:
            return self._text(problem.status, str(problem), kind="text/plain")
        return self._go("/")

    def _cross_site(self) -> bool:
        """Whether another site's page sent this form. API calls carry a key instead."""
        origin = self.headers.get("Origin", "")
        return origin not in ("", "null") and urlsplit(origin).netloc != self.headers.get("Host")

    def _accept(self) -> str:
        return self.headers.get("Accept-Language", "")

    def _body(self) -> str:
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(min(length, LARGEST_BODY)).decode("utf-8", "replace")

    def _go(self, where: str) -> None:
        self._text(303, "", more={"Location": where})

    def _text(self, status: int, text: str, *, kind: str = "text/html", more: dict[str, str] | None = None) -> None:
        raw = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        if self.server.loud:
            super().log_message(format, *args)


class Emulator(ThreadingHTTPServer):
    """The whole stand-in: server, store and deliverer. Port 0 takes any free port."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data: str = ":memory:",
        public: str = "",
        webhook: str = "",
        secret: str = "",
        terms: Terms | None = None,
        loud: bool = False,
    ) -> None:
        super().__init__((host, port), Handler)
        self.loud = loud
        self.address = public.rstrip("/") or f"http://{host}:{self.server_address[1]}"
        terms = terms or Terms(base=self.address)
        self.bank = Bank(Store(data), replace(terms, base=self.address))
        self._looked_at = 0
        self.deliverer = Deliverer(self.bank.store, webhook, secret) if webhook else None

    def service_actions(self) -> None:
        """Called again and again while it serves: once a second, what time brings happens."""
        now = self.bank.now()
        if now != self._looked_at:
            self._looked_at = now
            billing.run_due(self.bank)

    def start_delivering(self) -> None:
        """Begin to empty the outbox, if there is a receiver."""
        if self.deliverer:
            self.deliverer.start()

    def close(self) -> None:
        """Stop everything."""
        if self.deliverer:
            self.deliverer.stop()
        self.server_close()
        self.bank.store.close()
