"""How often somebody may try something. Counted in the cache under a hash of who tries, address or network."""

import hashlib
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True)
class Limit:
    """So many in so many seconds, counted from the first."""

    name: str
    most: int
    seconds: int

    def _key(self, who: str) -> str:
        return f"tries-{self.name}:" + hashlib.sha256(who.encode()).hexdigest()[:32]

    def used_up(self, who: str) -> bool:
        """Whether there is none left."""
        return int(cache.get(self._key(who), 0)) >= self.most

    def take(self, who: str) -> bool:
        """Count one more; False when there was none left."""
        cache.add(self._key(who), 0, self.seconds)
        return int(cache.incr(self._key(who))) <= self.most
