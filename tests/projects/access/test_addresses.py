"""Whose address counts, and the network around it."""

import pytest

from projects.access.addresses import address_of, network_of


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "10.0.0.1"),
        # Without a proxy of ours the header is the visitor's own invention.
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_what_a_visitor_writes_about_themselves_is_worth_nothing(rf, settings, proxies, forwarded, address):
    settings.PROXIES_IN_FRONT = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert address_of(rf.get("/", REMOTE_ADDR="10.0.0.1", **headers)) == address


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.9", "203.0.113.0/24"), ("2001:db8:1:2::9", "2001:db8:1::/48"), ("unix:", "unix:"), ("", "")],
)
def test_the_network_around_an_address(address, network):
    assert network_of(address) == network
