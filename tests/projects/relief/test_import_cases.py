"""Case lists as they really come: Chinese or English, two encodings, twice, and with every mistake there is."""

import datetime
import io

import pytest

from ledger.core.refusals import Refused
from projects.audit.models import AuditEvent
from projects.relief import actions, exports, vault
from projects.relief.columns import BY_KEY
from projects.relief.models import Case, CaseFileChunk, Household, Identity
from tests.factories import relief as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(charity_a):
    make.town(parent=charity_a.organisation.jurisdiction)
    return make.intake_agent(charity_a)


def upload(charity, agent, moment, stream, *, action=actions.import_cases):
    return action(
        stream, organisation=charity.organisation, source="RELIEF_PASS", file_name="名单.csv", by=agent, at=moment
    )


def codes(file) -> list[tuple[int, str, str]]:
    return list(file.errors.values_list("line", "column", "code"))


def import_one(charity, agent, moment, **cells):
    """A list of one good line and the line in question: two good ones before it keep the breaker quiet."""
    rows = [make.row(90), make.row(91), make.row(1, **cells)]
    return upload(charity, agent, moment, make.case_list(rows))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("chinese", [True, False])
def test_it_reads_both_encodings_and_both_languages(charity_a, agent, moment, encoding, chinese):
    stream = make.case_list([make.row(1), make.row(2)], encoding=encoding, chinese=chinese)
    file = upload(charity_a, agent, moment, stream)
    assert (file.state, file.created_count, codes(file)) == ("COMMITTED", 2, [])
    case = Case.objects.get(source_number="JW-2026-00001")
    assert (case.state, case.category_id, case.origin, case.household.size) == ("RECEIVED", "MINIMUM_LIVING", "SELF", 3)
    need = case.needs.get()
    assert (need.purpose_id, need.amount_minor, need.currency) == ("HOUSING", 5_000_00, "CNY")
    shown = vault.reveal(case.identity, fields=["name", "bank"], purpose="check", by=charity_a.caseworker, at=moment)
    assert (shown["name"], shown["bank"]) == (make.made_up_person(1).name, "示例银行")


def test_the_same_file_again_is_the_same_file(charity_a, agent, moment):
    first = upload(charity_a, agent, moment, make.case_list([make.row(1)]))
    again = upload(charity_a, agent, moment, make.case_list([make.row(1)]))
    assert (again, Case.objects.count(), CaseFileChunk.objects.count()) == (first, 1, 0)


def test_a_longer_file_adds_only_what_is_new(charity_a, agent, moment):
    upload(charity_a, agent, moment, make.case_list([make.row(1), make.row(2)]))
    file = upload(charity_a, agent, moment, make.case_list([make.row(n) for n in (1, 2, 3)]))
    assert (file.created_count, file.unchanged_count, Case.objects.count()) == (1, 2, 3)


def test_a_corrected_line_corrects_the_case(charity_a, agent, moment):
    upload(charity_a, agent, moment, make.case_list([make.row(1)]))
    file = upload(charity_a, agent, moment, make.case_list([make.row(1, phone="10012345678", amount="4000")]))
    case = Case.objects.get()
    assert (file.updated_count, case.needs.get().amount_minor, Identity.objects.count()) == (1, 4_000_00, 1)
    assert vault.find(charity_a.organisation, "phone", "10012345678", at=moment).get() == case.identity


def test_a_corrected_line_with_another_person_is_refused(charity_a, agent, moment):
    upload(charity_a, agent, moment, make.case_list([make.row(1)]))
    other = make.row(2) | {"source_number": "JW-2026-00001", "household_number": "HU000001"}
    file = upload(charity_a, agent, moment, make.case_list([other]))
    assert codes(file) == [(2, "id_number", "identity_changed")]


def test_the_preview_takes_nothing_in_and_keeps_no_plain_text(charity_a, agent, moment):
    file = upload(charity_a, agent, moment, make.case_list([make.row(1)]), action=actions.preview_case_file)
    assert (file.state, file.created_count, Case.objects.count()) == ("PREVIEWED", 1, 0)
    sealed = b"".join(bytes(chunk.sealed) for chunk in file.chunks.all())
    assert make.made_up_person(1).id_number.encode() not in sealed
    actions.commit_case_file(file, by=agent, at=moment)
    assert (file.state, Case.objects.count(), file.chunks.count()) == ("COMMITTED", 1, 0)
    with pytest.raises(Refused, match="file_not_waiting"):
        actions.commit_case_file(file, by=agent, at=moment)


