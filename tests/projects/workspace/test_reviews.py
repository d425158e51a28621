"""Disputes with their deadlines, gifts that are held: who has to look sees how many, since when, and until when."""

import datetime

import pytest
from django.urls import reverse
from django.utils import translation
from wagtail.users.models import UserProfile

from ledger import transparency
from projects.access.actors import STRIPE
from projects.giving import actions, disputes
from projects.giving.models import Dispute, Gift
from projects.workspace.todo import todos
from projects.workspace.views.reviews import deadline
from tests.factories.giving import opened_gift, project_with_books, settled_gift

pytestmark = pytest.mark.django_db


def disputed(charity, moment, *, days: int = 5, state: str = "NEEDS_RESPONSE") -> Dispute:
    gift = settled_gift(project_with_books(charity.organisation))
    dispute = disputes.note_dispute(
        gift,
        provider_ref=f"dp_{gift.ref}",
        amount_minor=gift.amount_minor,
        state=state,
        reason="fraudulent",
        respond_by=moment + datetime.timedelta(days=days),
        opened_at=moment,
        by=STRIPE,
        at=moment,
    )
    return Dispute.objects.select_related("gift").get(pk=dispute.pk)


def sign_in(client, person, language: str = "zh-hans") -> None:
    profile = UserProfile.get_for_user(person)
    profile.preferred_language = language
    profile.save()
    client.force_login(person)


def held(charity, moment, reason: str = "gift.amount_mismatch") -> Gift:
    gift = opened_gift(project_with_books(charity.organisation))
    return actions.hold_gift(gift, reason=reason, by=STRIPE, at=moment)


def labels(person, today) -> dict[str, int]:
    with translation.override("en"):
        return {str(todo.label): todo.count for todo in todos(person, today)}


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", ("拒付争议", "还剩 5 天", "仍在我方")), ("en", ("Disputes", "5 days left", "with us"))],
)
def test_the_list_says_until_when_and_where_the_money_is(client, charity_a, moment, language, words):
    dispute = disputed(charity_a, moment)
    sign_in(client, charity_a.finance, language)
    page = client.get(reverse("workspace_reviews:index")).content.decode()
    assert dispute.gift.ref[:8] in page
    assert all(word in page for word in words)


@pytest.mark.parametrize(("days", "words"), [(-1, "past"), (0, "today"), (1, "1 day left")])
def test_the_deadline_is_said_in_days(charity_a, moment, days, words):
    with translation.override("en"):
        assert words in deadline(disputed(charity_a, moment, days=days))


def test_a_decided_dispute_has_no_deadline(charity_a, moment):
    assert deadline(disputed(charity_a, moment, state="LOST")) == "—"


def test_the_to_do_list_counts_what_waits_and_lets_go_of_what_is_decided(charity_a, charity_b, moment, today):
    dispute = disputed(charity_a, moment)
    held(charity_a, moment)
    mine = labels(charity_a.finance, today)
    assert mine["Disputes to answer before their deadline"] == mine["Gifts held for review"] == 1
    assert labels(charity_b.finance, today) == {}
    note = {"amount_minor": dispute.amount_minor, "reason": "", "respond_by": None, "opened_at": moment}
    disputes.note_dispute(
        dispute.gift, provider_ref=dispute.provider_ref, state="UNDER_REVIEW", **note, by=STRIPE, at=moment
    )
    assert "Disputes to answer before their deadline" not in labels(charity_a.finance, today)


def test_an_alarm_about_a_gift_in_the_books_is_shown_though_its_state_stays(client, charity_a, moment):
    gift = settled_gift(project_with_books(charity_a.organisation))
    actions.hold_gift(gift, reason="gift.refund_mismatch", by=STRIPE, at=moment)
    sign_in(client, charity_a.finance)
    page = client.get(reverse("workspace_reviews:held")).content.decode()
    assert gift.ref[:8] in page
    assert "支付机构的一笔退款与这笔捐款不符" in page


def test_another_charity_sees_none_of_it(client, charity_a, charity_b, moment):
    dispute, gift = disputed(charity_a, moment), held(charity_a, moment)
    client.force_login(charity_b.finance)
    for name in ("index", "held"):
        page = client.get(reverse(f"workspace_reviews:{name}")).content.decode()
        assert dispute.gift.ref[:8] not in page
        assert gift.ref[:8] not in page


def test_the_gifts_own_page_shows_its_dispute_and_offers_no_refund(client, charity_a, moment):
    dispute = disputed(charity_a, moment)
    transparency.sequence(at=moment)
    sign_in(client, charity_a.finance)
    page = client.get(reverse("workspace_gifts:show", args=[dispute.gift.ref])).content.decode()
    assert "答复期限" in page
    assert reverse("workspace_gifts:refund", args=[dispute.gift.ref]) not in page


def test_the_list_is_exported_without_names(client, charity_a, moment):
    dispute = disputed(charity_a, moment)
    sign_in(client, charity_a.finance)
    table = client.get(reverse("workspace_reviews:index") + "?export=csv").content.decode()
    assert dispute.gift.ref in table
    assert dispute.gift.donor_name not in table
