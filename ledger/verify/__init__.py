"""Verification: a list of named checks that re-derive the books from their tables and name what is wrong.

Each check is a function that returns the offending rows. `CHECKS` is the ledger's own, closed list; the site's command
``verify`` adds those of the apps above. A check that cannot even read its rows is red, too.
"""

from collections.abc import Iterable, Iterator

from ledger.verify import (
    along,
    chain,
    checkpoints,
    divided,
    grants,
    journal,
    kept,
    laws,
    lines,
    log,
    openings,
    shipped,
    snapshots,
    statements,
    values,
)
from ledger.verify.findings import MOST_FINDINGS, Check, Finding, Outcome, Pass, Skipped
from ledger.verify.moment import reading_one_moment
from ledger.verify.rounds import Round, processes_here

__all__ = [
    "CHECKS",
    "MOST_FINDINGS",
    "PASSES",
    "Check",
    "Finding",
    "Outcome",
    "Pass",
    "Round",
    "Skipped",
    "noted_head",
    "processes_here",
    "reading_one_moment",
    "run",
    "run_one",
]

CHECKS: tuple[Check, ...] = (
    Check("file", "-", "the database file is sound", values.file_is_sound),
    Check("values", "-", "every value is of its column's kind", values.values_are_of_their_kind),
    Check("references", "-", "every row that another names is there", values.references_hold),
    Check("schema", "L3", "tables, triggers, functions, constraints are those shipped", shipped.as_shipped),
    Check("partitions", "L3 L4 L5", "each partition has its table's laws, each key its claim", divided.as_divided),
    Check("laws", "L3", "triggers, functions, constraints of every app are those shipped", laws.laws_of_the_apps),
    Check("grants", "L3", "the site's role may read and add, and nothing else", grants.as_granted),
    Check("openings", "-", "books, funds and accounts are as their notices and the chart say", openings.as_announced),
    Check("postings", "L2 L6", "each posting is one positive amount in one book and currency"),
    Check("sealed", "L11", "each entry has exactly the postings it counts"),
    Check(
        "documents",
        "L10",
        "each entry is of a known kind, with its document and public facts",
        journal.documents_of_notices,
    ),
    Check("keys", "L4", "one event, one entry: keys are unique and inputs are those hashed", journal.keys_are_unique),
    Check("reversals", "L5", "a reversal mirrors one earlier entry, once", journal.reversals_mirror),
    Check("periods", "L7", "no entry came into a period after it was closed", journal.periods_are_closed),
    Check("lots", "L8", "lots are those that the log order makes, row by row", chain.lots_have_their_place),
    Check("uses", "L8", "uses form one chain, and leave with what entries spent", lines.uses_chain),
    Check("holes", "L8", "holes lie in the lot that was taken back, unspent", lines.holes_lie_right),
    Check("covers", "L8", "covers lie on spent money of the lot that was taken back", lines.covers_lie_right),
    Check("positions", "L9", "log positions run from zero without a gap", log.subjects_once),
    Check("leaves", "L9", "every leaf hashes to what the log keeps"),
    Check("heads", "L9", "every head states the tree over the leaves before it, in published order", log.heads_grow),
    Check("tiles", "L9", "full tiles are those of the leaves", log.no_other_tiles),
    Check("balances", "-", "sums kept of accounts are those of the postings", snapshots.account_snapshots_rebuilt),
    Check(
        "measures", "-", "sums kept of lines are those of lots, uses, holes, covers", snapshots.line_snapshots_rebuilt
    ),
    Check("checkpoints", "L9", "every checkpoint opens and states the tree", checkpoints.checkpoints_open),
    Check("witnesses", "L9", "every witness's line opens under its checkpoint", checkpoints.witnesses_open),
    Check(
        "memory",
        "L9",
        "the log still grows from what was signed last, kept outside",
        before=checkpoints.memory_now,
    ),
    Check("statements", "L7", "statements in the log are made again from it", statements.statements_made_again),
    Check("days", "-", "sums kept of days are those of the postings", snapshots.no_other_day_sums),
    Check("outbox", "L9", "every entry and notice is in the log or waits for it, not both", log.nothing_is_lost),
    Check("reports", "L3", "every kept report of verification is as it was kept", kept.reports_are_as_kept),
)


def noted_head(size: int, root_hex: str) -> Check:
    """A check that the log still grows from a head that somebody noted outside the database.

    Whoever rewrites entries, leaves and heads together is found by this alone.
    """
    promise = "the log holds the head that was noted outside"
    return Check("noted head", "L9", promise, lambda: log.grows_from(size, root_hex))


PASSES: tuple[Pass, ...] = along.PASSES


def run(checks: Iterable[Check] = CHECKS, *, processes: int = 1) -> Iterator[Outcome]:
    """Make checks, all at one moment of the books; outcomes come in the order of the checks."""
    return Round(checks, PASSES, processes=processes).outcomes()


def run_one(check: Check) -> Outcome:
    """Make one check. What it cannot read is a finding."""
    return next(run([check]))
