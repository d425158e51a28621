"""How a released batch is written for a bank. One entry a format: add a function and its line in EXPORTERS.

An exporter gets plain values and gives back bytes; it reads no table and no clock: the same batch, the same file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from ledger.core.money import decimal_text
from projects.access.csv_cells import csv_bytes


@dataclass(frozen=True, repr=False)
class PayLine:
    """One payment as the bank needs it. Holds personal data: it never prints itself."""

    name: str
    account: str
    bank: str
    amount_minor: int
    currency: str
    end_to_end_id: str

    def __repr__(self) -> str:
        return f"<PayLine {self.end_to_end_id}>"


@dataclass(frozen=True)
class Exporter:
    label: Any
    suffix: str
    content_type: str
    write: Callable[[str, Sequence[PayLine]], bytes]


CSV_HEADER = ("文件编号", "收款人姓名", "收款账号", "开户行", "金额", "币种", "备注")


def write_csv(file_ref: str, lines: Sequence[PayLine]) -> bytes:
    """The columns Chinese bank portals take; the remark carries the number the bank answers with."""
    rows = (
        (
            file_ref,
            line.name,
            line.account,
            line.bank,
            decimal_text(line.amount_minor, line.currency),
            line.currency,
            line.end_to_end_id,
        )
        for line in lines
    )
    return csv_bytes(CSV_HEADER, rows)


EXPORTERS: dict[str, Exporter] = {
    "csv": Exporter(_("CSV for the bank's portal"), "csv", "text/csv; charset=utf-8", write_csv),
}
