from django.db import migrations, models

from ledger.models.journal import DocumentEnd, OwnKey


class Migration(migrations.Migration):
    """Whose key is its document's reference is found by the key: the index of documents holds the others."""

    dependencies = [("ledger", "0013_laws_without_small_tables")]

    operations = [
        migrations.RemoveIndex(model_name="journalentry", name="ledger_entry_document_end"),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(
                DocumentEnd("document_ref"),
                condition=~models.Q(idempotency_key=OwnKey("document_kind", "document_ref")),
                name="ledger_entry_document_rest",
            ),
        ),
    ]
