"""From a list of cases to the household's answer, as the people of a charity do it on their screens."""

import re

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from projects.audit.models import AuditEvent, ReadLog
from projects.payouts.models import Payout, PayoutBatch, PayoutFile
from projects.relief.models import AssistanceRequest, Award, Case, CaseFile
from tests.factories import payouts as make
from tests.factories import relief

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(charity_a):
    relief.town(parent=charity_a.organisation.jurisdiction)
    return relief.funded_project(charity_a)


@pytest.fixture
def go(client):
    """Somebody sends a form to an address of the workspace and sees where it leads."""

    def send(person, name, *args, **data):
        client.force_login(person)
        return client.post(reverse(f"workspace_{name}", args=args), data)

    return send


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def csv_file(rows) -> SimpleUploadedFile:
    return SimpleUploadedFile("cases.csv", relief.case_list(rows).getvalue(), content_type="text/csv")


def upload(go, charity, person, *rows):
    go(person, "cases:upload", organisation=charity.organisation.pk, source="RELIEF_PASS", file=csv_file(rows))
    return CaseFile.objects.get()


def test_from_a_list_to_the_answer_of_the_household(go, client, charity_a, project):
    agent, worker, checker = relief.intake_agent(charity_a), charity_a.caseworker, charity_a.checker
    file = upload(go, charity_a, agent, relief.row(1))
    assert (file.state, Case.objects.count()) == ("PREVIEWED", 0)
    go(agent, "cases:commit", file.ref)
    case = Case.objects.get()

    go(agent, "cases:ask", case.ref, project=project.pk, purpose="HOUSING", amount_minor="1500.00")
    asked = AssistanceRequest.objects.get()
    go(worker, "requests:screen", asked.ref)
    go(worker, "requests:propose", asked.ref, amount_minor="1,500.00")
    award = Award.objects.get()
    assert (award.state, award.amount_minor) == ("PROPOSED", 1_500_00)

    page = client.get(reverse("workspace_awards:show", args=[award.ref])).content.decode()
    assert award.digest in page
    go(checker, "awards:approve", award.ref, seen=award.digest)
    award.refresh_from_db()
    assert award.state == "COMMITTED"

    go(charity_a.finance, "payouts:prepare", organisation=charity_a.organisation.pk, bank_code=make.BANK)
    batch = PayoutBatch.objects.get()
    client.force_login(charity_a.second_finance)
    page = client.get(reverse("workspace_payouts:show", args=[batch.ref])).content.decode()
    digest = re.search(r'name="digest" value="(\w+)"', page)[1]
    go(charity_a.second_finance, "payouts:release", batch.ref, digest=digest)
    bank_file = go(charity_a.second_finance, "payouts:file", batch.ref)
    assert bank_file["Content-Disposition"].startswith("attachment")
    assert relief.row(1)["account"] in bank_file.content.decode("utf-8-sig")

    payout = Payout.objects.get()
    content = make.answer(PayoutFile.objects.get(), [make.line(payout)])
    result = SimpleUploadedFile("result.csv", content, content_type="text/csv")
    go(charity_a.finance, "payouts:result", organisation=charity_a.organisation.pk, file=result)
    go(worker, "households:answer", payout.ref, answer="RECEIVED", witness=checker.pk, remark="")
    go(charity_a.finance, "payouts:close", batch.ref)
    payout.refresh_from_db()
    batch.refresh_from_db()
    award.refresh_from_db()
    assert (payout.state, batch.state, award.state) == ("ACKNOWLEDGED", "CLOSED", "PAID")


def test_who_prepared_the_batch_is_offered_no_release_and_refused_one(go, client, charity_a):
    make.project_with_awards(charity_a)
    batch = make.prepared(charity_a)
    client.force_login(charity_a.finance)
    page = client.get(reverse("workspace_payouts:show", args=[batch.ref])).content.decode()
    assert reverse("workspace_payouts:release", args=[batch.ref]) not in page
    go(charity_a.finance, "payouts:release", batch.ref, digest="x")
    batch.refresh_from_db()
    assert batch.state == "PREPARED"


def test_the_proposer_is_told_why_the_award_is_not_approved(go, charity_a, project):
    award = relief.proposed(charity_a, project, 1, amount_minor=1_000_00)
    response = go(charity_a.caseworker, "awards:approve", award.ref, seen=award.digest)
    assert response.url == reverse("wagtailadmin_home")
    response = go(charity_a.checker, "awards:approve", award.ref, seen="something else")
    assert response.url == reverse("workspace_awards:show", args=[award.ref])
    assert said(response)
    award.refresh_from_db()
    assert award.state == "PROPOSED"