def test_a_discarded_preview_may_come_again(charity_a, agent, moment):
    file = upload(charity_a, agent, moment, make.case_list([make.row(1)]), action=actions.preview_case_file)
    actions.discard_case_file(file, by=agent, at=moment)
    assert upload(charity_a, agent, moment, make.case_list([make.row(1)])).created_count == 1


def test_missing_columns_are_one_clear_refusal(charity_a, agent, moment):
    stream = make.case_list([make.row(1)], without=("id_number", "amount"))
    with pytest.raises(Refused) as caught:
        upload(charity_a, agent, moment, stream)
    assert caught.value.code == "missing_columns"
    assert caught.value.values["columns"] == f"{BY_KEY['amount'].label}、{BY_KEY['id_number'].label}"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "big5"])
def test_another_encoding_is_refused(charity_a, agent, moment, encoding):
    stream = make.case_list([make.row(1, address="柏林鎮", bank="", sensitivity="", origin="")], encoding="utf-8")
    text = stream.read().decode()
    data = text.encode(encoding, errors="ignore") + (b"\xff\xff" if encoding == "big5" else b"")
    with pytest.raises(Refused, match="wrong_encoding"):
        upload(charity_a, agent, moment, io.BytesIO(data))


def test_an_empty_file_is_refused(charity_a, agent, moment):
    with pytest.raises(Refused, match="file_empty"):
        upload(charity_a, agent, moment, io.BytesIO(b""))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"id_number": "510000195001080016"}, [("id_number", "id_check_digit")]),
        ({"id_number": "51000019500108"}, [("id_number", "id_format")]),
        ({"id_number": "5.10E+17"}, [("id_number", "number_mangled")]),
        ({"birth_date": "1950-01-09"}, [("birth_date", "birth_date_mismatch")]),
        ({"name": '=HYPERLINK("http://x")'}, [("name", "formula_cell")]),
        ({"address": "@SUM(A1)"}, [("address", "formula_cell")]),
        ({"address": "+cmd|' /C calc'!A0"}, [("address", "formula_cell")]),
        ({"amount": "-5"}, [("amount", "amount_not_positive")]),
        ({"amount": "0"}, [("amount", "amount_not_positive")]),
        ({"amount": "5,000.001"}, [("amount", "amount_too_fine")]),
        ({"amount": "很多"}, [("amount", "amount_not_a_number")]),
        ({"amount": "9" * 15}, [("amount", "amount_too_large")]),
        ({"currency": "XXX"}, [("currency", "currency_unknown")]),
        ({"purposes": "居住改善;助学"}, [("amount", "amounts_do_not_fit")]),
        ({"purposes": "旅游"}, [("purposes", "unknown_purpose")]),
        ({"category": "富裕"}, [("category", "unknown_category")]),
        ({"node": "999999"}, [("node", "unknown_node")]),
        ({"household_size": "0"}, [("household_size", "household_size")]),
        ({"sensitivity": "紫"}, [("sensitivity", "unknown_sensitivity")]),
        ({"authorisation_reference": ""}, [("authorisation_reference", "no_authorisation")]),
        ({"document_hash": ""}, [("document_hash", "no_authorisation")]),
        ({"document_hash": "abc"}, [("document_hash", "document_hash_format")]),
        ({"expires_at": "2026-03-01"}, [("expires_at", "authorisation_expired")]),
        ({"signed_at": "2026-03-03"}, [("signed_at", "authorisation_not_yet")]),
        ({"signed_at": "昨天"}, [("signed_at", "date_format")]),
        ({"authorisation_recipients": "河川慈善会"}, [("authorisation_recipients", "not_a_recipient")]),
        ({"authorisation_purposes": "助学"}, [("authorisation_purposes", "purpose_not_authorised")]),
        ({"name": ""}, [("name", "missing")]),
    ],
)
def test_a_bad_cell_is_named_and_the_other_lines_go_on(charity_a, agent, moment, cells, expected):
    file = import_one(charity_a, agent, moment, **cells)
    assert codes(file) == [(4, column, code) for column, code in expected]
    assert (file.created_count, file.rejected_count) == (2, 1)


def test_every_mistake_of_a_line_is_named(charity_a, agent, moment):
    file = import_one(charity_a, agent, moment, id_number="1", amount="x", node="0")
    assert {code for _line, _column, code in codes(file)} == {"id_format", "amount_not_a_number", "unknown_node"}


