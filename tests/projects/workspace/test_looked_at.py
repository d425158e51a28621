"""What a look at the screens with data in them has mended: each says what its reader needs, in the reader's words."""

import html
import re

import pytest
from django.urls import reverse

from projects.payouts import actions as payouts
from projects.payouts.models import SuspenseItem
from projects.settlement.models import UnexplainedItem
from tests.factories import hand, webhooks
from tests.factories import matching as matching_factory
from tests.factories import payouts as make
from tests.factories import settlement as files

pytestmark = pytest.mark.django_db

EN, ZH = {"accept-language": "en"}, {"accept-language": "zh-hans"}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def page(client, name: str, *args, language=EN) -> str:
    answer = client.get(reverse(f"workspace_{name}", args=args), headers=language)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


@pytest.fixture
def finance(client, charity_a):
    client.force_login(charity_a.finance)
    return client


@pytest.fixture
def admin(client, charity_a):
    client.force_login(charity_a.admin)
    return client


def test_the_lines_of_a_bank_are_named_by_the_banks_number(finance, charity_a):
    file = files.statement(charity_a, files.line("B7", "5.00"))
    shown = page(finance, "settlement:show", file.ref)
    assert "<td>B7</td>" in shown
    assert "<td>None</td>" not in shown


def test_what_explains_a_line_best_stands_first_with_its_difference(finance, charity_a):
    for number, amount in (("A1", "700.00"), ("A2", "13.75"), ("A3", "20.00")):
        files.imported(charity_a, files.csv_of([files.gift(number, amount)]))
    files.statement(charity_a, files.line("B1", "13.74"))
    item = UnexplainedItem.objects.get(line__isnull=False)
    shown = re.findall(r"<option[^>]*>\s*(¥.*?)</option>", page(finance, "settlement:adjust", item.ref))
    assert [one.partition(" · ")[0] for one in shown] == [
        "¥13.75, difference −¥0.01",
        "¥20.00, difference −¥6.26",
        "¥700.00, difference −¥686.26",
    ]


def test_who_explains_an_answer_of_the_bank_sees_what_it_is(finance, charity_a, moment):
    make.project_with_awards(charity_a, 1_000_00)
    batch, made = make.exported(charity_a)
    lines = [make.line(batch.payouts.get(), amount_minor=999_99)]
    by = {"by": charity_a.finance, "at": moment}
    payouts.import_result(charity_a.organisation, content=make.answer(made.file, lines), **by)
    shown = page(finance, "payouts:solve", SuspenseItem.objects.get().pk)
    assert "¥999.99 · Paid · The amount differs from the payout's · 2026-03-03 · " in shown


@pytest.mark.parametrize(("language", "words"), [(EN, "<dd>cash</dd>"), (ZH, "<dd>现金</dd>")])
def test_a_gifts_channel_is_a_word(finance, charity_a, language, words):
    gift = hand.booked(charity_a, hand.cash(charity_a))
    assert words in page(finance, "gifts:show", gift.ref, language=language)


def test_gifts_are_filtered_by_a_channel_chosen_from_words(finance, charity_a):
    gift = hand.booked(charity_a, hand.cash(charity_a))
    shown = page(finance, "gifts:index")
    assert re.search(r'<option value="cash">\s*cash\s*</option>', shown)
    for channel, there in (("cash", True), ("goods", False)):
        listed = finance.get(reverse("workspace_gifts:results"), {"channel": channel}).content.decode()
        assert (gift.ref[:8] in listed) == there


def test_a_refund_by_hand_says_how_much_of_which_gift_is_left(finance, charity_a):
    gift = hand.booked(charity_a, hand.cash(charity_a))
    shown = page(finance, "hand_refunds:enter", gift.ref)
    assert f"Gift {gift.ref[:8]}, of which ¥88.00 can still go back" in shown


def test_a_webhooks_title_is_its_host(admin, charity_a):
    endpoint, _secret = webhooks.registered(charity_a, address="https://hooks.example.org/a/very/long/address")
    shown = page(admin, "webhooks:show", endpoint.ref)
    assert re.search(r'<h1 class="w-sr-only">\s*hooks\.example\.org\s*</h1>', shown)
    assert '<p class="ws-lead">https://hooks.example.org/a/very/long/address</p>' in shown


def test_who_drafted_a_formula_is_told_who_publishes_it(admin, charity_a, moment):
    project = matching_factory.project_with_fund(organisation=charity_a.organisation)
    facts = {"ratio_bps": 10_000, "opens_on": moment.date(), "closes_on": moment.date(), "slug": "own", "name_zh": "自"}
    formula = matching_factory.formulas.draft_formula(
        matcher=matching_factory.matcher(), project=project, share_bps=5, **facts, by=charity_a.admin, at=moment
    )
    assert "You drafted this formula. Somebody else must publish it." in page(admin, "formulas:show", formula.ref)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (EN, "audited revenue. The pot gets 1% of it."),
        (ZH, "经审计的营业收入。其中 1% 计入配捐资金池。"),
    ],
)
def test_who_enters_a_period_reads_which_figure_it_is(admin, charity_a, language, words):
    project = matching_factory.project_with_fund(organisation=charity_a.organisation)
    formula = matching_factory.published_formula(project)
    assert words in page(admin, "formulas:enter", formula.ref, language=language)