def test_a_refused_amount_stands_by_its_field_and_what_was_typed_stays(go, charity_a):
    project = relief.funded_project(charity_a, award_cap_minor=1_000_00)
    asked = relief.recommended(charity_a, project, 1, amount_minor=900_00)
    response = go(charity_a.caseworker, "requests:propose", asked.ref, amount_minor="1000.01")
    assert response.status_code == 200
    assert "amount_minor" in response.context["form"].errors
    assert "1000.01" in response.content.decode()


@pytest.mark.parametrize("amount", ["-5", "0", "abc", "1.001", "99999999999999999999", ""])
def test_an_amount_that_is_none_is_refused_by_the_field(go, charity_a, project, amount):
    asked = relief.recommended(charity_a, project, 1)
    response = go(charity_a.caseworker, "requests:propose", asked.ref, amount_minor=amount)
    assert "amount_minor" in response.context["form"].errors
    assert not Award.objects.exists()


def test_a_list_with_faults_gives_an_error_file(go, client, charity_a, project):
    bad = relief.row(2, id_number="110101199001011230")
    file = upload(go, charity_a, charity_a.caseworker, relief.row(1), bad, relief.row(3, amount="-5"))
    assert file.rejected_count == 2
    response = client.get(reverse("workspace_cases:errors", args=[file.ref]))
    text = response.content.decode("utf-8-sig")
    assert bad["id_number"] not in text
    assert len(text.splitlines()) >= 3


def test_a_list_without_its_columns_is_refused_by_the_field(go, charity_a, project):
    data = relief.case_list([relief.row(1)], without=("id_number",)).getvalue()
    file = SimpleUploadedFile("cases.csv", data)
    organisation = charity_a.organisation.pk
    response = go(charity_a.caseworker, "cases:upload", organisation=organisation, source="X", file=file)
    assert "file" in response.context["form"].errors


def test_an_identity_is_shown_once_with_a_reason_and_written_down(go, charity_a, project):
    case = relief.case(charity_a, 1)
    data = {"fields_shown": ["name", "phone"], "reason": "call to fix the visit"}
    response = go(charity_a.caseworker, "cases:reveal", case.ref, **data)
    assert relief.row(1)["name"] in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    row = ReadLog.objects.filter(subject_ref=case.identity.ref).get()
    assert (row.by_ref, row.fields) == (charity_a.caseworker.ref, ["name", "phone"])
    assert "call to fix the visit" in row.purpose


def test_an_identity_is_not_shown_without_a_reason(go, charity_a, project):
    case = relief.case(charity_a, 1)
    response = go(charity_a.caseworker, "cases:reveal", case.ref, fields_shown=["name"], reason="")
    assert relief.row(1)["name"] not in response.content.decode()
    assert not ReadLog.objects.filter(subject_ref=case.identity.ref).exists()


def test_a_case_page_shows_no_person_and_is_written_down(client, charity_a, project):
    case = relief.case(charity_a, 1)
    client.force_login(charity_a.caseworker)
    page = client.get(reverse("workspace_cases:show", args=[case.ref])).content.decode()
    for field in ("name", "id_number", "phone", "account", "address"):
        assert relief.row(1)[field] not in page
    assert ReadLog.objects.filter(subject_ref=case.ref, purpose="case page").exists()


def test_the_export_of_a_list_is_harmless_and_written_down(client, charity_a, project):
    relief.case(charity_a, 1)
    Case.objects.update(source_number="=cmd()")
    client.force_login(charity_a.caseworker)
    response = client.get(reverse("workspace_cases:index"), {"export": "csv"})
    assert "'=cmd()" in response.content.decode("utf-8-sig")
    assert ReadLog.objects.filter(purpose="export of the case list").exists()


def test_a_result_file_of_another_bank_is_refused_by_the_field(go, charity_a):
    make.project_with_awards(charity_a)
    batch, made = make.exported(charity_a)
    content = make.answer(made.file, [make.line(batch.payouts.get())], bank="BANK-TWO")
    file = SimpleUploadedFile("result.csv", content)
    response = go(charity_a.finance, "payouts:result", organisation=charity_a.organisation.pk, file=file)
    assert "file" in response.context["form"].errors


def test_the_code_for_a_household_is_shown_once_and_not_kept_in_a_log(go, charity_a):
    make.project_with_awards(charity_a)
    payout = make.confirmed(charity_a).payouts.get()
    response = go(charity_a.caseworker, "households:code", payout.ref)
    code = re.search(r"\d{8}", said(response))[0]
    assert code not in str(list(AuditEvent.objects.values_list("facts", "reason")))
    go(charity_a.caseworker, "households:by_code", payout.ref, code=code, answer="RECEIVED")
    payout.refresh_from_db()
    assert payout.state == "ACKNOWLEDGED"
