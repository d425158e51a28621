"""Prepare, release, export: two people, frozen figures, one good file."""

import csv
import hashlib
import io

import pytest

from projects.audit.models import AuditEvent, ReadLog
from projects.payouts import actions
from projects.payouts.models import Payout, PayoutBatch
from projects.payouts.queries import batch_digest
from projects.relief import actions as relief_actions
from projects.relief.models import Award
from tests.factories import payouts as make
from tests.factories import relief
from tests.refusals import refused

pytestmark = pytest.mark.django_db


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_it_collects_every_award_that_nothing_pays_yet(charity_a):
    make.project_with_awards(charity_a, 1_000_00, 1_500_50)
    batch = make.prepared(charity_a)
    assert (batch.count, batch.total_minor, batch.state) == (2, 2_500_50, "PREPARED")
    assert {payout.state for payout in batch.payouts.all()} == {"IN_BATCH"}
    assert set(Award.objects.values_list("state", flat=True)) == {"PAYING"}
    assert AuditEvent.objects.filter(event="payout_batch.prepared", subject_ref=batch.ref).exists()


def test_it_takes_no_award_of_another_charity(charity_a, charity_b):
    make.project_with_awards(charity_a)
    assert refused(make.prepared, charity_b) == "nothing_to_pay"


def test_it_leaves_awards_that_are_not_approved(charity_a):
    project = relief.funded_project(charity_a)
    relief.proposed(charity_a, project)
    assert refused(make.prepared, charity_a) == "nothing_to_pay"


def test_a_second_batch_finds_nothing_left(charity_a):
    make.project_with_awards(charity_a)
    make.prepared(charity_a)
    assert refused(make.prepared, charity_a) == "nothing_to_pay"


def test_an_award_whose_account_is_not_known_stays_behind(charity_a):
    project = relief.funded_project(charity_a)
    known = relief.committed(charity_a, project, 1, amount_minor=1_000_00)
    unknown = relief.committed(charity_a, project, 2, amount_minor=1_000_00, account="", bank="")
    made = actions.prepare_batch(charity_a.organisation, bank_code="B", by=charity_a.finance, at=known.committed_at)
    assert made.skipped == {unknown.ref: actions.NO_ACCOUNT}
    assert made.batch.payouts.get().award == known


def test_an_account_changed_after_the_approval_is_not_paid(charity_a, moment):
    _project, (award,) = make.project_with_awards(charity_a)
    case = award.request.case
    relief_actions.change_payee(case, values={"account": "6222020202020202020"}, by=charity_a.caseworker, at=moment)
    assert refused(make.prepared, charity_a) == "nothing_to_pay"


@pytest.mark.parametrize("who", ["caseworker", "checker", "admin", "editor"])
def test_only_finance_prepares(charity_a, moment, who):
    make.project_with_awards(charity_a)
    person = getattr(charity_a, who)
    args = {"bank_code": "B", "by": person, "at": moment}
    assert refused(actions.prepare_batch, charity_a.organisation, **args) == "not_permitted"


def test_finance_of_another_charity_prepares_nothing_here(charity_a, charity_b, moment):
    make.project_with_awards(charity_a)
    args = {"bank_code": "B", "by": charity_b.finance, "at": moment}
    assert refused(actions.prepare_batch, charity_a.organisation, **args) == "not_permitted"


def test_who_prepared_a_batch_does_not_release_it(charity_a, moment):
    make.project_with_awards(charity_a)
    batch = make.prepared(charity_a)
    args = {"seen_digest": batch_digest(batch), "by": charity_a.finance, "at": moment}
    assert refused(actions.release_batch, batch, **args) == "maker_checker"
    batch.refresh_from_db()
    assert batch.state == "PREPARED"


def test_another_person_of_finance_releases_and_the_figures_are_fixed(charity_a):
    make.project_with_awards(charity_a, 1_000_00, 2_000_00)
    batch = make.released(charity_a)
    assert (batch.state, batch.count, batch.total_minor) == ("RELEASED", 2, 3_000_00)
    assert len(batch.digest) == 64
    assert batch.digest == batch_digest(batch)


