"""Where a request comes from, and the network around it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# One household or one data centre rack: changing the last part of one's address must not begin anew.
NETWORK_BITS = {4: 24, 6: 48}


def address_of(request: HttpRequest) -> str:
    """The address of whoever asks. Behind ``PROXIES_IN_FRONT`` proxies of our own, what the outermost of them saw.

    What stands further left in X-Forwarded-For was written by the visitor and is worth nothing.
    """
    nearest = str(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    count = settings.PROXIES_IN_FRONT
    return hops[-count] if 0 < count <= len(hops) else nearest


def network_of(address: str) -> str:
    """The network that an address lies in: /24, or /48 of IPv6; the words as they came where it is no address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, NETWORK_BITS[ip.version]), strict=False))
