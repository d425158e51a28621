"""What the worker does for roles, for authorisations and for the audit chain."""

import datetime

import pytest

from charity_site import worker
from projects.access.actors import WORKER
from projects.access.models import RoleGrant
from projects.audit.actions import record
from projects.audit.models import AuditEvent
from projects.audit.queries import broken_links, chain_head
from projects.organisations.actions import grant_role
from projects.relief.models import Authorisation
from tests.factories import relief
from tests.factories.access import BEGIN, UserFactory

pytestmark = pytest.mark.django_db


def test_new_audit_events_are_chained():
    worker.chain()
    before, _root = chain_head("EVENTS")
    record(by=WORKER, at=BEGIN, event="thing.done", subject=("thing", "t"))
    assert worker.chain() == 1
    assert chain_head("EVENTS")[0] == before + 1
    assert broken_links() == []


def test_a_role_that_ended_by_its_date_leaves_its_groups_once_a_day(charity_a, monkeypatch):
    monkeypatch.setattr(worker, "_calendar", {})
    person = UserFactory()
    held = grant_role(person, "EDITOR", organisation=charity_a.organisation, by=WORKER, at=BEGIN)
    RoleGrant.objects.filter(pk=held.pk).update(valid_to=BEGIN.date() + datetime.timedelta(days=1))
    monkeypatch.setattr(worker.timezone, "localdate", lambda: BEGIN.date())
    worker.follow_calendar()
    assert person.groups.exists()
    monkeypatch.setattr(worker.timezone, "localdate", lambda: BEGIN.date() + datetime.timedelta(days=1))
    worker.follow_calendar()
    assert not person.groups.exists()


def test_an_authorisation_expires_on_the_day_it_ends(charity_a, monkeypatch):
    monkeypatch.setattr(worker, "_calendar", {})
    given = relief.case(charity_a).authorisations.get()
    monkeypatch.setattr(worker.timezone, "now", lambda: given.expires_at - datetime.timedelta(days=1))
    worker.follow_calendar()
    given.refresh_from_db()
    assert given.state == Authorisation.State.ACTIVE
    monkeypatch.setattr(worker.timezone, "now", lambda: given.expires_at)
    worker.follow_calendar()
    given.refresh_from_db()
    assert given.state == Authorisation.State.EXPIRED
    event = AuditEvent.objects.get(event="authorisation.expired", subject_ref=given.ref)
    assert event.by_ref == WORKER.ref