def test_a_child_needs_a_guardian_who_gives_the_consent(charity_a, agent, moment):
    born = datetime.date(2014, 5, 1)
    rows = [
        make.row(1, born=born),
        make.row(2, born=born, guardian_name="赵示例"),
        make.row(3, born=born, guardian_name="赵示例", authorisation_given_by="监护人"),
    ]
    file = upload(charity_a, agent, moment, make.case_list(rows))
    assert codes(file) == [
        (2, "guardian_name", "guardian_required"),
        (3, "authorisation_given_by", "guardian_required"),
    ]
    assert Case.objects.get().is_under_14


def test_a_household_twice_for_the_same_purpose_is_a_duplicate(charity_a, agent, moment):
    rows = [make.row(1), make.row(2), make.row(3, household_number="ＨＵ 000001")]
    file = upload(charity_a, agent, moment, make.case_list(rows))
    assert codes(file) == [(4, "household_number", "duplicate_household")]
    later = upload(
        charity_a,
        agent,
        moment,
        make.case_list([make.row(n) for n in (5, 6)] + [make.row(4, household_number="HU000001")]),
    )
    assert codes(later) == [(4, "household_number", "duplicate_household")]
    assert (later.duplicate_count, Household.objects.count()) == (1, 4)


def test_the_same_household_may_ask_for_something_else(charity_a, agent, moment):
    rows = [make.row(1), make.row(2, household_number="HU000001", purposes="助学")]
    file = upload(charity_a, agent, moment, make.case_list(rows))
    assert (file.created_count, Household.objects.count()) == (2, 1)


def test_one_person_in_two_households_is_a_duplicate(charity_a, agent, moment):
    one = make.row(1)
    two = one | {"source_number": "JW-2026-00002", "household_number": "HU000002"}
    file = upload(charity_a, agent, moment, make.case_list([one, make.row(3), two]))
    assert codes(file) == [(4, "id_number", "person_in_other_household")]


def test_a_shared_account_goes_to_a_person(charity_a, agent, moment):
    one, two = make.row(1), make.row(2, account=make.row(1)["account"])
    upload(charity_a, agent, moment, make.case_list([one, two]))
    case = Case.objects.get(source_number="JW-2026-00002")
    assert case.duplicate == "NEEDS_ADJUDICATION"
    with pytest.raises(Refused, match="intake_agent"):
        actions.adjudicate_case(case, is_duplicate_of=None, reason="same family", by=agent, at=moment)
    actions.adjudicate_case(case, is_duplicate_of=None, reason="same family", by=charity_a.caseworker, at=moment)
    assert case.duplicate == "UNIQUE"


def test_more_than_half_duplicates_stop_the_file(charity_a, agent, moment):
    upload(charity_a, agent, moment, make.case_list([make.row(1), make.row(2)]))
    rows = [make.row(n + 10, household_number=f"HU{n:06d}") for n in (1, 2)] + [make.row(3)]
    file = upload(charity_a, agent, moment, make.case_list(rows))
    assert (file.state, file.duplicate_count, Case.objects.count()) == ("ABORTED", 2, 2)


def test_the_error_file_masks_values_and_holds_no_formula(charity_a, agent, moment):
    person = make.made_up_person(1)
    file = import_one(charity_a, agent, moment, id_number=person.id_number[:-1] + "9", source_number="=1+1")
    assert exports.error_file(file).startswith(b"\xef\xbb\xbf")
    text = exports.error_file(file).decode("utf-8-sig")
    assert "51**************9" in text
    assert person.id_number[:-1] not in text
    assert "'=1+1" in text
    assert "\n=" not in text
    assert ",=" not in text


def test_an_import_leaves_one_event_for_each_case_and_none_with_a_name(charity_a, agent, moment):
    upload(charity_a, agent, moment, make.case_list([make.row(1), make.row(2)]))
    assert AuditEvent.objects.filter(event="case.received").count() == 2
    said = str(list(AuditEvent.objects.values()))
    assert make.made_up_person(1).name not in said
    assert make.made_up_person(1).phone not in said


def test_a_list_of_many_pieces_is_read_as_one(charity_a, agent, moment, monkeypatch):
    from projects.relief import imports

    monkeypatch.setattr(imports, "CHUNK", 97)
    file = upload(charity_a, agent, moment, make.case_list([make.row(n) for n in range(5)], encoding="gb18030"))
    assert (file.encoding, file.created_count) == ("gb18030", 5)


def test_only_those_who_take_cases_in_may_upload(charity_a, charity_b, moment):
    for by in (charity_a.editor, charity_a.checker, charity_b.caseworker):
        with pytest.raises(Refused, match="not_permitted"):
            upload(charity_a, by, moment, make.case_list([make.row(1)]))
