import django.db.models.deletion
import projects.access.languages
import projects.access.refs
from django.db import migrations, models

from ledger.sql import laws


class Migration(migrations.Migration):
    """Standing matches by formula: a share of a company's figure, period by period."""

    dependencies = [
        ("catalog", "0002_laws"),
        ("matching", "0006_flags_and_reminders"),
        ("organisations", "0002_laws"),
    ]

    operations = [
        migrations.CreateModel(
            name="MatchFormula",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.CharField(default=projects.access.refs.new_ref, editable=False, max_length=32, unique=True),
                ),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name_zh", models.CharField(blank=True, max_length=100, verbose_name="name in Chinese")),
                ("name_en", models.CharField(blank=True, max_length=100, verbose_name="name in English")),
                ("base_zh", models.CharField(blank=True, max_length=200, verbose_name="figure in Chinese")),
                ("base_en", models.CharField(blank=True, max_length=200, verbose_name="figure in English")),
                ("currency", models.CharField(max_length=3)),
                ("share_bps", models.PositiveIntegerField(verbose_name="share of the figure in basis points")),
                ("ratio_bps", models.PositiveIntegerField(verbose_name="share of a gift in basis points")),
                ("cap_per_gift_minor", models.BigIntegerField(blank=True, null=True, verbose_name="at most per gift")),
                ("opens_on", models.DateField(verbose_name="first day")),
                ("closes_on", models.DateField(verbose_name="last day")),
                ("drafted_by", models.CharField(max_length=64)),
                ("drafted_at", models.DateTimeField()),
                ("published_by", models.CharField(blank=True, max_length=64)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("notice_id", models.UUIDField(blank=True, null=True, unique=True)),
                (
                    "matcher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="match_formulas",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="match_formulas", to="catalog.project"
                    ),
                ),
            ],
            options={
                "verbose_name": "matching formula",
                "verbose_name_plural": "matching formulas",
                "ordering": ["pk"],
            },
            bases=(projects.access.languages.NamedInTwoLanguages, models.Model),
        ),
        migrations.CreateModel(
            name="FormulaPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.CharField(default=projects.access.refs.new_ref, editable=False, max_length=32, unique=True),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("base_minor", models.BigIntegerField()),
                ("pledged_minor", models.BigIntegerField()),
                ("opens_on", models.DateField()),
                ("closes_on", models.DateField()),
                ("evidence_sha256", models.CharField(max_length=64)),
                ("evidence_type", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ENTERED", "waits for a second person"),
                            ("CONFIRMED", "confirmed: the pot is open"),
                            ("REFUSED", "refused"),
                        ],
                        default="ENTERED",
                        max_length=10,
                    ),
                ),
                ("entered_by", models.CharField(max_length=64)),
                ("entered_at", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, max_length=64)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("notice_id", models.UUIDField(blank=True, null=True, unique=True)),
                (
                    "pool",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="formula_period",
                        to="matching.matchpool",
                    ),
                ),
                (
                    "formula",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="periods", to="matching.matchformula"
                    ),
                ),
            ],
            options={
                "verbose_name": "period of a matching formula",
                "verbose_name_plural": "periods of matching formulas",
                "ordering": ["formula", "starts_on", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="matchformula",
            constraint=models.CheckConstraint(
                condition=models.Q(("share_bps__gt", 0), ("share_bps__lte", 10000)), name="formula_share_is_a_part"
            ),
        ),
        migrations.AddConstraint(
            model_name="matchformula",
            constraint=models.CheckConstraint(condition=models.Q(("ratio_bps__gt", 0)), name="formula_ratio_positive"),
        ),
        migrations.AddConstraint(
            model_name="matchformula",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cap_per_gift_minor__isnull", True), ("cap_per_gift_minor__gt", 0), _connector="OR"
                ),
                name="formula_cap_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchformula",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes_on__gte", models.F("opens_on"))), name="formula_days_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="matchformula",
            constraint=models.CheckConstraint(
                condition=models.Q(("name_en", ""), ("name_zh", ""), _negated=True), name="formula_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="matchformula",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("notice_id__isnull", True), ("published_at__isnull", True), ("published_by", "")),
                    models.Q(
                        ("notice_id__isnull", False),
                        ("published_at__isnull", False),
                        models.Q(("published_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="formula_published_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchformula",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("published_by", ""),
                    models.Q(("published_by", models.F("drafted_by")), _negated=True),
                    _connector="OR",
                ),
                name="formula_maker_is_not_publisher",
            ),
        ),
        migrations.AddConstraint(
            model_name="formulaperiod",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "REFUSED"), _negated=True),
                fields=("formula", "starts_on"),
                name="formula_period_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="formulaperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("base_minor__gt", 0), ("pledged_minor__gt", 0)), name="formula_period_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="formulaperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes_on__gte", models.F("opens_on")), ("ends_on__gte", models.F("starts_on"))),
                name="formula_period_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="formulaperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by", models.F("entered_by")), _negated=True),
                name="formula_period_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="formulaperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", True), ("decided_by", ""), ("pool__isnull", True), ("state", "ENTERED")
                    ),
                    models.Q(
                        ("notice_id__isnull", False),
                        ("pool__isnull", False),
                        ("state", "CONFIRMED"),
                        models.Q(("decided_by", ""), _negated=True),
                    ),
                    models.Q(("pool__isnull", True), ("state", "REFUSED"), models.Q(("decided_by", ""), _negated=True)),
                    _connector="OR",
                ),
                name="formula_period_decided_wholly",
            ),
        ),
        *laws("projects.matching", "formula_law"),
    ]
