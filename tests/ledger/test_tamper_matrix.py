"""What kind of tampering is found from inside, what from outside, what by nobody: the table of decision 0011, tried.

Each row of the table is done to a small real book, past every law. From inside, `verify` has to name it. From outside,
the same rows are served as leaves by a site that lies: under the checkpoint that was signed before, to a first visitor;
then all of it made anew and signed with the right key, to a visitor who has been there before and to one who has not.
"""

import re
import shutil
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from ledger import checkpoints, log_keys, transparency, verify
from ledger.auditor import words
from ledger.auditor.command import main
from ledger.core.leaves import entry_leaf
from ledger.core.merkle import Frontier, leaf_hash
from ledger.core.notes import ED25519, TreeHead, sign_checkpoint
from tests.architecture.source import BASE
from tests.ledger import public_log, raw
from tests.ledger.test_tamper import intruding

pytestmark = pytest.mark.django_db
ORIGIN = "ledger.example/log"
DOCUMENT = BASE / "ledger/decisions/0011-what-tampering-shows.md"
# The laws are lifted here; that they are missed is tried in test_verify.py and test_verify_laws.py.
CHECKS = [check for check in verify.CHECKS if check.name not in ("file", "schema", "laws", "grants")]
NAMES = {kind.code: name for name, kind in words.KINDS.items()}
SERVED_BROKEN = "no leaf"

# ---- the intruder's deeds, in the order of the table ----

Deed = str | Callable[[], None]
AN_ENTRY = "(SELECT entry_id FROM ledger_logleaf WHERE entry_id IS NOT NULL ORDER BY position LIMIT 1)"
A_REFUND = "(SELECT min(document_ref) FROM ledger_journalentry WHERE kind = 'REFUND')"
LAST = "(SELECT max(position) FROM ledger_logleaf)"


def of_one(table: str, change: str, key: str = "entry_id") -> str:
    return f"UPDATE {table} SET {change} WHERE {key} = {AN_ENTRY}"


def of_heads(change: str) -> str:
    return f"UPDATE ledger_loghead SET {change}"


def an_entry_of_its_own() -> None:
    """A gift that nobody gave: entry and posting, no outbox."""
    entry = uuid4()
    raw.posting(entry)
    raw.seal(entry)
    raw.execute("DELETE FROM ledger_outbox WHERE subject_id = %s", [entry])


def a_second_posting() -> None:
    columns = "entry_id, {line}, book_id, fund_id, debit_account_id, credit_account_id, amount_minor, currency"
    names, values = columns.format(line="line"), columns.format(line="line + 1")
    chosen = f"FROM ledger_posting WHERE entry_id = {AN_ENTRY}"
    raw.execute(f"INSERT INTO ledger_posting ({names}) SELECT {values} {chosen}")


def two_leaves_change_places() -> None:
    (one, first), (other, second) = raw.fetch(
        "SELECT position, entry_id FROM ledger_logleaf WHERE entry_id IS NOT NULL ORDER BY position LIMIT 2"
    )
    for position, entry in ((one, uuid4()), (other, first), (one, second)):
        raw.execute("UPDATE ledger_logleaf SET entry_id = %s WHERE position = %s", [entry, position])


def the_tail_is_cut_off() -> None:
    """The last batch goes with everything that hangs on it, down to the head before."""
    size = raw.fetch("SELECT max(size) FROM ledger_loghead WHERE size < (SELECT max(size) FROM ledger_loghead)")[0][0]
    gone = f"(SELECT coalesce(entry_id, notice_id) FROM ledger_logleaf WHERE position >= {size})"
    for table, column in (
        ("posting", "entry_id"), ("lot", "entry_id"), ("lotuse", "entry_id"), ("lothole", "entry_id"),
        ("lotcover", "entry_id"), ("journalentry", "id"), ("notice", "id"),
    ):  # fmt: skip
        raw.execute(f"DELETE FROM ledger_{table} WHERE {column} IN {gone}")
    raw.execute("DELETE FROM ledger_logleaf WHERE position >= %s", [size])
    raw.execute("DELETE FROM ledger_loghead WHERE size > %s", [size])
    raw.execute("DELETE FROM ledger_checkpoint WHERE size > %s", [size])


