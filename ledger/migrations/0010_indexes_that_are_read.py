import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Right


def drop_fund_index(apps, schema_editor):
    """By its place, not its name: SQLite would rebuild the table for a field that changes."""
    posting = apps.get_model("ledger", "Posting")
    for name in schema_editor._constraint_names(posting, ["fund_id"], index=True, unique=False):
        schema_editor.execute(schema_editor._delete_index_sql(posting, name))


def make_fund_index(apps, schema_editor):
    posting = apps.get_model("ledger", "Posting")
    schema_editor.execute(schema_editor._create_index_sql(posting, fields=[posting._meta.get_field("fund")]))


class Migration(migrations.Migration):
    """An index that nobody reads, and one that was larger than its readers need."""

    dependencies = [("ledger", "0009_day_sums")]

    operations = [
        migrations.RemoveIndex(model_name="journalentry", name="ledger_entry_document"),
        migrations.AddIndex(
            model_name="journalentry", index=models.Index(Right("document_ref", 7), name="ledger_entry_document_end")
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_fund_index, make_fund_index)],
            state_operations=[
                migrations.AlterField(
                    model_name="posting",
                    name="fund",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.fund",
                    ),
                ),
            ],
        ),
    ]
