"""What `manage.py verify` asks of matches: worked out again from the published rules and the log, they are the same."""

from collections.abc import Iterator

from ledger.verify import Check, Finding
from projects.matching.models import MatchPool
from projects.matching.queries import figures
from projects.matching.replay import Wishes, differences


def matches_follow_their_rules() -> Iterator[Finding]:
    wishes = Wishes()
    # Book by book: what was asked by notices is read once for all pots of a book.
    for pool in MatchPool.objects.select_related("project__organisation").order_by("project__organisation_id", "pk"):
        for reference in differences(pool, wishes):
            yield Finding("matching_match", reference, f"pot {pool.ref}: not what the published rule says")
        if figures(pool).available_minor < 0:
            yield Finding("matching_matchpool", pool.ref, "more is committed, held and withdrawn than was pledged")


CHECKS = (Check("matches", "-", "every match is what the published rules make of the log", matches_follow_their_rules),)