def everything_is_made_anew() -> None:
    """One entry says that somebody else recorded it; leaf, heads, checkpoints are made to fit, with the right key."""
    entry, position = raw.fetch(
        "SELECT entry_id, position FROM ledger_logleaf WHERE entry_id IS NOT NULL ORDER BY position LIMIT 1"
    )[0]
    raw.execute("UPDATE ledger_journalentry SET recorded_by = 'somebody' WHERE id = %s", [entry])
    made = entry_leaf(*transparency.sealed_entries([UUID(str(entry))]).values())
    raw.execute("UPDATE ledger_logleaf SET leaf_hash = %s WHERE position = %s", [leaf_hash(made), position])
    frontier, roots = Frontier(), {}
    for (hashed,) in raw.fetch("SELECT leaf_hash FROM ledger_logleaf ORDER BY position"):
        frontier.add(bytes(hashed))
        roots[frontier.size] = (frontier.root(), frontier.to_bytes())
    for (size,) in raw.fetch("SELECT size FROM ledger_loghead"):
        raw.execute("UPDATE ledger_loghead SET root = %s, frontier = %s WHERE size = %s", [*roots[size], size])
    for (size,) in raw.fetch("SELECT size FROM ledger_checkpoint"):
        note = str(sign_checkpoint(TreeHead(ORIGIN, size, roots[size][0]), log_keys.signing_keys()))
        raw.execute("UPDATE ledger_checkpoint SET root = %s, note = %s WHERE size = %s", [roots[size][0], note, size])


DEEDS: list[tuple[str, Deed]] = [
    ("a posting's amount is changed", of_one("ledger_posting", "amount_minor = amount_minor + 1")),
    ("a posting is moved to another fund", of_one("ledger_posting", "fund_id = fund_id + 1")),
    ("a posting is removed", f"DELETE FROM ledger_posting WHERE entry_id = {AN_ENTRY}"),
    ("a posting is copied", a_second_posting),
    ("an entry's day is changed", of_one("ledger_journalentry", "effective_on = '2026-08-30'", "id")),
    ("an entry names another document", of_one("ledger_journalentry", f"document_ref = {A_REFUND}", "id")),
    ("an entry's kind is changed", of_one("ledger_journalentry", "kind = 'SUBSIDY'", "id")),
    ("an entry's public facts are changed", of_one("ledger_journalentry", "facts = '{\"channel\":\"cash\"}'", "id")),
    ("an entry says who else recorded it", of_one("ledger_journalentry", "recorded_by = 'somebody'", "id")),
    ("an entry's key is changed", of_one("ledger_journalentry", "idempotency_key = 'another'", "id")),
    ("a person's commitment is taken off", of_one("ledger_journalentry", "commitment = NULL", "id")),
    ("an entry is removed", f"DELETE FROM ledger_journalentry WHERE id = {AN_ENTRY}"),
    ("an entry is slipped in", an_entry_of_its_own),
    ("a waiting entry is dropped from the outbox", "DELETE FROM ledger_outbox"),
    ("a lot is lengthened", ("UPDATE ledger_lot SET stop = stop + 1 WHERE log_index = (SELECT max(log_index) FROM "
     "ledger_lot)")),
    ("a lot is removed", f"DELETE FROM ledger_lot WHERE entry_id = {AN_ENTRY}"),
    ("a spending is shortened", "UPDATE ledger_lotuse SET stop = stop - 1 WHERE start = 0"),
    ("a spending is given to another entry", f"UPDATE ledger_lotuse SET entry_id = {AN_ENTRY} WHERE start = 0"),
    ("a refund's hole is removed", "DELETE FROM ledger_lothole"),
    ("a refund's cover is removed", "DELETE FROM ledger_lotcover"),
    ("a notice says something else", ("UPDATE ledger_notice SET facts = '{\"ends\":\"2026-08-30\","
     "\"starts\":\"2026-08-01\"}' WHERE kind = 'PERIOD_CLOSED'")),
    ("a closed period is opened", "DELETE FROM ledger_period"),
    ("a fund's restriction is changed", "UPDATE ledger_fund SET restriction = 'NONE' WHERE code = 'desks'"),
    ("an account changes its type", "UPDATE ledger_account SET type = 'ASSET' WHERE code LIKE '4101%%'"),
    ("a leaf's hash is changed", ("UPDATE ledger_logleaf SET leaf_hash = (SELECT leaf_hash FROM ledger_logleaf WHERE "
     "position = 0) WHERE position = 5")),
    ("a leaf is removed", "DELETE FROM ledger_logleaf WHERE position = 5"),
    ("two leaves change places", two_leaves_change_places),
    ("a head's root is changed", of_heads("root = (SELECT root FROM ledger_loghead ORDER BY size LIMIT 1)")),
    ("the last head is removed", "DELETE FROM ledger_loghead WHERE size = (SELECT max(size) FROM ledger_loghead)"),
    ("a checkpoint is changed", "UPDATE ledger_checkpoint SET size = size - 1"),
    ("the last checkpoint is removed", "DELETE FROM ledger_checkpoint"),
    ("a kept report is made green", "UPDATE ledger_verification SET green = NOT green WHERE number = 2"),
    ("the log's tail is cut off with all that hangs on it", the_tail_is_cut_off),
    ("everything is made anew and signed with the right key", everything_is_made_anew),
    ("the last kept report is removed", ("DELETE FROM ledger_verification WHERE number = (SELECT max(number) FROM "
     "ledger_verification)")),
    ("a head in the middle is removed", ("DELETE FROM ledger_loghead WHERE size = (SELECT min(size) FROM "
     "ledger_loghead)")),
]  # fmt: skip


