"""Finance sends a file, looks at it, takes it in, and answers what nobody understood. In both languages."""

import io

import pytest
from django.urls import reverse
from wagtail.users.models import UserProfile

from ledger import transparency
from projects.settlement.mapping import read_mapping, shipped_mapping
from projects.settlement.models import Adjustment, OwnMapping, SettlementFile, UnexplainedItem
from projects.settlement.tasks import import_file
from projects.workspace.todo import todos
from tests.factories import relief
from tests.factories import settlement as make
from tests.factories.access import BEGIN
from tests.factories.settlement import gift, line, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def finance(client, charity_a):
    client.force_login(charity_a.finance)
    return client


def address(name: str, *args) -> str:
    return reverse(f"workspace_settlement:{name}", args=args)


def send(client, charity, content: bytes, **values):
    upload = io.BytesIO(content)
    upload.name = "名单.csv"
    data = {"organisation": charity.organisation.pk, "mapping": "generic-csv", "file": upload, "stated_rows": ""}
    return client.post(address("upload"), data | values, follow=True)


def test_a_file_is_looked_at_before_it_is_taken_in(finance, charity_a):
    page = send(finance, charity_a, make.csv_of([gift(1, "12.34"), gift(2, "坏")])).content.decode()
    file = SettlementFile.objects.get()
    assert file.state == "RECEIVED"
    assert "¥12.34" in page
    assert "金额不是数字" in page
    assert "林晓" not in page


def test_the_import_runs_and_every_row_is_shown(finance, charity_a, django_capture_on_commit_callbacks):
    send(finance, charity_a, make.csv_of([gift(1), row(2, "神秘", "3.00")]))
    file = SettlementFile.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        finance.post(address("start", file.ref))
    file.refresh_from_db()
    assert file.state == "MEASURING"
    assert "data-look-again" in finance.get(address("show", file.ref)).content.decode()
    import_file.call(file.ref)
    page = finance.get(address("show", file.ref) + "?state=SUSPENSE").content.decode()
    assert "捐赠，已入账" in page
    assert "映射不认识这一类行" in page
    assert "data-look-again" not in page


def test_a_wrong_file_is_refused_by_its_field(finance, charity_a):
    page = send(finance, charity_a, b"a,b\n1,2\n").content.decode()
    assert "文件中找不到这个映射的表头" in page
    assert not SettlementFile.objects.exists()


def test_the_same_bytes_lead_to_the_file_that_is_there(finance, charity_a):
    content = make.csv_of([gift(1)])
    file = make.imported(charity_a, content)
    page = send(finance, charity_a, content)
    assert page.redirect_chain[-1][0] == address("show", file.ref)


def test_a_file_may_be_thrown_away_and_sent_again(finance, charity_a):
    content = make.csv_of([gift(1)])
    send(finance, charity_a, content)
    finance.post(address("discard", SettlementFile.objects.get().ref))
    send(finance, charity_a, content)
    assert sorted(SettlementFile.objects.values_list("state", flat=True)) == ["DISCARDED", "RECEIVED"]


def test_what_is_not_explained_is_listed_oldest_first_and_answered(finance, charity_a):
    project = relief.funded_project(charity_a)
    make.statement(charity_a, line("B1", "20.00", 日期="2026-02-24"), line("B2", "30.00", 日期="2026-02-10"))
    page = finance.get(address("unexplained")).content.decode()
    assert page.index("¥30.00") < page.index("¥20.00")
    assert ",3000," in finance.get(address("unexplained") + "?export=csv").content.decode()
    item = UnexplainedItem.objects.get(amount_minor=2000)
    answer = {"how": "gift", "project": project.pk, "reason": "企业捐赠"}
    finance.post(address("item", item.ref), answer)
    item.refresh_from_db()
    assert item.answer == "GIFT"


def test_unexplained_money_is_on_the_to_do_list(charity_a, today):
    before = len(todos(charity_a.finance, today))
    make.statement(charity_a, line("B1", "20.00"))
    assert len(todos(charity_a.finance, today)) == before + 1


def test_staff_add_a_mapping_and_try_it(finance, charity_a):
    shipped = shipped_mapping("generic-csv")
    assert shipped is not None
    text = shipped.text.replace('"generic-csv"', '"our-platform"').replace('"金额"', '"实收"')
    form = {"organisation": charity_a.organisation.pk, "text": text}
    page = finance.post(address("add_mapping"), form)
    assert page.url == address("upload") + "?mapping=our-platform"
    content = "编号,实收,日期\n1,5.00,2026-02-20\n".encode()
    page = send(finance, charity_a, content, mapping="our-platform").content.decode()
    assert "¥5.00" in page
    again = finance.post(address("add_mapping"), form).content.decode()
    assert "这个代号已被使用" in again
    assert OwnMapping.objects.count() == 1


