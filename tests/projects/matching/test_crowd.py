"""200 gifts at once, from several processes, answered by two runners that race: still the sequential story."""

import subprocess
import sys

import pytest
from django.db import connection, connections

from projects.access.actors import DEMO
from projects.matching import holds, queries
from projects.matching.models import Match, MatchPool, MatchRelease
from projects.matching.replay import differences
from tests.factories.matching import open_pool, run
from tests.projects.matching.crowd import clock, now

GIVERS, EACH = 8, 25
GIFTS, REFUNDS = GIVERS * EACH, GIVERS * 3

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer: there is no crowd"),
]


def process(*arguments: object) -> subprocess.Popen[bytes]:
    name = connection.settings_dict["NAME"]
    return subprocess.Popen([sys.executable, "-m", "tests.projects.matching.crowd", name, *map(str, arguments)])


def is_at_work(crowd: list[subprocess.Popen[bytes]]) -> bool:
    """Whether any is; where one has failed, the others would wait for it for ever, and are stopped."""
    if any(one.poll() for one in crowd):
        for one in crowd:
            one.kill()
            one.wait()
    return any(one.poll() is None for one in crowd)


def test_a_crowd_never_over_commits_a_pot_and_gets_what_a_queue_would_get():
    # About half of what the crowd would want: most gifts are matched, the last ones find the pot at its end.
    pool = open_pool(pledged_minor=250_000, ratio_bps=5_000, cap_per_gift_minor=40_00)
    run()
    crowd = [process("give", pool.project_id, EACH, which) for which in range(GIVERS)]
    crowd += [process("match", GIFTS + REFUNDS) for _ in range(2)]
    # Every look is at what was committed at that moment.
    while is_at_work(crowd):
        connections.close_all()
        seen = queries.figures(MatchPool.objects.get(pk=pool.pk))
        assert 0 <= seen.committed_minor <= pool.pledged_minor
    assert [one.returncode for one in crowd] == [0] * len(crowd)

    assert (Match.objects.count(), MatchRelease.objects.count()) == (GIFTS, REFUNDS)
    assert Match.objects.filter(reason="POT_ENDED").exists()
    chain = list(pool.matches.order_by("place").values_list("place", "start", "stop", "gift_index"))
    assert [row[0] for row in chain] == list(range(1, GIFTS + 1))
    assert [row[1] for row in chain] == [0, *[row[2] for row in chain[:-1]]]
    assert [row[3] for row in chain] == sorted(row[3] for row in chain), "answered in log order"
    # The same log, replayed by pure arithmetic in one thread, says the same of every gift and refund.
    assert differences(pool) == []


def test_a_crowd_that_holds_before_it_pays_never_over_commits_a_pot_and_gets_what_a_queue_would_get():
    pool = open_pool(pledged_minor=250_000, ratio_bps=5_000, cap_per_gift_minor=40_00, reserves=True, reoffers=True)
    run()
    paid = GIVERS * (EACH - len(range(0, EACH, 3)))
    began = clock()
    crowd = [process("hold", pool.project_id, EACH, which, began) for which in range(GIVERS)]
    crowd += [process("answer_holds", paid, began) for _ in range(2)]
    while is_at_work(crowd):
        connections.close_all()
        seen = queries.figures(MatchPool.objects.get(pk=pool.pk))
        parts = seen.available_minor, seen.reserved_minor, seen.committed_minor
        assert min(parts) >= 0
        assert sum(parts) == pool.pledged_minor
    assert [one.returncode for one in crowd] == [0] * len(crowd)
    run()
    # The last to leave may have done so behind everybody's back.
    holds.end_lapsed(by=DEMO, at=now(began))
    run()

    assert pool.matches.filter(round=1).count() == paid
    assert pool.hold_requests.count() == GIVERS * EACH
    assert queries.figures(pool).reserved_minor == 0
    assert pool.matches.filter(held_minor__gt=0).exists()
    assert differences(pool) == []
