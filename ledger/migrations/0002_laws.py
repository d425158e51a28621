from django.db import migrations

from ledger.sql import Law, append_only

# The tables of 0001 and their unique keys, as they were then.
KEYS = {
    "ledger_book": [("id",), ("code",)],
    "ledger_account": [("id",), ("book_id", "code", "currency")],
    "ledger_fund": [("id",), ("book_id", "code")],
    "ledger_journalentry": [("id",), ("book_id", "idempotency_key"), ("reverses_id",)],
    "ledger_posting": [("entry_id", "line")],
    "ledger_period": [("id",), ("book_id", "starts_on")],
    "ledger_lot": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_lotuse": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_lothole": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_lotcover": [("fund_id", "start"), ("fund_id", "stop")],
    "ledger_notice": [("id",), ("book_id", "idempotency_key")],
    "ledger_logleaf": [("position",), ("entry_id",), ("notice_id",)],
    "ledger_loghead": [("size",)],
}


class Migration(migrations.Migration):
    """The laws in the database. What they say stands in ``ledger/sql/``."""

    dependencies = [("ledger", "0001_books")]

    operations = [
        *[step for table, keys in KEYS.items() for step in append_only(table, keys)],
        Law("l05_l07_l08_l11_seal", edition=1),
        Law("l06_agreement", edition=1),
        Law("l08_lines", edition=1),
        Law("l09_log", edition=1),
    ]
