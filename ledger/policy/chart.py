"""The chart of accounts, as dated data.

Codes follow 民间非营利组织会计制度 (revised, in force 2026-01-01). The four-digit heads are those of the 2004 edition,
which is what could be confirmed; parts after the dot are this product's own subdivisions. A new edition is a new
``Chart`` with its own date; entries keep the accounts they were posted to.
"""

from dataclasses import dataclass
from datetime import date

ASSET = "ASSET"
LIABILITY = "LIABILITY"
NET_ASSETS = "NET_ASSETS"
INCOME = "INCOME"
EXPENSE = "EXPENSE"
ACCOUNT_TYPES = (ASSET, LIABILITY, NET_ASSETS, INCOME, EXPENSE)

DEBIT = "DEBIT"
CREDIT = "CREDIT"
# Accounts of these types carry what a fund is worth; crediting one fills the fund's line, debiting one uses it up.
FUND_WORTH = frozenset({NET_ASSETS, INCOME, EXPENSE})


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """One account of the chart: code, type, and its name in both languages."""

    code: str
    type: str
    name_zh: str
    name_en: str

    @property
    def normal_side(self) -> str:
        return DEBIT if self.type in (ASSET, EXPENSE) else CREDIT


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of accounts in force from a day on."""

    version: str
    in_force_from: date
    source: str
    accounts: tuple[ChartAccount, ...]

    def account(self, code: str) -> ChartAccount:
        for account in self.accounts:
            if account.code == code:
                return account
        raise KeyError(code)


CASH = "1001"
BANK = "1002"
STRIPE_CLEARING = "1009.stripe"
PLATFORM_CLEARING = "1009.platform"
MATCH_RECEIVABLE = "1122.match"
DEFICIT = "1122.deficit"
INTER_FUND = "1122.interfund"
STOCK = "1201"
AGENCY_ASSETS = "1701"
AID_PAYABLE = "2209.aid"
SUSPENSE = "2209.suspense"
AGENCY_LIABILITIES = "2601"
NET_FREE = "3101"
NET_RESTRICTED = "3102"
TRANSFERS = "3109.transfer"
GIFTS_FREE = "4101.free"
GIFTS_RESTRICTED = "4101.restricted"
MATCH_FREE = "4101.match-free"
MATCH_RESTRICTED = "4101.match-restricted"
GRANTS = "4401"
OTHER_INCOME = "4901"
PROGRAMME_COST = "5101"
MANAGEMENT_COST = "5201"
FUNDRAISING_COST = "5301"
REFUND_COVER = "5401.refund-cover"
OTHER_COST = "5401"

CN_2026 = Chart(
    version="CN-2026",
    in_force_from=date(2026, 1, 1),
    source="民间非营利组织会计制度（2026-01-01 施行）",
    accounts=(
        ChartAccount(CASH, ASSET, "现金", "Cash"),
        ChartAccount(BANK, ASSET, "银行存款", "Bank"),
        ChartAccount(STRIPE_CLEARING, ASSET, "其他货币资金——Stripe 在途", "Money in transit at Stripe"),
        ChartAccount(PLATFORM_CLEARING, ASSET, "其他货币资金——募捐平台在途", "Money in transit at giving platforms"),
        ChartAccount(MATCH_RECEIVABLE, ASSET, "应收配捐款", "Match owed by matchers"),
        ChartAccount(DEFICIT, ASSET, "待弥补的退款缺口", "Refund shortfall to be made good"),
        ChartAccount(INTER_FUND, ASSET, "基金间往来", "Between funds"),
        ChartAccount(STOCK, ASSET, "存货（物资）", "Goods in stock"),
        ChartAccount(AGENCY_ASSETS, ASSET, "受托代理资产", "Agency assets"),
        ChartAccount(AID_PAYABLE, LIABILITY, "应付救助款", "Aid payable"),
        ChartAccount(SUSPENSE, LIABILITY, "待查款项", "Suspense"),
        ChartAccount(AGENCY_LIABILITIES, LIABILITY, "受托代理负债", "Agency liabilities"),
        ChartAccount(NET_FREE, NET_ASSETS, "非限定性净资产", "Net assets without donor restrictions"),
        ChartAccount(NET_RESTRICTED, NET_ASSETS, "限定性净资产", "Net assets with donor restrictions"),
        ChartAccount(TRANSFERS, NET_ASSETS, "净资产——基金间划转", "Transfers between funds"),
        ChartAccount(GIFTS_FREE, INCOME, "捐赠收入——非限定性", "Gifts without restrictions"),
        ChartAccount(GIFTS_RESTRICTED, INCOME, "捐赠收入——限定性", "Gifts with restrictions"),
        ChartAccount(MATCH_FREE, INCOME, "捐赠收入——配捐（非限定性）", "Match income without restrictions"),
        ChartAccount(MATCH_RESTRICTED, INCOME, "捐赠收入——配捐（限定性）", "Match income with restrictions"),
        ChartAccount(GRANTS, INCOME, "政府补助收入", "Government grants"),
        ChartAccount(OTHER_INCOME, INCOME, "其他收入", "Other income"),
        ChartAccount(PROGRAMME_COST, EXPENSE, "业务活动成本", "Programme cost"),
        ChartAccount(MANAGEMENT_COST, EXPENSE, "管理费用", "Management cost"),
        ChartAccount(FUNDRAISING_COST, EXPENSE, "筹资费用", "Fundraising cost"),
        ChartAccount(OTHER_COST, EXPENSE, "其他费用", "Other cost"),
        ChartAccount(REFUND_COVER, EXPENSE, "其他费用——代垫已用捐款的退款", "Refunds of spent gifts, borne here"),
    ),
)

CHART = CN_2026


def flow(debit: str, credit: str, chart: Chart = CHART) -> int:
    """What a posting does to its fund's line: +1 fills it, −1 uses it, 0 leaves it."""
    return (chart.account(credit).type in FUND_WORTH) - (chart.account(debit).type in FUND_WORTH)