def test_the_screens_speak_english(finance, charity_a):
    UserProfile.objects.create(user=charity_a.finance, preferred_language="en")
    file = make.imported(charity_a, make.csv_of([gift(1), row(2, "神秘", "3.00")]))
    assert "What became of every row" in finance.get(address("show", file.ref)).content.decode()
    assert "What is not explained" in finance.get(address("unexplained")).content.decode()
    assert "The mapping does not know this kind of row." in finance.get(address("unexplained")).content.decode()


def test_a_difference_is_explained_by_two_people(client, charity_a, charity_b):
    client.force_login(charity_a.finance)
    make.imported(charity_a, make.csv_of([gift(1, "13.75")]))
    make.statement(charity_a, line("B1", "13.50"))
    item = UnexplainedItem.objects.get()
    assert address("adjust", item.ref) in client.get(address("item", item.ref)).content.decode()
    page = client.get(address("adjust", item.ref)).content.decode()
    assert "¥13.75，差额 −¥0.25" in page
    said = {
        "payable": f"file:{item.line.file.organisation.settlement_files.get(source='PLATFORM').ref}",
        "way": "OUT", "amount_minor": "0.20", "reason": "PLATFORM_FEE", "note": "技术服务费", "evidence_ref": "函 7",
        "on": "2026-02-24",
    }  # fmt: skip
    wrong = client.post(address("adjust", item.ref), said).content.decode()
    assert "差额为 −¥0.25。调整金额必须与差额完全一致。" in wrong
    client.post(address("adjust", item.ref), said | {"amount_minor": "0.25"})
    made = Adjustment.objects.get()
    # Whoever drafted it is told to wait, and the button is not there; pressed all the same, nothing happens.
    assert address("confirm_adjustment", made.ref) not in client.get(address("adjustment", made.ref)).content.decode()
    client.post(address("confirm_adjustment", made.ref))
    made.refresh_from_db()
    assert made.state == "DRAFTED"
    client.force_login(charity_b.finance)
    assert client.get(address("adjustment", made.ref)).status_code == 404
    assert client.post(address("confirm_adjustment", made.ref)).status_code == 404
    client.force_login(charity_a.second_finance)
    assert address("confirm_adjustment", made.ref) in client.get(address("adjustment", made.ref)).content.decode()
    while transparency.sequence(at=BEGIN):
        pass
    client.post(address("confirm_adjustment", made.ref))
    made.refresh_from_db()
    item.line.refresh_from_db()
    assert (made.state, item.line.state) == ("CONFIRMED", "SETTLEMENT")
    file = client.get(address("show", item.line.settlement.ref)).content.decode()
    assert "−¥0.25 · 平台文件未列明的手续费" in file
    answer = {"note": "记错", "evidence_ref": "函 8", "on": BEGIN.date().isoformat()}
    client.post(address("answer_adjustment", made.ref), answer)
    assert Adjustment.objects.get(answers=made).state == "DRAFTED"
    assert "一笔冲回它的调整正等待第二人确认" in client.get(address("adjustment", made.ref)).content.decode()
    assert made.ref in client.get(address("adjustments")).content.decode()


def test_an_adjustment_is_on_the_others_to_do_list(charity_a, today):
    make.adjusted(charity_a)
    waits = [len(todos(person, today)) for person in (charity_a.finance, charity_a.second_finance)]
    assert waits[1] - waits[0] == 1


def test_a_draft_may_be_dropped_on_the_screen(finance, charity_a):
    made = make.adjusted(charity_a)
    finance.post(address("drop_adjustment", made.ref), {"reason": "金额有误"})
    made.refresh_from_db()
    assert made.state == "DROPPED"
    assert "金额有误" in finance.get(address("adjustment", made.ref)).content.decode()


# ---- a mapping, guided ----

OURS = "导出于二月\n交易号,日期,实收(元),类别,善款人\n9001,2026-02-20,5.00,善款,林晓\n9002,2026-02-21,-1.00,退还,林晓\n"
CHOSEN = {
    "code": "our-platform", "name_zh": "我们的平台", "name_en": "Our platform", "provider": "ours",
    "source": "PLATFORM", "date_forms": ["%Y-%m-%d"], "default_kind": "UNKNOWN", "column_on": "日期",
    "column_amount": "实收(元)", "column_row_id": "交易号", "column_kind": "类别", "column_donor_name": "善款人",
    "kind_GIFT": "善款\n", "kind_REFUND": "退还",
}  # fmt: skip


