"""The way out: nothing goes to an inner address, by no name, no redirect and no second look-up."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from requests_hardened import Config

from projects.webhooks import sending
from projects.webhooks.sending import Answer
from tests.factories.webhooks import ADDRESS, PUBLIC, answering

# For the servers of these tests alone: a loopback address is as good as any.
NEAR = Config(ip_filter_enable=True, ip_filter_allow_loopback_ips=True, never_redirect=True, default_timeout=(5, 10))


class Near(BaseHTTPRequestHandler):
    """Answers what its path says, and remembers who came."""

    came: list[tuple[str, bytes, dict[str, str]]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        type(self).came.append((self.path, body, dict(self.headers)))
        code = int(self.path.strip("/").split("/")[0])
        self.send_response(code)
        if 300 <= code < 400:
            self.send_header("location", "http://10.0.0.1/inner")
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    do_GET = do_POST

    def log_message(self, *_args):
        pass


@pytest.fixture
def near():
    Near.came = []
    with HTTPServer(("127.0.0.1", 0), Near) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def sent(address, **how):
    return sending.post(address, headers={"webhook-id": "msg_1"}, body='{"a":"善"}', **how)


@pytest.mark.parametrize(
    ("code", "outcome"), [(200, "TAKEN"), (204, "TAKEN"), (404, "REFUSED"), (410, "REFUSED"), (503, "REFUSED")]
)
def test_only_a_2xx_is_taken(near, code, outcome):
    assert sent(f"{near}/{code}", config=NEAR) == Answer(outcome, code)
    assert Near.came[0][:2] == (f"/{code}", '{"a":"善"}'.encode())
    assert Near.came[0][2]["webhook-id"] == "msg_1"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_an_inner_address_is_not_followed(near, code):
    assert sent(f"{near}/{code}", config=NEAR) == Answer("REFUSED", code)
    assert len(Near.came) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.1"])
def test_a_name_that_has_become_an_inner_address_gets_nothing(address):
    with answering(address):
        assert sent(ADDRESS) == Answer("FORBIDDEN")


def test_a_loopback_server_gets_nothing_with_the_settings_of_the_site(near):
    assert sent(f"{near}/200") == Answer("FORBIDDEN")
    assert not Near.came


def test_it_connects_to_the_address_that_was_looked_at_whatever_the_name_says_next(monkeypatch):
    """DNS rebinding: the first answer is public, every later one leads inside."""
    asked = []

    def connect(address, *args, **kwargs):
        asked.append(address)
        raise OSError("this test has no network")

    monkeypatch.setattr("urllib3.connection.connection.create_connection", connect)
    with answering(PUBLIC, "10.0.0.1"):
        assert sent(ADDRESS) == Answer("NO_ANSWER")
    assert asked == [(PUBLIC, 443)]


def test_a_proxy_of_the_environment_is_not_used(near, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, near)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with answering("10.0.0.1"):
        assert sent("http://inner.example.org/200") == Answer("FORBIDDEN")
    assert not Near.came


def test_who_never_ends_its_answer_does_not_hold_us(monkeypatch):
    ends = threading.Event()

    def slow(*_args, **_how):
        ends.wait()
        raise requests.ConnectionError

    monkeypatch.setattr(sending, "WITHIN_SECONDS", 0)
    monkeypatch.setattr(sending.Manager, "get_session", slow)
    assert sent(ADDRESS) == Answer("TOO_SLOW")
    ends.set()


@pytest.mark.parametrize("error", [requests.ConnectTimeout, requests.ReadTimeout])
def test_a_timeout_is_too_slow(monkeypatch, error):
    def late(*_args, **_how):
        raise error

    monkeypatch.setattr(requests.Session, "post", late)
    assert sent(ADDRESS) == Answer("TOO_SLOW")
