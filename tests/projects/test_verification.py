"""What `verify` asks of the apps: green after one gift's whole life, red and naming the row after any tampering."""

import pytest
from django.db.models import F

from charity_site.management.commands.verify import all_checks
from ledger.verify import CHECKS, run_one
from projects.audit.models import AuditEvent
from projects.giving.models import Gift
from projects.matching.models import Match, MatchPool
from projects.payouts.models import Payout
from projects.receipts.models import Receipt
from projects.relief.models import Award
from tests import guards
from tests.factories import receipts
from tests.projects.tracing.conftest import story

__all__ = ["story"]
pytestmark = pytest.mark.django_db
OWN = {check.name: check for check in all_checks() if check not in CHECKS}


def findings_of(name):
    return [str(finding) for finding in run_one(OWN[name]).findings]


@pytest.mark.parametrize("name", sorted(OWN))
def test_every_check_is_green_after_one_gifts_whole_life(story, name):
    assert findings_of(name) == []


@pytest.mark.parametrize(
    ("name", "model", "change"),
    [
        ("gifts", Gift, {"amount_minor": F("amount_minor") + 1}),
        ("refunds", Gift, {"refunded_minor": 1}),
        ("awards", Award, {"amount_minor": F("amount_minor") - 1}),
        ("payouts", Payout, {"amount_minor": F("amount_minor") + 1}),
        ("paid once", Payout, {"amount_minor": F("amount_minor") * 2}),
        ("matches", Match, {"wanted_minor": F("wanted_minor") + 1}),
        ("matches", MatchPool, {"pledged_minor": 1}),
        ("audit", AuditEvent, {"reason": "something else"}),
    ],
)
def test_a_changed_row_is_named(story, name, model, change):
    row = model.objects.first()
    with guards.lifted():
        model.objects.filter(pk=row.pk).update(**change)
    found = findings_of(name)
    assert found, f"{name} did not see {change}"


def test_a_gap_in_the_receipts_is_named(story):
    first = receipts.receipt_for(story.gift, at=story.at)
    with guards.lifted():
        Receipt.objects.filter(pk=first.pk).update(serial=first.serial + 1)
    assert findings_of("receipts")


def test_an_entry_without_its_document_is_named(story):
    with guards.lifted():
        Award.objects.filter(pk=story.award.pk).update(ref="0" * 32)
    assert any("not here" in found or "another document" in found for found in findings_of("awards"))
