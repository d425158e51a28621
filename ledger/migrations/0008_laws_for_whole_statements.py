from django.db import migrations, models
import django.db.models.deletion

from ledger.sql import DropForeignKeys, Law, Lift


def reference(model, name, to, **more):
    """A reference that a law looks up by itself: its foreign key is not kept a second time."""
    field = models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=to,
        **more,
    )
    return migrations.AlterField(model_name=model, name=name, field=field)


class Migration(migrations.Migration):
    """PostgreSQL: the journal's laws look once at a whole statement, and no transaction number is kept.

    SQLite has triggers for rows only; its tables stay as they are (a foreign key more than the model asks for).
    """

    dependencies = [("ledger", "0007_checkpoints")]

    operations = [
        Lift("l05_l07_l08_l11_seal", edition=1),
        Lift("l06_agreement", edition=1),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                DropForeignKeys("posting", ["book", "fund", "debit_account", "credit_account"]),
                DropForeignKeys("journalentry", ["book", "reverses"]),
            ],
            state_operations=[
                reference("posting", "book", "ledger.book"),
                reference("posting", "debit_account", "ledger.account"),
                reference("posting", "credit_account", "ledger.account"),
                reference("journalentry", "book", "ledger.book"),
                reference("journalentry", "reverses", "ledger.journalentry", null=True),
                migrations.AlterField(
                    model_name="posting",
                    name="fund",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.fund",
                    ),
                ),
            ],
        ),
        Law("l02_l06_postings"),
        Law("l05_l07_l08_l11_seal", edition=2),
    ]
