"""How often somebody may ask for a link or try one. Counted in the cache under a hash, by address and by network."""

import hashlib
import ipaddress
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True)
class Limit:
    """So many in so many seconds, counted from the first."""

    name: str
    most: int
    seconds: int

    def _key(self, who: str) -> str:
        return f"donor-{self.name}:" + hashlib.sha256(who.encode()).hexdigest()[:32]

    def used_up(self, who: str) -> bool:
        """Whether there is none left."""
        return int(cache.get(self._key(who), 0)) >= self.most

    def take(self, who: str) -> bool:
        """Count one more; False when there was none left."""
        cache.add(self._key(who), 0, self.seconds)
        return int(cache.incr(self._key(who))) <= self.most


# A person who looks for a letter asks twice or three times; a letterbox must not be filled by a stranger.
LETTERS_TO_AN_ADDRESS = Limit("letters", 3, 3600)
ERASURE_LETTERS = Limit("erasure", 3, 3600)
LETTERS_FROM_A_NETWORK = Limit("asked", 20, 3600)
WRONG_LINKS_FROM_A_NETWORK = Limit("wrong", 20, 15 * 60)


def network_of(address: str) -> str:
    """The network that an address lies in: changing the last part of one's address must not begin anew."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))
