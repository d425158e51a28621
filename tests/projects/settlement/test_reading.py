"""Files as platforms and banks write them: encodings, preambles, long numbers, spreadsheets, XML not to be trusted."""

import io
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.canonical import canonical_text
from ledger.core.money import decimal_text
from ledger.core.refusals import Refused
from projects.settlement.mapping import FileMapping, read_mapping, shipped, shipped_mapping
from projects.settlement.parsing import BadCell, NormalRow, Parser, day_reader, signed_minor
from projects.settlement.problems import PROBLEMS
from projects.settlement.reading import Record, Regular, is_plain, plain, records
from tests.factories import settlement as make


def mapping(code: str) -> FileMapping:
    found = shipped_mapping(code)
    assert found is not None
    return found


def rows(content: bytes, code: str = "generic-csv") -> list[NormalRow]:
    return [*map(Parser(mapping(code)).normal, records(io.BytesIO(content), mapping(code)))]


def refusal(content: bytes, code: str) -> str:
    with pytest.raises(Refused) as refused:
        rows(content, code)
    return refused.value.code


ALIPAY = """#支付宝账务明细查询
#账号：[2088000000000000]
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
500001\t,60\t,A1\t,爱心捐赠,2026-02-20 10:00:00,lin***@example.com,10.00,0.00,10.00,支付宝,在线支付,加油
500002\t,61\t,A1\t,爱心捐赠,2026-02-20 11:00:00,lin***@example.com,0.00,-4.00,6.00,支付宝,交易退款,
500003\t,62\t,,,2026-02-20 12:00:00,,,-0.06,5.94,支付宝,收费,
500004\t,63\t,,,2026-02-20 12:00:00,,,-5.94,0.00,支付宝,奇怪的业务,
#-----------------账务明细列表结束------------------
#支出合计：3笔，共-10.00元
"""
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Ntry><NtryRef>1</NtryRef><Amt Ccy="CNY">13.75</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-02-24</Dt></BookgDt><AcctSvcrRef>R-1</AcctSvcrRef>
<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>某某科技</Nm></Pty></Dbtr></RltdPties>
<RmtInf><Ustrd>BATCH-7</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">2.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-02-24</Dt></BookgDt></Ntry>
<Ntry><Amt Ccy="CNY">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts>
<BookgDt><Dt>2026-02-24</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def test_every_shipped_mapping_can_be_read_and_says_how_well_its_layout_is_known():
    known = {one.code: one.known for one in shipped()}
    assert known == {
        "alipay-bill": "part",
        "bank-csv": "part",
        "camt053": "whole",
        "generic-csv": "whole",
        "generic-xlsx": "whole",
        "tencent-charity": "part",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encoding_is_found(encoding):
    found = rows(make.csv_of([make.gift(1, "10.00")], encoding=encoding))
    assert [(row.kind, row.amount_minor, row.donor_name) for row in found] == [("GIFT", 1000, "林晓1")]


def test_bytes_of_no_encoding_are_refused():
    assert refusal(b"\xff\xff\xff\xff,", "generic-csv") == "file_encoding"


def test_a_file_without_the_heading_is_refused():
    assert refusal(b"a,b\r\n1,2\r\n", "generic-csv") == "heading_missing"


def test_an_alipay_style_bill():
    found = rows(ALIPAY.encode("gb18030"), "alipay-bill")
    assert [(row.kind, row.amount_minor, row.row_id, row.origin_id, row.suspense) for row in found] == [
        ("GIFT", 1000, "A1", "A1", ""),
        ("REFUND", -400, "500002", "A1", ""),
        ("FEE", -6, "500003", "", ""),
        ("UNKNOWN", -594, "500004", "", "kind_unknown"),
    ]


def test_a_tencent_style_settlement():
    text = (
        "交易单号,交易时间,项目名称,捐款人,捐款金额,手续费,交易状态,交易类型\n"
        "`4200001,2026-02-20 10:00:00,童心房,林晓,10.00,0.06,支付成功,捐款\n"
        "`4200002,2026-02-20 10:00:01,童心房,林晓,10.00,0.06,已关闭,捐款\n"
    )
    first, second = rows(text.encode(), "tencent-charity")
    assert (first.row_id, first.amount_minor, first.fee_minor, first.project) == ("4200001", 1000, 6, "童心房")
    assert second.rejected == "status_not_done"


def test_a_spreadsheet():
    found = rows(make.xlsx_of([make.gift(1, "10.00"), make.gift(2) | {"金额": 0.1 + 0.2}]), "generic-xlsx")
    assert [row.rejected or row.amount_minor for row in found] == [1000, 30]


def test_a_formula_is_never_calculated():
    found = rows(make.xlsx_of([make.gift(1, "=1+1"), make.gift(2, 日期="=TODAY()")]), "generic-xlsx")
    assert [row.rejected for row in found] == ["cell_is_formula"] * 2


def test_what_is_no_spreadsheet_is_refused():
    assert refusal(b"not a zip", "generic-xlsx") == "file_not_xlsx"


def test_a_camt_statement():
    came, left, announced = rows(CAMT.encode(), "camt053")
    assert (came.row_id, came.amount_minor, came.memo) == ("R-1", 1375, "BATCH-7")
    assert left.amount_minor == -200
    assert announced.rejected == "status_not_done"


def test_xml_that_reaches_outside_is_refused():
    evil = CAMT.replace("<Document", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document').replace(
        "BATCH-7", "&e;"
    )
    assert refusal(evil.encode(), "camt053") == "file_not_camt053"


def test_xml_that_ends_in_the_middle_is_refused():
    assert refusal(CAMT[:200].encode(), "camt053") == "file_not_camt053"


def test_a_bank_that_writes_the_direction_beside_the_amount():
    text = "交易流水号,交易日期,金额,借贷标志\n1,20260224,5.00,贷\n2,20260224,5.00,借\n3,20260224,5.00,?\n"
    found = rows(text.encode("gb18030"), "bank-csv")
    assert [row.rejected or row.amount_minor for row in found] == [500, -500, "direction_unknown"]


def test_what_may_name_a_person_is_kept_apart():
    record = Record(1, {"编号": "1", "金额": "1.00", "捐赠人": "林晓", "手机": "13900000000"})
    known, person = Parser(mapping("generic-csv")).split(record)
    assert known == canonical_text({"编号": "1", "金额": "1.00"})
    assert person == canonical_text({"捐赠人": "林晓", "手机": "13900000000"})


@given(st.dictionaries(st.sampled_from(["编号", "金额", "捐赠人", "手机", "日期", 'a"b']), st.text()))
def test_cells_are_kept_as_canonical_text_and_none_is_lost(cells):
    known, person = Parser(mapping("generic-csv")).split(Record(1, cells))
    apart = {name: text for name, text in cells.items() if name in ("捐赠人", "手机", 'a"b')}
    assert person == (canonical_text(apart) if apart else "")
    assert known == canonical_text({name: text for name, text in cells.items() if name not in apart})


@given(st.lists(st.text(alphabet=" \t\"'`=\ufeff\x00a1\x1f\u3000", max_size=6), min_size=1, max_size=4))
def test_a_row_is_plain_only_where_every_cell_is(row):
    if is_plain(row):
        assert [plain(cell) for cell in row] == row


@given(st.dates(min_value=date(1000, 1, 1)), st.times(), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y"]))
def test_a_day_in_any_form_is_the_one_that_the_long_way_finds(day, time, form):
    text = datetime.combine(day, time).strftime(form)
    assert day_reader(("%Y%m%d", form))(text) == day


FORMS = [
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y-%m-%d %H时",
    "%y-%m-%d",
]


@given(
    st.lists(st.sampled_from(FORMS), min_size=1, max_size=4, unique=True),
    st.lists(
        st.tuples(
            st.sampled_from(["2026-01-02", "02/01/2026", "13/01/2026", "01/13/2026", "2026-02-30", "26-01-02", ""]),
            st.sampled_from(["", " ", " 10:20", " 10:20:30", " 25:00", " 10时", " 10:20 "]),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_a_day_does_not_depend_on_the_days_that_were_read_before(forms, texts):
    """What is remembered of earlier rows is never another answer than a reader gives that has read nothing."""
    remembers = day_reader.__wrapped__(tuple(forms))

    def said(read, text):
        try:
            return read(text)
        except BadCell as bad:
            return str(bad)

    for day, clock in texts:
        text = day + clock
        assert said(remembers, text) == said(day_reader.__wrapped__(tuple(forms)), text)


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("¥1,234.50", 123450),
        ("１２．５", 1250),
        ("(3.00)", -300),
        ("-0.01", -1),
        ("10元", 1000),
        ("+2", 200),
        ("0.00", 0),
    ],
)
def test_amounts_as_files_write_them(text, minor):
    assert signed_minor(text, "CNY") == minor


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_any_amount_comes_back(minor):
    assert signed_minor(decimal_text(minor, "CNY"), "CNY") == minor


@given(st.dictionaries(st.sampled_from([*make.HEADING, "别的"]), st.text(max_size=40)))
def test_any_row_becomes_a_value_with_a_known_code(cells):
    row = Parser(mapping("generic-csv")).normal(Record(1, cells))
    assert {row.rejected, row.suspense} - {""} <= set(PROBLEMS)


AMOUNTS = ["", "1.00", "-1.00", "0", "x", "=1", "7"]


@given(
    st.fixed_dictionaries(
        {
            "编号": st.sampled_from(["", "1", "x" * 129]),
            "类型": st.sampled_from(["捐赠", "退款", "手续费", "提现", "神秘", ""]),
            "金额": st.sampled_from(AMOUNTS),
            "手续费": st.sampled_from(AMOUNTS),
            "日期": st.sampled_from(["2026-02-20", "2026-02-20 10:00:00", "", "soon"]),
            "币种": st.sampled_from(["", "CNY", "人民币", "USD"]),
        }
    ),
    st.sampled_from(["", "cells_beyond_heading"]),
    st.booleans(),
)
def test_what_a_row_comes_to_is_what_its_whole_form_says(cells, problem, regular):
    parser = Parser(mapping("generic-csv"))
    record = Record(1, Regular(tuple(cells), list(cells.values())) if regular else cells, problem)
    row = parser.normal(record)
    assert parser.net_minor(record) == row.amount_minor - row.fee_minor
    assert row == parser.normal(record._replace(cells=cells))
    assert parser.split(record) == parser.split(record._replace(cells=cells))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("= nonsense", "mapping_not_toml"),
        ('format = "exe"', "mapping_wrong"),
        ('currency = "XXX"', "mapping_wrong"),
        ('source = "HOME"', "mapping_wrong"),
        ('encodings = ["rot13"]', "mapping_wrong"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(change, code):
    name = change.split(" = ")[0]
    lines = [line for line in mapping("generic-csv").text.splitlines() if not (name and line.startswith(f"{name} "))]
    with pytest.raises(Refused) as refused:
        read_mapping("\n".join([change, *lines]))
    assert refused.value.code == code