# ---- found by whom ----


@pytest.fixture
def told(settings, tmp_path):
    """A book with a row of every sort, signed; its log was published, and somebody has looked at it."""
    settings.LOG_KEY_FILE = str(tmp_path / "log-key")
    settings.LOG_STATE_DIR = str(tmp_path / "state")
    log_keys.new_key(tmp_path / "log-key", ORIGIN, ED25519)
    desk = public_log.tell_publicly()
    desk.gift(700)
    checkpoints.sign(at=desk.tick())
    public_log.publish(tmp_path / "log", public_log.leaves_of_books(), key=log_keys.signing_keys()[0])
    assert audit(tmp_path / "log", tmp_path / "seen.json") == ""
    return desk


def audit(folder, memory) -> str:
    """What the outside verifier calls it, or nothing."""
    code = main([str(folder), "--state", str(memory), "--lang", "en"])
    return NAMES.get(code, str(code)) if code else ""


def do(deed: Deed) -> None:
    if callable(deed):
        deed()
    else:
        raw.execute(deed)


def inside() -> str:
    return ", ".join(outcome.check.name for outcome in verify.run(CHECKS) if outcome.findings)


def outside(tmp_path) -> tuple[str, str, str]:
    """Served under the old checkpoint; signed anew, to a visitor who was there; to one who was not."""
    try:
        leaves = public_log.leaves_of_books()
    except (LookupError, ValueError, TypeError):
        return (SERVED_BROKEN,) * 3
    as_is, anew = tmp_path / "as-is", tmp_path / "anew"
    for folder in (as_is, anew):
        shutil.rmtree(folder, ignore_errors=True)
    public_log.publish(as_is, leaves, key=log_keys.signing_keys()[0])
    shutil.copy(tmp_path / "log/checkpoint", as_is / "checkpoint")
    public_log.publish(anew, leaves, key=log_keys.signing_keys()[0])
    memory = tmp_path / "again.json"
    results = []
    for folder, seen in ((as_is, False), (anew, True), (anew, False)):
        memory.unlink(missing_ok=True)
        if seen:
            shutil.copy(tmp_path / "seen.json", memory)
        results.append(audit(folder, memory))
    return results[0], results[1], results[2]


def table(tmp_path) -> str:
    columns = ["what is done", "found inside by", "outside, old signature", "signed anew, seen before"]
    columns.append("signed anew, first visit")
    rows = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    for says, deed in DEEDS:
        with transaction.atomic():
            do(deed)
            found = [inside(), *outside(tmp_path)]
            transaction.set_rollback(True)
        rows.append(f"| {says} | {' | '.join(one or '–' for one in found)} |")
    return "\n".join(rows)


def test_what_is_found_is_what_the_document_says(told, tmp_path, capsys):
    with intruding():
        made = table(tmp_path)
    capsys.readouterr()
    (written,) = re.findall(r"^\| what is done.*?(?=\n\n|\Z)", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert made.splitlines() == written.strip().splitlines(), made


def test_only_these_are_not_found_from_inside():
    text = DOCUMENT.read_text()
    unseen = re.findall(r"^\| ([^|]*) \| – \|", text, re.MULTILINE)
    assert unseen == ["the last kept report is removed", "a head in the middle is removed"]