def test_what_was_not_seen_is_not_released(charity_a, moment):
    make.project_with_awards(charity_a)
    batch = make.prepared(charity_a)
    args = {"seen_digest": "0" * 64, "by": charity_a.second_finance, "at": moment}
    assert refused(actions.release_batch, batch, **args) == "batch_changed"


def test_a_batch_is_released_once(charity_a, moment):
    make.project_with_awards(charity_a)
    batch = make.released(charity_a)
    args = {"seen_digest": batch.digest, "by": charity_a.second_finance, "at": moment}
    assert refused(actions.release_batch, batch, **args) == "batch_state"


def test_a_prepared_batch_can_be_cancelled_and_its_awards_paid_by_another(charity_a, moment):
    _project, (award,) = make.project_with_awards(charity_a)
    batch = make.prepared(charity_a)
    actions.cancel_batch(batch, reason="wrong bank", by=charity_a.finance, at=moment)
    award.refresh_from_db()
    assert award.state == "COMMITTED"
    again = make.prepared(charity_a)
    assert again.payouts.get().attempt_of == batch.payouts.get()


def test_a_released_batch_cannot_be_cancelled(charity_a, moment):
    make.project_with_awards(charity_a)
    batch = make.released(charity_a)
    args = {"reason": "late", "by": charity_a.finance, "at": moment}
    assert refused(actions.cancel_batch, batch, **args) == "batch_state"


def test_nothing_is_exported_before_the_release(charity_a, moment):
    make.project_with_awards(charity_a)
    batch = make.prepared(charity_a)
    assert refused(actions.export_file, batch, by=charity_a.finance, at=moment) == "batch_not_released"


def test_the_bank_file_tells_name_account_amount_and_number(charity_a):
    make.project_with_awards(charity_a, 1_000_00)
    batch, made = make.exported(charity_a)
    header, row = cells(made.content)
    person = relief.row(1)
    payout = batch.payouts.get()
    assert made.content.startswith(b"\xef\xbb\xbf")
    assert row[1:] == [person["name"], person["account"], person["bank"], "1000.00", "CNY", payout.end_to_end_id]
    assert len(payout.end_to_end_id) <= 35
    assert made.file.sha256 == hashlib.sha256(made.content).hexdigest()
    assert payout.state == "EXPORTED"


def test_a_name_that_is_a_formula_is_made_harmless(charity_a):
    project = relief.funded_project(charity_a)
    award = relief.committed(charity_a, project, 1, amount_minor=1_000_00, bank="开户行")
    relief_actions.change_payee(
        award.request.case, values={"bank": '=HYPERLINK("http://x")'}, by=charity_a.caseworker, at=award.committed_at
    )
    _batch, made = make.exported(charity_a)
    assert cells(made.content)[1][3].startswith("'=")


def test_every_name_and_account_read_for_the_file_is_logged(charity_a):
    make.project_with_awards(charity_a, 1_000_00, 1_000_00)
    _batch, _made = make.exported(charity_a)
    rows = ReadLog.objects.filter(purpose="payout file", by_ref=charity_a.second_finance.ref)
    assert rows.count() == 2
    assert all(row.fields == ["account", "bank", "name"] for row in rows)


def test_no_person_stands_in_the_payout_tables(charity_a):
    make.project_with_awards(charity_a, 1_000_00)
    make.exported(charity_a)
    person = relief.row(1)
    text = repr(list(Payout.objects.values())) + repr(list(PayoutBatch.objects.values()))
    assert person["name"] not in text
    assert person["account"] not in text


def test_a_second_file_has_a_new_number_and_voids_the_first(charity_a, moment):
    make.project_with_awards(charity_a, 1_000_00)
    batch, first = make.exported(charity_a)
    second = actions.export_file(batch, by=charity_a.second_finance, at=moment)
    assert (first.file.number, second.file.number) == (1, 2)
    content = make.answer(first.file, [make.line(batch.payouts.get())])
    args = {"content": content, "by": charity_a.finance, "at": moment}
    assert refused(actions.import_result, charity_a.organisation, **args) == "result_file_of_void_file"


def test_no_file_is_made_once_the_bank_has_answered(charity_a, moment):
    make.project_with_awards(charity_a, 1_000_00)
    batch = make.confirmed(charity_a)
    assert refused(actions.export_file, batch, by=charity_a.finance, at=moment) == "results_already_in"
