"""One gift's whole life, through the actions of every app: given, matched, awarded, paid, acknowledged."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from charity_site.demo.relief import BANK, bank_answer
from ledger import transparency
from projects.catalog.models import Project, Purpose
from projects.giving.models import Gift
from projects.payouts import acknowledging, results
from projects.payouts import actions as payouts
from projects.payouts.models import Payout
from projects.payouts.queries import batch_digest
from projects.relief.models import Award
from tests.factories import giving, matching, relief
from tests.factories.catalog import open_project


@dataclass
class Story:
    """A gift of 100.00, matched with 50.00; an award of 120.00 that took both; 30.00 left of the match."""

    project: Project
    gift: Gift
    award: Award
    payout: Payout
    at: datetime
    charity: Any


@pytest.fixture
def story(charity_a: Any, district_a: Any, moment: datetime) -> Story:
    relief.town(parent=district_a)
    project = open_project(charity_a.organisation, purpose=Purpose.objects.get(code="HOUSING"))
    matching.open_pool(project, pledged_minor=1_000_00, ratio_bps=5_000)
    transparency.sequence(at=moment)
    gift = giving.settled_gift(project, at=moment, amount_minor=100_00, name="王小明", email="wang@example.org")
    matching.run(at=moment)
    transparency.sequence(at=moment)
    award = relief.committed(charity_a, project, amount_minor=120_00, at=moment)
    transparency.sequence(at=moment)
    payout = _paid(charity_a, moment)
    transparency.sequence(at=moment)
    award.refresh_from_db()
    return Story(project, gift, award, payout, moment, charity_a)


def _paid(charity: Any, at: datetime) -> Payout:
    batch = payouts.prepare_batch(charity.organisation, bank_code=BANK, by=charity.finance, at=at).batch
    batch = payouts.release_batch(batch, seen_digest=batch_digest(batch), by=charity.second_finance, at=at)
    exported = payouts.export_file(batch, by=charity.second_finance, at=at)
    answer = bank_answer(exported.content, at)
    results.import_result(charity.organisation, content=answer, by=charity.finance, at=at)
    payout = Payout.objects.get(batch=batch)
    acknowledging.acknowledge(
        payout, answer="RECEIVED", witness_ref=charity.editor.ref, by=relief.intake_agent(charity), at=at
    )
    payout.refresh_from_db()
    return payout
