"""Which account stands in which line of the three statements, as dated data.

The forms are those of 民间非营利组织会计制度 (会民非01, 02 and 03 表), cut to the accounts of this product's chart. The
edition in force since 2026-01-01 could not be seen: grouping and headings are those of the 2004 edition, and lines of
this product's own are marked so. A new edition is a new ``Forms`` with its own version and day; a statement names the
version it was made with.
"""

from dataclasses import dataclass
from datetime import date

from ledger.policy import chart
from ledger.policy.chart import ASSET, CHART, EXPENSE, INCOME, LIABILITY, NET_ASSETS

POSITION = "position"
ACTIVITIES = "activities"
CASH_FLOW = "cash_flow"
KINDS = (POSITION, ACTIVITIES, CASH_FLOW)


@dataclass(frozen=True, slots=True)
class FormLine:
    """A line of a form: its code, its name in both languages, and the accounts that add up to it."""

    code: str
    name_zh: str
    name_en: str
    accounts: frozenset[str]


def _line(code: str, name_zh: str, name_en: str, *accounts: str) -> FormLine:
    return FormLine(code, name_zh, name_en, frozenset(accounts))


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms in force from a day on.

    ``eliminated`` accounts stand on both sides inside one book and have to be zero in it. Of the cash flow each line is
    what moved between cash and an account: lines of ``received`` when cash came in, of ``paid`` when it went out. An
    account that stands in lines of one of them only is netted there (a payout that came back lessens what was paid).
    """

    version: str
    in_force_from: date
    source: str
    assets: tuple[FormLine, ...]
    liabilities: tuple[FormLine, ...]
    income: tuple[FormLine, ...]
    expenses: tuple[FormLine, ...]
    other_changes: tuple[FormLine, ...]
    eliminated: frozenset[str]
    cash: frozenset[str]
    received: tuple[FormLine, ...]
    paid: tuple[FormLine, ...]

    def line_of(self, lines: tuple[FormLine, ...], account: str) -> FormLine | None:
        return next((line for line in lines if account in line.accounts), None)


_GIFTS = (chart.GIFTS_FREE, chart.GIFTS_RESTRICTED)
_MATCHES = (chart.MATCH_FREE, chart.MATCH_RESTRICTED)
_OPENED = (chart.NET_FREE, chart.NET_RESTRICTED)

CN_2004 = Forms(
    version="CN-2004",
    in_force_from=date(2005, 1, 1),
    source="《民间非营利组织会计制度》（财会〔2004〕7号）会民非01表、02表、03表；2026 年施行的修订版报表格式尚未核对",
    assets=(
        _line(
            "cash", "货币资金", "Cash and money in transit",
            chart.CASH, chart.BANK, chart.STRIPE_CLEARING, chart.PLATFORM_CLEARING,
        ),
        _line("receivables", "应收款项", "Receivables", chart.MATCH_RECEIVABLE),
        _line("shortfall", "待弥补的退款缺口（自设）", "Refund shortfall to be made good (own line)", chart.DEFICIT),
        _line("stock", "存货", "Goods in stock", chart.STOCK),
        _line("agency_assets", "受托代理资产", "Agency assets", chart.AGENCY_ASSETS),
    ),
    liabilities=(
        _line("payables", "应付款项", "Payables", chart.AID_PAYABLE),
        _line("suspense", "待查款项（自设）", "Suspense (own line)", chart.SUSPENSE),
        _line("agency_liabilities", "受托代理负债", "Agency liabilities", chart.AGENCY_LIABILITIES),
    ),
    income=(
        _line("gifts", "捐赠收入", "Gifts", *_GIFTS),
        _line("matches", "捐赠收入——配捐（自设）", "Matching gifts (own line)", *_MATCHES),
        _line("grants", "政府补助收入", "Government grants", chart.GRANTS),
        _line("other_income", "其他收入", "Other income", chart.OTHER_INCOME),
    ),
    expenses=(
        _line("programme", "业务活动成本", "Programme cost", chart.PROGRAMME_COST),
        _line("management", "管理费用", "Management cost", chart.MANAGEMENT_COST),
        _line("fundraising", "筹资费用", "Fundraising cost", chart.FUNDRAISING_COST),
        _line("other_cost", "其他费用", "Other cost", chart.OTHER_COST, chart.REFUND_COVER),
    ),
    other_changes=(
        _line("transfers", "基金间划转（自设）", "Transfers between funds (own line)", chart.TRANSFERS),
        _line("opened", "建账转入的净资产（自设）", "Brought in when the book was opened (own line)", *_OPENED),
    ),
    eliminated=frozenset({chart.INTER_FUND}),
    cash=frozenset({chart.CASH, chart.BANK, chart.STRIPE_CLEARING, chart.PLATFORM_CLEARING}),
    received=(
        _line("gifts_received", "接受捐赠收到的现金", "Gifts received", *_GIFTS, *_MATCHES, chart.MATCH_RECEIVABLE),
        _line("grants_received", "政府补助收到的现金", "Government grants received", chart.GRANTS),
        _line(
            "other_received", "收到的其他与业务活动有关的现金", "Other money received",
            chart.OTHER_INCOME, chart.SUSPENSE, chart.AGENCY_LIABILITIES, chart.INTER_FUND, chart.TRANSFERS,
        ),
        _line("opened_with", "建账转入的现金（自设）", "Brought in when the book was opened (own line)", *_OPENED),
    ),
    paid=(
        _line(
            "aid_paid", "提供捐赠或者资助支付的现金", "Aid and programme cost paid", chart.AID_PAYABLE,
            chart.PROGRAMME_COST, chart.STOCK,
        ),
        _line("refunds_paid", "退还捐赠支付的现金（自设）", "Gifts paid back (own line)",
              *_GIFTS, *_MATCHES, chart.REFUND_COVER, chart.DEFICIT),
        _line("management_paid", "管理费用支付的现金", "Management cost paid", chart.MANAGEMENT_COST),
        _line("fundraising_paid", "筹资费用支付的现金", "Fundraising cost paid", chart.FUNDRAISING_COST),
        _line("other_paid", "支付的其他与业务活动有关的现金", "Other money paid",
              chart.OTHER_COST, chart.AGENCY_ASSETS),
    ),
)  # fmt: skip

FORMS = {forms.version: forms for forms in (CN_2004,)}
CURRENT = CN_2004


def unplaced(forms: Forms, accounts: tuple[chart.ChartAccount, ...] = CHART.accounts) -> list[str]:
    """What keeps some forms from taking in a whole chart: accounts that stand nowhere, twice, or on the wrong side."""
    faults = []
    parts = {ASSET: forms.assets, LIABILITY: forms.liabilities, INCOME: forms.income, EXPENSE: forms.expenses}
    parts |= {NET_ASSETS: forms.other_changes}
    for account in accounts:
        placed = [line.code for lines in parts.values() for line in lines if account.code in line.accounts]
        right = [line.code for line in parts[account.type] if account.code in line.accounts]
        if (placed != right or len(right) != 1) and account.code not in forms.eliminated:
            faults.append(f"{account.code} stands in {placed or 'no line'}")
        flows = [forms.line_of(forms.received, account.code), forms.line_of(forms.paid, account.code)]
        if account.code not in forms.cash and not any(flows):
            faults.append(f"{account.code} stands in no line of the cash flow")
    return faults
