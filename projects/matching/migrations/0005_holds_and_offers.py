import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from ledger.sql import Lift, append_only, laws
from ledger.sql.tables import TriggersAside

OWN = "projects.matching"
# One answer a gift, before; one a round, now.
ONE_ANSWER = append_only("matching_match", [("id",), ("ref",), ("pool_id", "gift_ref"), ("pool_id", "place")])
LIFTED = [
    Lift("l03_append_only", **ONE_ANSWER[0].names),
    Lift("match_law", of=OWN, edition=2),
    Lift("rule_frozen", of=OWN, edition=2),
]
LAID = [
    *laws(OWN, "rule_frozen", "match_law", "hold_law"),
    *append_only("matching_match", [("id",), ("ref",), ("gift_ref", "pool_id", "round"), ("pool_id", "place")]),
    *append_only("matching_matchhold", [("id",), ("request_id",), ("pool_id", "place"), ("pool_id", "gift_ref")]),
    *append_only("matching_matchholdend", [("id",), ("hold_id",), ("pool_id", "place")]),
    *append_only("matching_restrequest", [("id",), ("notice_id",)]),
    *append_only("matching_matchwithdrawal", [("id",), ("request_id",), ("pool_id", "place")]),
]


class Migration(migrations.Migration):
    """Money held before it is paid, money offered again, rests withdrawn."""

    dependencies = [
        ("matching", "0004_terms_and_freezes"),
    ]

    operations = [
        *LIFTED,
        TriggersAside(
            [
                migrations.CreateModel(
                    name="HoldRequest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("gift_ref", models.CharField(max_length=64)),
                        ("amount_minor", models.BigIntegerField(help_text="of the gift")),
                        ("notice_id", models.UUIDField(unique=True)),
                        ("asked_at", models.DateTimeField()),
                        ("kept_until", models.DateTimeField()),
                        ("end_notice_id", models.UUIDField(blank=True, null=True, unique=True)),
                        ("is_over", models.BooleanField(db_default=False, default=False)),
                    ],
                    options={
                        "verbose_name": "request to hold a match",
                        "verbose_name_plural": "requests to hold a match",
                        "ordering": ["pool", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="MatchHold",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("gift_ref", models.CharField(max_length=64)),
                        ("asked_index", models.BigIntegerField(help_text="the notice's position in the log")),
                        ("place", models.BigIntegerField()),
                        ("start", models.BigIntegerField()),
                        ("stop", models.BigIntegerField()),
                        ("held_minor", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "held match",
                        "verbose_name_plural": "held matches",
                        "ordering": ["pool", "place"],
                    },
                ),
                migrations.CreateModel(
                    name="MatchHoldEnd",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "ended_index",
                            models.BigIntegerField(help_text="the gift's or the notice's position in the log"),
                        ),
                        ("place", models.BigIntegerField()),
                        ("start", models.BigIntegerField()),
                        ("stop", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "end of a held match",
                        "verbose_name_plural": "ends of held matches",
                        "ordering": ["pool", "place"],
                    },
                ),
                migrations.CreateModel(
                    name="MatchWithdrawal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("withdrawn_index", models.BigIntegerField(help_text="the notice's position in the log")),
                        ("place", models.BigIntegerField()),
                        ("start", models.BigIntegerField()),
                        ("stop", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "withdrawn rest of a pledge",
                        "verbose_name_plural": "withdrawn rests of pledges",
                        "ordering": ["pool", "place"],
                    },
                ),
                migrations.CreateModel(
                    name="RestRequest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("notice_id", models.UUIDField(unique=True)),
                        ("by_ref", models.CharField(max_length=64)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "request for the rest of a pledge",
                        "verbose_name_plural": "requests for the rests of pledges",
                        "ordering": ["pool", "pk"],
                    },
                ),
                migrations.RemoveConstraint(
                    model_name="match",
                    name="match_once_per_gift_and_pool",
                ),
                migrations.RemoveConstraint(
                    model_name="match",
                    name="match_one_row_per_start",
                ),
                migrations.RemoveIndex(
                    model_name="match",
                    name="matching_ma_gift_re_d072a9_idx",
                ),
                migrations.AddField(
                    model_name="match",
                    name="held_minor",
                    field=models.BigIntegerField(
                        db_default=0, default=0, help_text="held for the gift before it was paid"
                    ),
                ),
                migrations.AddField(
                    model_name="match",
                    name="offered_index",
                    field=models.BigIntegerField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name="match",
                    name="round",
                    field=models.PositiveIntegerField(db_default=1, default=1),
                ),
                migrations.AddField(
                    model_name="matchpool",
                    name="short_place",
                    field=models.BigIntegerField(db_default=0, default=0, editable=False),
                ),
                migrations.AddField(
                    model_name="matchrule",
                    name="reoffers",
                    field=models.BooleanField(
                        db_default=False, default=False, verbose_name="offers freed money to earlier gifts"
                    ),
                ),
                migrations.AddField(
                    model_name="matchrule",
                    name="reserves",
                    field=models.BooleanField(
                        db_default=False, default=False, verbose_name="holds money before a gift is paid"
                    ),
                ),
                migrations.AlterField(
                    model_name="match",
                    name="pool",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matches",
                        to="matching.matchpool",
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
                            ("REOFFERED", "from money that became free"),
                        ],
                        max_length=16,
                    ),
                ),
                migrations.AlterField(
                    model_name="match",
                    name="rule",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matches",
                        to="matching.matchrule",
                    ),
                ),
                migrations.AddIndex(
                    model_name="match",
                    index=models.Index(fields=["pool", "gift_index"], name="match_in_log_order"),
                ),
                migrations.AddIndex(
                    model_name="match",
                    index=models.Index(
                        condition=models.Q(("reason", "POT_ENDED")), fields=["pool", "place"], name="match_short"
                    ),
                ),
                migrations.AddIndex(
                    model_name="match",
                    index=models.Index(
                        condition=models.Q(("round__gt", 1)), fields=["pool", "offered_index"], name="match_offered"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="match",
                    constraint=models.UniqueConstraint(
                        fields=("gift_ref", "pool", "round"), name="match_once_per_gift_pool_and_round"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="match",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("offered_index__isnull", True), ("round", 1)),
                            models.Q(
                                ("held_minor", 0),
                                ("matched_minor__gt", 0),
                                ("offered_index__gt", models.F("gift_index")),
                                ("round__gt", 1),
                            ),
                            _connector="OR",
                        ),
                        name="match_later_rounds_are_offered",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="match",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("held_minor__gte", 0)), name="match_held_not_negative"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchrule",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reoffers", False), ("reserves", False)),
                            models.Q(
                                ("after__isnull", True),
                                ("cap_per_day_minor__isnull", True),
                                ("cap_per_donor_minor__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="matchrule_holds_without_moving_caps",
                    ),
                ),
                migrations.AddField(
                    model_name="holdrequest",
                    name="pool",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hold_requests",
                        to="matching.matchpool",
                    ),
                ),
                migrations.AddField(
                    model_name="matchhold",
                    name="pool",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="matching.matchpool"
                    ),
                ),
                migrations.AddField(
                    model_name="matchhold",
                    name="request",
                    field=models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="hold", to="matching.holdrequest"
                    ),
                ),
                migrations.AddField(
                    model_name="matchhold",
                    name="rule",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.matchrule",
                    ),
                ),
                migrations.AddField(
                    model_name="matchholdend",
                    name="hold",
                    field=models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="end", to="matching.matchhold"
                    ),
                ),
                migrations.AddField(
                    model_name="matchholdend",
                    name="pool",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="hold_ends", to="matching.matchpool"
                    ),
                ),
                migrations.AddField(
                    model_name="matchwithdrawal",
                    name="pool",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="withdrawals", to="matching.matchpool"
                    ),
                ),
                migrations.AddField(
                    model_name="restrequest",
                    name="pool",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rest_requests",
                        to="matching.matchpool",
                    ),
                ),
                migrations.AddField(
                    model_name="matchwithdrawal",
                    name="request",
                    field=models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawal",
                        to="matching.restrequest",
                    ),
                ),
                migrations.AddIndex(
                    model_name="holdrequest",
                    index=models.Index(fields=["gift_ref"], name="hold_request_by_gift"),
                ),
                migrations.AddIndex(
                    model_name="holdrequest",
                    index=models.Index(
                        condition=models.Q(("is_over", False)), fields=["pool", "kept_until"], name="hold_request_open"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="holdrequest",
                    constraint=models.UniqueConstraint(
                        fields=("pool", "gift_ref"), name="hold_request_once_per_gift_and_pool"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="holdrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="hold_request_amount_positive"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchhold",
                    constraint=models.UniqueConstraint(fields=("pool", "place"), name="match_hold_one_row_per_place"),
                ),
                migrations.AddConstraint(
                    model_name="matchhold",
                    constraint=models.UniqueConstraint(
                        fields=("pool", "gift_ref"), name="match_hold_once_per_gift_and_pool"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchhold",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("held_minor__gte", 0)), name="match_hold_not_negative"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchhold",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "stop",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("start"), "+", models.F("held_minor")
                                ),
                            )
                        ),
                        name="match_hold_fills_its_interval",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchholdend",
                    constraint=models.UniqueConstraint(
                        fields=("pool", "place"), name="match_hold_end_one_row_per_place"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchholdend",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("stop__gte", models.F("start"))), name="match_hold_end_not_negative"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchwithdrawal",
                    constraint=models.UniqueConstraint(
                        fields=("pool", "place"), name="match_withdrawal_one_row_per_place"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchwithdrawal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("stop__gte", models.F("start"))), name="match_withdrawal_not_negative"
                    ),
                ),
            ]
        ),
        *LAID,
    ]
