"""How often one address may guess. Counted in the cache under a hash, forgotten after a quarter of an hour."""

import hashlib

from django.core.cache import cache

ALLOWED = 10
SECONDS = 15 * 60


def _key(who: str) -> str:
    return "trace-tries:" + hashlib.sha256(who.encode()).hexdigest()[:32]


def used_up(who: str) -> bool:
    return int(cache.get(_key(who), 0)) >= ALLOWED


def count(who: str) -> None:
    """One more wrong guess. Every try starts the quarter of an hour anew."""
    cache.add(_key(who), 0, SECONDS)
    cache.incr(_key(who))
    cache.touch(_key(who), SECONDS)
