import django.db.models.deletion
from django.db import migrations, models


from ledger.sql import Law, Lift, append_only, laws

OWN = "projects.matching"
MATCH_KEYS = [("id",), ("ref",), ("pool_id", "gift_ref"), ("pool_id", "place")]
# SQLite builds a table anew to add a column, and triggers would go with the old one: all that name the two tables are
# lifted first and laid again behind it.
LIFTED = [
    Lift("l03_append_only", **append_only("matching_match", MATCH_KEYS)[0].names),
    Lift("release_law", of=OWN),
    Lift("match_law", of=OWN, edition=1),
    Lift("rule_frozen", of=OWN, edition=1),
    Lift("pool_frozen", of=OWN),
]
LAID = [
    *laws(OWN, "pool_frozen"),
    Law("rule_frozen", of=OWN, edition=2),
    Law("match_law", of=OWN, edition=2),
    *laws(OWN, "release_law", "freeze_law"),
    *append_only("matching_match", MATCH_KEYS),
    *append_only("matching_matchfreeze", [("id",), ("pool_id", "place"), ("notice_id",)]),
]


class Migration(migrations.Migration):
    """Caps per donor and per day, channels, rounding and pot order; and pots that can be frozen."""

    dependencies = [
        ("matching", "0003_append_only"),
    ]

    operations = [
        *LIFTED,
        migrations.CreateModel(
            name="MatchFreeze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField(help_text="1, 2, 3 … without a gap")),
                ("is_frozen", models.BooleanField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("REVIEW", "unusual gifts are being looked at"),
                            ("COMPLAINT", "a complaint is being looked at"),
                            ("AUTHORITY", "an authority asked for it"),
                        ],
                        max_length=16,
                    ),
                ),
                ("note_zh", models.CharField(blank=True, max_length=300, verbose_name="public note in Chinese")),
                ("note_en", models.CharField(blank=True, max_length=300, verbose_name="public note in English")),
                ("notice_id", models.UUIDField(unique=True)),
                ("by_ref", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "freeze of a matching pot",
                "verbose_name_plural": "freezes of matching pots",
                "ordering": ["pool", "place"],
            },
        ),
        migrations.AddField(
            model_name="match",
            name="covered_minor",
            field=models.BigIntegerField(db_default=0, default=0, help_text="by the pot that is tried first"),
        ),
        migrations.AddField(
            model_name="match",
            name="day_before_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="match",
            name="donor_before_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="match",
            name="donor_ref",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="after",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followed_by",
                to="matching.matchpool",
                verbose_name="behind the pot",
            ),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="cap_per_day_minor",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="at most per day"),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="cap_per_donor_minor",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="at most per donor"),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="channels",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="channels"),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="rounding",
            field=models.CharField(
                choices=[("DOWN", "down to the smallest coin"), ("NEAREST", "to the nearest smallest coin")],
                db_default="DOWN",
                default="DOWN",
                max_length=8,
                verbose_name="rounding",
            ),
        ),
        migrations.AlterField(
            model_name="match",
            name="reason",
            field=models.CharField(
                choices=[
                    ("FULL", "matched in full"),
                    ("GIFT_CAP", "matched up to the cap per gift"),
                    ("POT_ENDED", "pot ended"),
                    ("DONOR_CAP", "matched up to the cap per donor"),
                    ("DAY_CAP", "matched up to the cap of the day"),
                    ("OTHER_CHANNEL", "gifts by this channel are not matched"),
                    ("NO_DONOR", "the cap per donor needs an e-mail address"),
                    ("TOO_SMALL", "the share is less than the smallest coin"),
                    ("OTHER_CURRENCY", "the gift is in another currency"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(fields=["pool", "gift_on", "place"], name="match_days"),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(
                condition=models.Q(("donor_ref", ""), _negated=True),
                fields=["pool", "donor_ref", "place"],
                name="match_donors",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cap_per_donor_minor__isnull", True), ("cap_per_donor_minor__gt", 0), _connector="OR"
                ),
                name="matchrule_donor_cap_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("cap_per_day_minor__isnull", True), ("cap_per_day_minor__gt", 0), _connector="OR"),
                name="matchrule_day_cap_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("rounding__in", ("DOWN", "NEAREST"))), name="matchrule_rounding"
            ),
        ),
        migrations.AddConstraint(
            model_name="matchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("after__isnull", True), ("after__lt", models.F("pool")), _connector="OR"),
                name="matchrule_order",
            ),
        ),
        migrations.AddField(
            model_name="matchfreeze",
            name="pool",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="freezes", to="matching.matchpool"
            ),
        ),
        migrations.AddConstraint(
            model_name="matchfreeze",
            constraint=models.UniqueConstraint(fields=("pool", "place"), name="matchfreeze_one_row_per_place"),
        ),
        migrations.AddConstraint(
            model_name="matchfreeze",
            constraint=models.CheckConstraint(
                condition=models.Q(("note_en", ""), ("note_zh", ""), _negated=True), name="matchfreeze_has_a_note"
            ),
        ),
        *LAID,
    ]
