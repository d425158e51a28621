"""Kinds of entries: which document each names, which public facts it may carry, what a lot of it is called."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry. ``facts`` is an allow-list; ``source`` names the lot when the entry fills a fund's line."""

    document_kind: str
    facts: frozenset[str] = frozenset()
    source: str = "OTHER"


def _kind(document_kind: str, *facts: str, source: str = "OTHER") -> Kind:
    return Kind(document_kind, frozenset(facts), source)


KINDS: dict[str, Kind] = {
    "GIFT": _kind("gift", "channel", "donor", source="DONATION"),
    "IN_KIND_GIFT": _kind("gift", source="DONATION"),
    "MATCH": _kind("match", "pool", "rule", "gift_index", "offered", source="MATCH"),
    "MATCH_RECEIVED": _kind("match_receipt", "pool"),
    "MATCH_RELEASE": _kind("match_release", "origin", "unspent", "covered", "deficit"),
    "SUBSIDY": _kind("subsidy", source="SUBSIDY"),
    "PROCESSING_FEE": _kind("gift", "channel", "borne"),
    "REFUND": _kind("refund", "origin", "unspent", "covered", "deficit"),
    "REFUND_FAILED": _kind("refund", source="RETURN"),
    "REFUND_EXCESS": _kind("refund", "borne"),
    "DISPUTE_WITHDRAWN": _kind("dispute", "origin", "unspent", "covered", "deficit"),
    "DISPUTE_REINSTATED": _kind("dispute", source="RETURN"),
    "DISPUTE_EXCESS": _kind("dispute", "borne"),
    "DISPUTE_FEE": _kind("dispute", "borne"),
    "AWARD": _kind("award"),
    "AWARD_CANCELLED": _kind("award", source="RETURN"),
    "PAYOUT": _kind("payout"),
    "PAYOUT_RETURNED": _kind("payout"),
    "IN_KIND_ISSUE": _kind("award"),
    "TRANSFER": _kind("transfer", source="TRANSFER"),
    "RELEASE_RESTRICTION": _kind("release"),
    "COST": _kind("cost"),
    "PROVIDER_PAYOUT": _kind("provider_payout", "channel"),
    "ADJUSTMENT": _kind("adjustment", "channel", "reason", "answers"),
    "SUSPENSE_IN": _kind("statement_line", "channel"),
    "SUSPENSE_OUT": _kind("statement_line", "channel", source="DONATION"),
    "OPENING": _kind("opening", source="OPENING"),
    "REVERSAL": _kind("reversal", source="RETURN"),
}

# Kinds that take money back from its lot: holes where it is unspent, covers where it is spent.
TAKE_BACKS = frozenset({"REFUND", "MATCH_RELEASE", "DISPUTE_WITHDRAWN"})
# Sources of lots that can be taken back; what returned or was transferred is reversed instead.
RETURNABLE = frozenset({"DONATION", "MATCH", "SUBSIDY"})
# What was taken back and came home again, by the kind that took it: the mirror has a name of its own, because this
# money (its first line) may be taken back once more. A lot that a gift makes is counted as a gift; this one is not.
CAME_BACK = {"REFUND": "REFUND_FAILED", "DISPUTE_WITHDRAWN": "DISPUTE_REINSTATED"}
REINSTATING = frozenset(CAME_BACK.values())

# Public facts that a replay needs and that move no money.
NOTICE_KINDS: dict[str, frozenset[str]] = {
    "CHART_VERSION": frozenset({"version", "source"}),
    "FUND_OPENED": frozenset({"fund", "restriction", "currency", "project"}),
    "PROJECT_FILED": frozenset({"project", "filing_number"}),
    "PROJECT_OPENED": frozenset({"project", "fund"}),
    "MATCH_RULE_PUBLISHED": frozenset(
        {"pool", "rule", "fund", "currency", "pledged", "ratio_bps", "cap_per_gift", "cap_total", "opens", "closes"}
        | {"cap_per_donor", "cap_per_day", "channels", "rounding", "after", "reserves", "reoffers"}
    ),
    # Money held for a gift of so much, by the reference it will have; that nobody waits for it; the rest taken back.
    "MATCH_HOLD_ASKED": frozenset({"pool", "gift", "amount"}),
    "MATCH_HOLD_ENDED": frozenset({"pool", "gift"}),
    "MATCH_REST_WITHDRAWN": frozenset({"pool"}),
    # A standing match: a share of a company's figure; for each period the figure, its evidence, and the pot it made.
    "MATCH_FORMULA": frozenset({"formula", "fund", "currency", "share_bps", "opens", "closes"}),
    "MATCH_FORMULA_PERIOD": frozenset({"formula", "pool", "starts", "ends", "base", "pledged", "evidence"}),
    "MATCH_POOL_CLOSED": frozenset({"pool"}),
    "MATCH_POOL_FROZEN": frozenset({"pool", "reason"}),
    "MATCH_POOL_THAWED": frozenset({"pool"}),
    "PERIOD_CLOSED": frozenset({"starts", "ends"}),
    # A statement of a closed period: anybody who makes it again from the log can hold it against the digest.
    "STATEMENT": frozenset({"statement", "form", "currency", "starts", "ends", "position", "digest"}),
    "DISCLOSURE": frozenset({"digest", "subject"}),
    # What became of every row of a settlement file or bank statement: counts and sums in minor units, nobody's name.
    "SETTLEMENT_COMPLETE": frozenset(
        {"digest", "source", "currency", "rows", "total", "counts", "totals"},
    ),
    "READ_LOG_ROOT": frozenset({"day", "root"}),
    "KEY_CHANGE": frozenset({"old", "new"}),
}