def sample_of(client, content: str = OURS) -> str:
    upload = io.BytesIO(content.encode("gb18030"))
    upload.name = "二月.csv"
    page = client.post(address("guide_mapping"), {"file": upload, "format": "csv", "delimiter": ","})
    return page.context["form"]["sample"].value()


def test_a_mapping_is_made_from_the_columns_of_the_file_itself(finance, charity_a):
    upload = io.BytesIO(OURS.encode("gb18030"))
    upload.name = "二月.csv"
    page = finance.post(address("guide_mapping"), {"file": upload, "format": "csv", "delimiter": ","})
    form = page.context["form"]
    # The line above the heading is not taken for it, and what a shipped mapping calls alike is chosen already.
    assert [name for name, _label in form.fields["column_on"].choices][1:] == [
        "交易号", "日期", "实收(元)", "类别", "善款人"
    ]  # fmt: skip
    assert (form["column_on"].value(), form["date_forms"].value()) == ("日期", ["%Y-%m-%d"])
    # Ways of writing a day are shown by a day.
    assert ("%d/%m/%Y", "31/01/2026") in form.fields["date_forms"].choices
    said = CHOSEN | {"organisation": charity_a.organisation.pk, "sample": form["sample"].value()}
    look = finance.post(address("guide_mapping"), said | {"look": "1"}).content.decode()
    assert "¥5.00" in look
    assert "−¥1.00" in look
    assert "<code>退还</code>" in look
    assert not OwnMapping.objects.exists()
    kept = finance.post(address("guide_mapping"), said | {"keep": "1"})
    assert kept.url == address("upload") + "?mapping=our-platform"
    mapping = read_mapping(OwnMapping.objects.get().text)
    assert (mapping.columns["amount"], mapping.kinds) == (("实收(元)",), {"善款": "GIFT", "退还": "REFUND"})
    file = send(finance, charity_a, OURS.encode("gb18030"), mapping="our-platform").content.decode()
    assert "¥5.00" in file
    assert "林晓" not in OwnMapping.objects.get().text
    again = finance.post(address("guide_mapping"), said | {"keep": "1"}).context["form"]
    assert again.errors["code"] == ["这个代号已被使用，请给新的映射另取一个。"]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"column_on": ""}, "column_on", "This field is required."),
        ({"column_amount": ""}, "column_amount", "Choose the column of the amount, or that of what came in."),
        ({"column_fee": "实收(元)"}, "column_fee", "This column has a meaning already."),
        ({"column_status": "交易号", "column_row_id": ""}, "done",
         "Say which words mean that the payment was carried out."),
        ({"code": "our platform"}, "code", "This part of the mapping is missing or wrong: code."),
        ({"provider": "a/b"}, "provider", "This part of the mapping is missing or wrong: provider."),
        ({"date_forms": []}, "date_forms", "This field is required."),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_by_its_field_in_english_too(finance, charity_a, change, field, says):
    UserProfile.objects.create(user=charity_a.finance, preferred_language="en")
    said = CHOSEN | {"organisation": charity_a.organisation.pk, "sample": sample_of(finance)} | change
    page = finance.post(address("guide_mapping"), said | {"look": "1"})
    assert list(page.context["form"].errors) == [field]
    assert says in page.content.decode()


def test_a_row_that_cannot_be_read_is_shown_with_its_reason(finance, charity_a):
    sample = sample_of(finance, OURS + "9003,昨天,3.00,善款,林晓\n")
    said = CHOSEN | {"organisation": charity_a.organisation.pk, "sample": sample, "look": "1"}
    assert "日期不符合映射中的任何一种写法" in finance.post(address("guide_mapping"), said).content.decode()


def test_a_file_without_a_heading_is_refused_by_its_field(finance):
    upload = io.BytesIO(b"one\ntwo\n")
    upload.name = "x.csv"
    form = finance.post(address("guide_mapping"), {"file": upload, "format": "csv", "delimiter": ","}).context["form"]
    assert form.errors["heading"] == ["这一行没有至少两列的表头。"]


@pytest.mark.parametrize("text", ["{", "[]", '["csv", ",", 9, [["a", "b"]]]', '["csv", ",", 0, [[]]]'])
def test_lines_that_got_lost_are_asked_for_again(finance, charity_a, text):
    page = finance.post(address("guide_mapping"), CHOSEN | {"sample": text, "look": "1"}, follow=True)
    assert "文件的前几行丢失了，请重新上传。" in page.content.decode()


def test_nobody_guides_a_mapping_into_another_charity(finance, charity_a, charity_b):
    said = CHOSEN | {"organisation": charity_b.organisation.pk, "sample": sample_of(finance), "keep": "1"}
    assert "organisation" in finance.post(address("guide_mapping"), said).context["form"].errors
    assert not OwnMapping.objects.exists()
