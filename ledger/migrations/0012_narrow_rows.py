import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from ledger.sql import Law, Lift, append_only
from ledger.sql.tables import NarrowNumbers, OrderColumns, TriggersAside, run_on_postgres

# Columns that hold the number of a book, a fund or an account.
NUMBERS = [
    ("ledger_book", ["id"]),
    ("ledger_account", ["id", "book_id"]),
    ("ledger_fund", ["id", "book_id"]),
    ("ledger_period", ["book_id"]),
    ("ledger_notice", ["book_id"]),
    ("ledger_journalentry", ["book_id"]),
    ("ledger_posting", ["book_id", "fund_id", "debit_account_id", "credit_account_id"]),
    *((table, ["fund_id"]) for table in ("ledger_lot", "ledger_lotuse", "ledger_lothole", "ledger_lotcover")),
    ("ledger_accountsnapshot", ["fund_id", "account_id"]),
    ("ledger_linesnapshot", ["fund_id"]),
    ("ledger_daysum", ["fund_id", "debit_account_id", "credit_account_id"]),
]
# In SQLite's file the order of columns leaves no gaps: there is nothing to gain.
ENTRY = (
    "id recorded_at effective_on book_id posting_count kind recorded_by idempotency_key input_hash document_kind "
    "document_ref facts commitment reverses_id"
).split()
POSTING = "entry_id amount_minor book_id fund_id debit_account_id credit_account_id line currency".split()
LOT = "start stop log_index entry_id fund_id source_kind".split()
# Written at the end only, so pages may be full.
ASCENDING = "journalentry_pkey posting_pkey logleaf_pkey leaf_entry_once lot_pkey lot_place outbox_pkey".split()

KEY_ONCE = r"""
ALTER TABLE ledger_journalentry DROP CONSTRAINT ledger_entry_key_once;
CREATE UNIQUE INDEX ledger_entry_key_once ON ledger_journalentry (
    book_id, (substring(sha256(replace(idempotency_key, '\', '\\')::bytea) FOR 16))
);
"""
KEY_ONCE_BEFORE = """
DROP INDEX ledger_entry_key_once;
ALTER TABLE ledger_journalentry ADD CONSTRAINT ledger_entry_key_once UNIQUE (book_id, idempotency_key);
"""


def one_key_for_the_outbox(apps, schema_editor):
    """The key that the sequencer reads by is the only one; what waits keeps waiting."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE ledger_outbox DROP CONSTRAINT ledger_outbox_pkey")
        schema_editor.execute("DROP INDEX ledger_outbox_order")
        schema_editor.execute("ALTER TABLE ledger_outbox ADD PRIMARY KEY (recorded_at, subject_id)")
        return
    _outbox_in_sqlite(schema_editor, 'PRIMARY KEY ("recorded_at", "subject_id")')


def two_keys_for_the_outbox(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE ledger_outbox DROP CONSTRAINT ledger_outbox_pkey")
        schema_editor.execute("ALTER TABLE ledger_outbox ADD PRIMARY KEY (subject_id)")
    else:
        _outbox_in_sqlite(schema_editor, 'PRIMARY KEY ("subject_id")')
    schema_editor.execute("CREATE INDEX ledger_outbox_order ON ledger_outbox (recorded_at, subject_id)")


def _outbox_in_sqlite(schema_editor, key):
    schema_editor.execute(
        'CREATE TABLE "new__ledger_outbox" ("subject_id" char(32) NOT NULL, "is_notice" bool NOT NULL, '
        f'"recorded_at" datetime NOT NULL, {key})'
    )
    schema_editor.execute(
        'INSERT INTO "new__ledger_outbox" ("subject_id", "is_notice", "recorded_at") '
        'SELECT "subject_id", "is_notice", "recorded_at" FROM "ledger_outbox"'
    )
    schema_editor.execute('DROP TABLE "ledger_outbox"')
    schema_editor.execute('ALTER TABLE "new__ledger_outbox" RENAME TO "ledger_outbox"')


def tie_to_the_one_before(apps, schema_editor):
    """On the way back: what the chain's law says of each lot stands in it again."""
    schema_editor.execute("UPDATE ledger_lot SET prev = start WHERE start > 0")


