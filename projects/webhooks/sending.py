"""The one way out: a POST over TLS to a public address, within a few seconds, whose answer's body is never read.

`requests-hardened` looks the name up once, refuses inner addresses and connects to what it looked up, so that a name
that answers otherwise a moment later leads nowhere. Redirects are not followed, proxies of the environment not used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from urllib.parse import urlsplit

import requests
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress, filter_host

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.webhooks.models import Attempt

O = Attempt.Outcome  # noqa: E741
GONE = 410
# An address that sends a letter a second keeps a connection open for ever: the whole try has an end too.
WITHIN_SECONDS = 15
CONFIG = Config(
    ip_filter_enable=True,
    ip_filter_allow_loopback_ips=False,
    never_redirect=True,
    default_timeout=(5, 10),
    user_agent_override="charity-ledger-webhooks/1",
)


@dataclass(frozen=True)
class Answer:
    """What came of a try; ``code`` is the HTTP status, 0 without one."""

    outcome: str
    code: int = 0


def check_address(address: str) -> None:
    """Refuse what is no https address of a host that the whole world can reach.

    Refused: ``address_not_https``, ``address_not_plain``, ``address_private``, ``address_not_found``.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise _not_plain() from None
    if parts.scheme != "https":
        raise Refused("address_not_https", _r("The address has to begin with https://."))
    if not host or parts.username is not None or parts.password is not None or parts.fragment or "\\" in address:
        raise _not_plain()
    if any(letter.isspace() or not letter.isprintable() for letter in address):
        raise _not_plain()
    try:
        filter_host(host, port, allow_loopback=False)
    except InvalidIPAddress:
        raise Refused(
            "address_private", _r("This address leads into an inner network. Only public addresses are told.")
        ) from None
    except (requests.RequestException, ValueError):
        raise Refused("address_not_found", _r("No host of this name was found.")) from None


def post(address: str, *, headers: Mapping[str, str], body: str, config: Config = CONFIG) -> Answer:
    """Send it, and say what came of it. Never raises for what the other side does."""
    answers: list[Answer] = []
    # On a thread of its own: a read timeout counts from letter to letter, and only waiting for a thread has an end.
    thread = Thread(target=lambda: answers.append(_post(address, headers, body, config)), daemon=True)
    thread.start()
    thread.join(WITHIN_SECONDS)
    return answers[0] if answers else Answer(O.TOO_SLOW)


def _post(address: str, headers: Mapping[str, str], body: str, config: Config) -> Answer:
    try:
        with Manager(config).get_session() as session:
            # A proxy would look the name up again, for itself; a .netrc would tell passwords.
            session.trust_env = False
            with session.post(address, data=body.encode(), headers=dict(headers), stream=True) as response:
                code = response.status_code
    except InvalidIPAddress:
        return Answer(O.FORBIDDEN)
    except requests.Timeout:
        return Answer(O.TOO_SLOW)
    except (requests.RequestException, OSError, ValueError):
        return Answer(O.NO_ANSWER)
    return Answer(O.TAKEN if 200 <= code < 300 else O.REFUSED, code)


def _not_plain() -> Refused:
    return Refused("address_not_plain", _r("This is no address of a web server, or it holds a name and password."))
