"""The columns of a case list: their names in Chinese and English, and the codes of everything that can be wrong."""

import unicodedata
from dataclasses import dataclass

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r


@dataclass(frozen=True)
class Column:
    """`is_secret` columns are masked wherever they are shown."""

    key: str
    names: tuple[str, ...]
    is_required: bool = False
    is_secret: bool = False

    @property
    def label(self) -> str:
        return f"{self.names[0]} / {self.key}"


COLUMNS: tuple[Column, ...] = (
    Column("source_number", ("来源编号", "救助编号", "案件编号"), is_required=True),
    Column("category", ("类别", "救助类别"), is_required=True),
    Column("node", ("区划代码", "区划编码", "node_code"), is_required=True),
    Column("purposes", ("救助用途", "用途", "purpose"), is_required=True),
    Column("amount", ("申请金额", "金额", "amounts"), is_required=True),
    Column("currency", ("币种",)),
    Column("household_size", ("家庭人口", "户人数"), is_required=True),
    Column("household_number", ("户号", "家庭编号"), is_secret=True),
    Column("name", ("姓名", "申请人"), is_required=True, is_secret=True),
    Column("id_number", ("身份证号", "身份证号码", "公民身份号码"), is_required=True, is_secret=True),
    Column("birth_date", ("出生日期",), is_secret=True),
    Column("phone", ("电话", "手机号", "联系电话"), is_secret=True),
    Column("account", ("银行账号", "银行卡号", "account_number"), is_secret=True),
    Column("bank", ("开户行", "开户银行"), is_secret=True),
    Column("address", ("住址", "地址"), is_secret=True),
    Column("guardian_name", ("监护人姓名", "监护人"), is_secret=True),
    Column("guardian_id_number", ("监护人身份证号",), is_secret=True),
    Column("authorisation_reference", ("授权书编号", "authorisation"), is_required=True),
    Column("authorisation_scope", ("授权范围", "scope")),
    Column("authorisation_purposes", ("授权用途",), is_required=True),
    Column("authorisation_recipients", ("授权接收机构", "recipients"), is_required=True),
    Column("authorisation_given_by", ("授权人", "given_by")),
    Column("signed_at", ("签署时间", "授权时间", "签署日期"), is_required=True),
    Column("expires_at", ("到期时间", "授权到期", "到期日期"), is_required=True),
    Column("document_hash", ("授权书哈希", "文件哈希"), is_required=True),
    Column("origin", ("来源方式", "发现方式")),
    Column("sensitivity", ("敏感等级", "风险等级")),
)
BY_KEY = {column.key: column for column in COLUMNS}

ORIGINS = {
    "SELF": ("本人申请", "本人"),
    "AGENT": ("代办", "社区代办", "代理"),
    "DATA_WARNING": ("数据预警", "预警", "data warning"),
    "REFERRAL": ("转介", "转办"),
}
SENSITIVITIES = {"GREEN": ("绿", "绿色"), "YELLOW": ("黄", "黄色"), "ORANGE": ("橙", "橙色"), "RED": ("红", "红色")}
GIVERS = {"SELF": ("本人",), "GUARDIAN": ("监护人",), "AGENT": ("代办", "代理人")}
SCOPES = {
    "PROCESS": ("处理", "核对", "使用"),
    "SHARE": ("共享", "提供"),
    "PUBLISH": ("公示", "公开", "发布"),
}

# Stable codes of row errors, with the sentence that stands beside the line.
ROW_ERRORS: dict[str, str] = {
    "missing": _r("This field is empty."),
    "too_many_cells": _r("The line has more cells than the header."),
    "formula_cell": _r("The cell holds a formula. Type the value itself."),
    "number_mangled": _r("A spreadsheet has shortened this number. Format the column as text and fill it in again."),
    "id_format": _r("An identity number has 18 characters: 17 digits, and a digit or X."),
    "id_check_digit": _r("The last character of the identity number does not fit the others."),
    "id_birth_or_place": _r("The birth date or the area inside the identity number does not exist."),
    "birth_date_format": _r("Write dates as 2026-01-31."),
    "birth_date_mismatch": _r("The birth date is not the one in the identity number."),
    "guardian_required": _r("The person is under 14: name the guardian, and let the guardian give the authorisation."),
    "no_authorisation": _r("There is no authorisation. Without it the case cannot be taken in."),
    "authorisation_expired": _r("The authorisation has expired."),
    "authorisation_not_yet": _r("The authorisation is dated in the future."),
    "not_a_recipient": _r("The authorisation does not name this organisation as a recipient."),
    "purpose_not_authorised": _r("The authorisation does not cover help for this purpose."),
    "date_format": _r("Write dates as 2026-01-31, or with a time as 2026-01-31 09:30."),
    "document_hash_format": _r("The document's hash is SHA-256: 64 characters 0–9 and a–f."),
    "unknown_category": _r("This category is not in the list."),
    "unknown_node": _r("There is no area with this code."),
    "unknown_purpose": _r("This purpose is not in the list."),
    "unknown_origin": _r("This origin is not in the list."),
    "unknown_sensitivity": _r("Choose green, yellow, orange or red."),
    "unknown_giver": _r("The authorisation is given by the person, a guardian or an agent."),
    "unknown_scope": _r("This scope of an authorisation is not in the list."),
    "household_size": _r("A household has 1 to 99 people."),
    "amounts_do_not_fit": _r("Give one amount for each purpose, in the same order."),
    "currency_unknown": _r("This currency is not known here."),
    "amount_not_a_number": _r("Type the amount as a number, for example 1200 or 1200.50."),
    "amount_not_positive": _r("The amount must be more than zero."),
    "amount_too_fine": _r("The amount has too many decimal places."),
    "amount_too_large": _r("The amount is too large."),
    "duplicate_household": _r("This household already has an open case for this purpose."),
    "person_in_other_household": _r("This person already has an open case in another household."),
    "repeated_row": _r("This source number stands in the file already."),
    "identity_changed": _r("The case exists with another identity number. Close it or correct the number first."),
}
DUPLICATE_CODES = frozenset({"duplicate_household", "person_in_other_household", "repeated_row"})

_NAMES = {name.casefold(): column.key for column in COLUMNS for name in (column.key, *column.names)}


def match_header(cells: list[str]) -> dict[str, int]:
    """Which column stands where. Names may be mixed; columns that nobody asked for are left alone."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        key = _NAMES.get(plain_word(cell).replace(" ", "_"))
        if key is not None and key in found:
            raise Refused(
                "column_twice", _r("The column “%(column)s” stands in the file twice."), column=BY_KEY[key].label
            )
        if key is not None:
            found[key] = place
    missing = [column.label for column in COLUMNS if column.is_required and column.key not in found]
    if missing:
        raise Refused("missing_columns", _r("The file lacks these columns: %(columns)s."), columns="、".join(missing))
    return found


def plain_word(text: str) -> str:
    """A word as it is compared: full-width and half-width alike, no case, no outer space, no byte order mark."""
    return unicodedata.normalize("NFKC", text).strip().strip("\ufeff*").strip().casefold()


def mask(key: str, value: str) -> str:
    """What an error may show of a value: of a secret one its outer characters, never enough to know it."""
    text = "".join(c for c in value.strip() if c.isprintable())
    if not BY_KEY[key].is_secret:
        return text[:40]
    if len(text) <= 4:
        return text[:1] + "*" * max(len(text) - 1, 0)
    return f"{text[:2]}{'*' * min(len(text) - 3, 14)}{text[-1]}"
