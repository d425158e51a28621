"""Endpoints of a charity, registered by the action of the site; no name is looked up outside."""

from unittest.mock import patch

from projects.organisations.outcomes import KINDS
from projects.webhooks import actions
from projects.webhooks.models import Endpoint
from tests.factories.access import BEGIN

PUBLIC = "93.184.216.34"
ADDRESS = "https://hooks.example.org/charity"


def answering(*addresses: str):
    """Every look-up of a name answers these, one after the other, the last one for ever."""
    answers = list(addresses)

    def look_up(host, port, *args, **kwargs):
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(10 if ":" in address else 2, 1, 6, "", (address, port))]

    return patch("requests_hardened.ip_filter.socket.getaddrinfo", look_up)


def registered(charity, *, at=BEGIN, **facts) -> tuple[Endpoint, str]:
    """An endpoint and its secret."""
    defaults = {"organisation": charity.organisation, "address": ADDRESS, "kinds": sorted(KINDS), "by": charity.admin}
    with answering(PUBLIC):
        return actions.register(**(defaults | facts), at=at)
