import django.db.models.deletion
from django.db import migrations, models

from ledger.sql import append_only, laws
from ledger.sql.tables import TriggersAside


class Migration(migrations.Migration):
    """Suspicious matches are held until somebody has looked; matchers are reminded of what they owe."""

    dependencies = [
        ("matching", "0005_holds_and_offers"),
    ]

    operations = [
        TriggersAside(
            [
                migrations.AddField(
                    model_name="matchpool",
                    name="looked_place",
                    field=models.BigIntegerField(db_default=0, default=0, editable=False),
                ),
            ]
        ),
        migrations.CreateModel(
            name="MatchFlag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.PositiveIntegerField()),
                ("reasons", models.CharField(max_length=120)),
                ("raised_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("HELD", "held until somebody has looked"),
                            ("CLEARED", "looked at and cleared"),
                            ("CONFIRMED", "confirmed: it is not paid"),
                        ],
                        default="HELD",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="what was found")),
                ("decided_by_ref", models.CharField(blank=True, max_length=64)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "match",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="flag", to="matching.match"
                    ),
                ),
            ],
            options={
                "verbose_name": "flagged match",
                "verbose_name_plural": "flagged matches",
                "ordering": ["-raised_at", "-pk"],
                "indexes": [
                    models.Index(condition=models.Q(("state", "HELD")), fields=["raised_at"], name="match_flag_held")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by_ref", ""), ("state", "HELD")),
                            models.Q(
                                ("decided_at__isnull", False),
                                models.Q(("state", "HELD"), _negated=True),
                                models.Q(("decided_by_ref", ""), _negated=True),
                                models.Q(("note", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="match_flag_decided_wholly",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchReminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sent_on", models.DateField()),
                ("overdue_minor", models.BigIntegerField(help_text="owed for gifts older than the first age")),
                ("at", models.DateTimeField()),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reminders", to="matching.matchpool"
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder to a matcher",
                "verbose_name_plural": "reminders to matchers",
                "ordering": ["pool", "-sent_on"],
                "constraints": [
                    models.UniqueConstraint(fields=("pool", "sent_on"), name="match_reminder_once_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(("overdue_minor__gt", 0)), name="match_reminder_of_something"
                    ),
                ],
            },
        ),
        *laws("projects.matching", "flag_law"),
        *append_only("matching_matchreminder", [("id",), ("pool_id", "sent_on")]),
    ]
