"""The site's own rows of the made-up year: verification compares them with the books, so they have to be there.

They are written straight into the tables, for the acts that would make them are not what is measured; the triggers
that watch those acts are off meanwhile and back before anything is verified.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db import connection, transaction

from ledger import transparency
from ledger.models import JournalEntry, LogLeaf, Notice
from projects.access.models import User
from projects.catalog.models import Project, Purpose
from projects.giving.models import Donor
from projects.matching import rules
from projects.matching.models import Match, MatchPool, MatchRule
from projects.organisations.models import Jurisdiction, LevelType, Organisation
from projects.relief.models import ApprovalPolicy, CaseCategory, Household, Identity
from tests.bench.programs.ours_posting import numbered_gifts
from tests.bench.programs.serving import Command
from tests.bench.world import BOOK, CURRENCY, FUNDS, POTS, RATIO_BPS, YEAR_BEGINS, project_ref, reference

ORGANISATION = {"kind": "CHARITY", "state": "VERIFIED", "registered_at": YEAR_BEGINS}
_GIFTS = """
INSERT INTO giving_gift (ref, form_key, trace_token, project_id, organisation_id, donor_id, amount_minor, cover_minor,
    currency, fee_minor, fee_currency, refunded_minor, disputed_minor, donor_name, visibility, public_name, message,
    message_approved, email, language, state, channel, method, review_reason, created_at, settled_at, entry_id)
SELECT e.document_ref, CASE WHEN e.facts LIKE '%"stripe"%' THEN e.document_ref END, e.document_ref, r.id,
    {organisation}, {donor}, p.amount_minor, 0, p.currency, 0, '', 0, 0, '', 'PUBLIC', '', '', false, '', 'zh-hans',
    'SETTLED', 'stripe', 'card', '', e.recorded_at, e.recorded_at, e.id
FROM ledger_journalentry e
JOIN ledger_posting p ON p.entry_id = e.id
JOIN ledger_fund f ON f.id = p.fund_id
LEFT JOIN catalog_project r ON r.fund_code = f.code
WHERE e.kind = 'GIFT'
"""
_CASES = """
INSERT INTO relief_case (ref, organisation_id, source, source_number, category_id, node_id, household_id, identity_id,
    sensitivity, origin, is_under_14, duplicate, state, row_hash, state_reason, intake_by_ref, received_at,
    adjudicated_by_ref)
SELECT e.document_ref, {organisation}, 'bench', e.document_ref, '{category}', {area}, {household}, {person},
    'GREEN', 'SELF', false, 'UNIQUE', 'IN_SUPPORT', '', '', 'bench', e.recorded_at, ''
FROM ledger_journalentry e WHERE e.kind = 'AWARD'
"""
_REQUESTS = """
INSERT INTO relief_assistancerequest (ref, case_id, project_id, purpose_id, amount_minor, currency, state,
    submitted_by_ref, submitted_at, findings, rule_version, screened_by_ref, decline_code)
SELECT e.document_ref, c.id, coalesce(r.id, {project}), '{purpose}', p.amount_minor, p.currency, 'APPROVED',
    'bench', e.recorded_at, '[]', '', '', ''
FROM ledger_journalentry e
JOIN ledger_posting p ON p.entry_id = e.id
JOIN ledger_fund f ON f.id = p.fund_id
JOIN relief_case c ON c.ref = e.document_ref
LEFT JOIN catalog_project r ON r.fund_code = f.code
WHERE e.kind = 'AWARD'
"""
_AWARDS = """
INSERT INTO relief_award (ref, request_id, household_id, project_id, payee_id, purpose_id, amount_minor, currency,
    lines, state, version, digest, policy_id, weighed_minor, rule_version, pseudonym_zh, pseudonym_en, proposed_by_id,
    proposed_at, committed_at, entry_id, ended_by_ref, end_code)
SELECT q.ref, q.id, {household}, q.project_id, {person}, q.purpose_id, q.amount_minor, q.currency, '[]',
    'COMMITTED', 1, '', {policy}, q.amount_minor, '', q.ref, q.ref, {user},
    q.submitted_at, q.submitted_at, e.id, '', ''