def full_pages(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in ASCENDING:
            schema_editor.execute(f"ALTER INDEX IF EXISTS ledger_{name} SET (fillfactor = 100)")


def narrow(model):
    number = models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
    return migrations.AlterField(model_name=model, name="id", field=number)


def seen_by_a_law(to, **more):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=f"ledger.{to}",
        **more,
    )


def once_in_the_log(name, to):
    """A unique key of what is there: the empty rows of the other kind are in no index."""
    there = models.UniqueConstraint(
        condition=Q((f"{name}__isnull", False)), fields=(name,), name=f"ledger_leaf_{name}_once"
    )
    return [
        migrations.AlterField(model_name="logleaf", name=name, field=seen_by_a_law(to, null=True)),
        migrations.AddConstraint(model_name="logleaf", constraint=there),
    ]


class Migration(migrations.Migration):
    """A gift takes less room: narrow numbers, columns without gaps, no index that another one or a law replaces.

    A database that is in use is made anew in part: it takes its time and its disk once. Rights on tables made anew are
    given again by ``ledger_roles``.
    """

    dependencies = [("ledger", "0011_laws_over_batches")]

    operations = [
        Lift("l08_lots", edition=2),
        Lift("l08_uses", edition=1),
        Lift("l09_log", edition=2),
        *(
            Lift("l03_append_only", **step.names)
            for step in append_only("ledger_lot", [("fund_id", "start"), ("fund_id", "stop")])
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[NarrowNumbers(NUMBERS)],
            state_operations=[narrow(name) for name in ("book", "account", "fund")],
        ),
        TriggersAside(
            [
                migrations.RemoveConstraint(model_name="lot", name="ledger_lot_chained"),
                migrations.RunPython(migrations.RunPython.noop, tie_to_the_one_before),
                migrations.RemoveConstraint(model_name="lot", name="ledger_lot_stop_once"),
                migrations.RemoveField(model_name="lot", name="prev"),
                migrations.AlterField(model_name="lot", name="entry", field=seen_by_a_law("journalentry")),
                migrations.AddIndex(
                    model_name="lot", index=models.Index(fields=["log_index"], name="ledger_lot_place")
                ),
                *once_in_the_log("entry", "journalentry"),
                *once_in_the_log("notice", "notice"),
                migrations.SeparateDatabaseAndState(
                    database_operations=[migrations.RunPython(one_key_for_the_outbox, two_keys_for_the_outbox)],
                    state_operations=[
                        migrations.DeleteModel("Outbox"),
                        migrations.CreateModel(
                            name="Outbox",
                            fields=[
                                (
                                    "pk",
                                    models.CompositePrimaryKey(
                                        "recorded_at",
                                        "subject_id",
                                        blank=True,
                                        editable=False,
                                        primary_key=True,
                                        serialize=False,
                                    ),
                                ),
                                ("subject_id", models.UUIDField()),
                                ("is_notice", models.BooleanField()),
                                ("recorded_at", models.DateTimeField()),
                            ],
                        ),
                    ],
                ),
            ]
        ),
        run_on_postgres(KEY_ONCE, KEY_ONCE_BEFORE, unless_divided="ledger_journalentry"),
        OrderColumns("ledger_journalentry", ENTRY),
        OrderColumns("ledger_posting", POSTING),
        OrderColumns("ledger_lot", LOT),
        migrations.RunPython(full_pages, migrations.RunPython.noop),
        *append_only("ledger_lot", [("fund_id", "start")]),
        Law("l08_lots", edition=3),
        Law("l08_uses"),
        Law("l09_log"),
    ]