FROM relief_assistancerequest q
JOIN ledger_journalentry e ON e.document_ref = q.ref AND e.kind = 'AWARD'
"""


def site_rows() -> dict[str, Any]:
    """One row for each gift, award and match that the books know, under one charity with its projects and pots."""
    with _without_triggers(), transaction.atomic():
        charity, projects = charity_of_the_bench()
        _rows_of_gifts(charity)
        _rows_of_awards(charity, next(iter(projects.values())))
        for fund in POTS:
            _rows_of_matches(charity, projects[fund], fund)
    return {"size": transparency.head().size}


def charity_of_the_bench() -> tuple[Organisation, dict[str, Project]]:
    level = LevelType.objects.first() or LevelType.objects.create(code="CITY", name_zh="市", name_en="City", depth=1)
    area = Jurisdiction.objects.create(
        code="bench", name_zh="试区", name_en="Bench", level=level, path="/bench/", valid_from=YEAR_BEGINS.date()
    )
    charity = Organisation.objects.create(
        slug="bench", name_zh="试算会", name_en="Bench", jurisdiction=area, book_code=BOOK, **ORGANISATION
    )
    purpose, _made = Purpose.objects.get_or_create(code="bench", defaults={"name_zh": "试", "name_en": "Bench"})
    Project.objects.bulk_create(
        Project(
            ref=project_ref(fund),
            slug=project_ref(fund),
            organisation=charity,
            name_zh=fund,
            purpose=purpose,
            jurisdiction=area,
            currency=CURRENCY,
            fund_code=fund,
            state="OPEN",
            drafted_by_ref="bench",
            drafted_at=YEAR_BEGINS,
            opened_at=YEAR_BEGINS,
        )
        for fund in FUNDS[1:]
    )
    return charity, {project.fund_code: project for project in Project.objects.filter(organisation=charity)}


def _rows_of_gifts(charity: Organisation) -> None:
    donor = Donor.objects.create(name="", created_at=YEAR_BEGINS)
    with connection.cursor() as cursor:
        cursor.execute(_GIFTS.format(organisation=charity.pk, donor=donor.pk))


def _rows_of_awards(charity: Organisation, project: Project) -> None:
    """A case, a request and an award for each spending, all of one household."""
    household = Household.objects.create(
        organisation=charity, node=charity.jurisdiction, size=1, number_hash="bench", opened_at=YEAR_BEGINS
    )
    category, _made = CaseCategory.objects.get_or_create(code="bench", defaults={"name_zh": "试", "name_en": "Bench"})
    keys = {
        "organisation": charity.pk,
        "area": charity.jurisdiction_id,
        "project": project.pk,
        "purpose": project.purpose_id,
        "category": category.pk,
        "household": household.pk,
        "person": Identity.objects.create(organisation=charity, stored_at=YEAR_BEGINS).pk,
        "policy": ApprovalPolicy.objects.create(
            organisation=charity, currency=CURRENCY, valid_from=YEAR_BEGINS.date(), from_minor=1
        ).pk,
        "user": User.objects.create(username="bench").pk,
    }
    with connection.cursor() as cursor:
        for statement in (_CASES, _REQUESTS, _AWARDS):
            cursor.execute(statement.format(**keys))


def _rows_of_matches(charity: Organisation, project: Project, fund: str) -> None:
    """The pot, its published rule, and what each gift was answered, as the rule has it."""
    slug, _part, cap = POTS[fund]
    notice = Notice.objects.get(idempotency_key=f"rule:{slug}")
    pledged = json.loads(notice.facts)["pledged"]
    pool = MatchPool.objects.create(
        ref=slug, slug=slug, name_zh=slug, matcher=charity, project=project, currency=CURRENCY, pledged_minor=pledged,
        state="OPEN", next_position=transparency.head().size, created_at=YEAR_BEGINS,
    )  # fmt: skip
    rule = MatchRule.objects.create(
        pool=pool, version=1, ratio_bps=RATIO_BPS, cap_per_gift_minor=cap, opens_on=YEAR_BEGINS.date(),
        closes_on=YEAR_BEGINS.replace(year=2026).date(), drafted_by="bench", drafted_at=YEAR_BEGINS,
        published_by="bench-2", published_at=YEAR_BEGINS, notice_id=notice.id,
    )  # fmt: skip
    answers = _answers(rule, rule.value(LogLeaf.objects.get(notice=notice).position), fund)
    while batch := list(islice(answers, 1_000)):
        Match.objects.bulk_create(batch)


def _answers(rule: MatchRule, value: rules.Rule, fund: str) -> Iterator[Match]:
    entries = JournalEntry.objects.filter(kind="MATCH", idempotency_key__startswith=f"match:{rule.pool.ref}:")
    booked = dict(entries.values_list("idempotency_key", "id"))
    committed = 0
    for place, (position, _fund, amount, on, entry, ref) in enumerate(numbered_gifts([fund]), 1):
        said = rules.decide(value, amount, left_minor=rule.pool.pledged_minor - committed)
        yield Match(
            ref=reference("match", position), pool=rule.pool, rule=rule, place=place, start=committed,
            stop=committed + said.matched_minor, gift_ref=ref, gift_index=position, gift_on=on, gift_minor=amount,
            gift_entry_id=entry, wanted_minor=said.wanted_minor, matched_minor=said.matched_minor,
            left_minor=said.left_minor, reason=said.reason, at=YEAR_BEGINS,
            entry_id=booked.get(f"match:{rule.pool.ref}:{position}"),
        )  # fmt: skip
        committed += said.matched_minor


@contextmanager
def _without_triggers() -> Iterator[None]:
    """The tables as they are while their triggers are off; SQLite drops them and makes them again as they were."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name NOT LIKE 'ledger%'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _name, sql in triggers:
            cursor.execute(sql)


COMMANDS: dict[str, Command] = {"site_rows": site_rows}
