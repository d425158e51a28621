"""A donor adds the fee: seen before it is paid, one gift, the fee itself still a fact of the provider."""

import re
import urllib.request

import pytest
from django.core import mail
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from ledger.models import Posting
from projects.checkout import pledge_care
from projects.checkout.emulator import billing
from projects.giving import pledges
from projects.giving.models import Gift, Pledge, PledgeAmount
from projects.receipts.models import Receipt
from tests.factories.access import BEGIN
from tests.factories.giving import opened_gift, project_with_books
from tests.projects.checkout.conftest import deliver, settle_down
from tests.refusals import refused

pytestmark = pytest.mark.django_db

WISH = {"amount_choice": "10000", "name": "林晓", "email": "donor@example.org", "form_key": "k1", "cover": "1"}
# 3.4 % and two yuan, so that a hundred are left.
TOTAL, COVER = 105_60, 5_60


@pytest.fixture
def project(provider, monkeypatch):
    """An open project, on a day inside its dates."""
    monkeypatch.setattr(timezone, "now", lambda: BEGIN)
    return project_with_books()


def url_of(project, lang: str = "en") -> str:
    return f"/{lang}/projects/{project.slug}/give/"


def send(client, project, lang: str = "en", **changes):
    return client.post(url_of(project, lang), WISH | {"total_seen": str(TOTAL)} | changes)


def seen(page: str) -> str:
    found = re.search(r'name="total_seen" value="(\d*)"', page)
    assert found
    return found[1]


def posted(entry_id) -> list[int]:
    return list(Posting.objects.filter(entry_id=entry_id).values_list("amount_minor", flat=True))


class TestBeforePaying:
    def test_the_box_is_empty_and_says_that_it_is_an_estimate(self, client, project):
        page = client.get(url_of(project)).content.decode()
        box = re.search(r'<input type="checkbox" name="cover"[^>]*>', page)
        assert box
        assert "checked" not in box[0]
        assert "An estimate: 3.4% + ¥2.00 (as of 2026-01-01)." in page
        assert re.search(r'id="total" role="status" hidden', page)
        assert seen(page) == ""

    def test_without_it_a_gift_is_as_it_was(self, client, project):
        assert send(client, project, cover="", total_seen="").status_code == 303
        gift = Gift.objects.get()
        assert (gift.amount_minor, gift.cover_minor) == (100_00, 0)

    @pytest.mark.parametrize(
        ("lang", "words"),
        [
            ("en", "You pay ¥105.60: your gift of ¥100.00, and ¥5.60 for the payment fee."),
            ("zh-hans", "您共支付 ¥105.60：捐款 ¥100.00，另加手续费 ¥5.60。"),
        ],
    )
    def test_a_total_that_was_not_seen_is_shown_first(self, client, project, provider, lang, words):
        answer = send(client, project, lang, total_seen="")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert words in page
        assert re.search(r'id="total"[^>]* autofocus', page)
        assert re.search(r'name="cover"[^>]* checked', page)
        assert not Gift.objects.exists()
        assert not provider.store.all("checkout.session")
        again = send(client, project, lang, total_seen=seen(page))
        assert again.status_code == 303
        assert Gift.objects.get().amount_minor == TOTAL

    def test_a_total_of_another_amount_does_not_count_as_seen(self, client, project):
        assert send(client, project, amount_choice="50000").status_code == 200
        assert not Gift.objects.exists()

    def test_a_double_tap_is_one_gift(self, client, project, provider):
        first, second = send(client, project), send(client, project)
        assert first["Location"] == second["Location"]
        assert Gift.objects.count() == len(provider.store.all("checkout.session")) == 1

    def test_the_total_stays_within_the_bounds_of_a_gift(self, client, project):
        answer = send(client, project, amount_choice="other", amount_other="499999")
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["amount_other"]
        assert "¥500,000" in answer.content.decode()

    @pytest.mark.parametrize(("lang", "chinese"), [("en", False), ("zh-hans", True)])
    def test_a_way_of_paying_without_a_norm_is_a_fault_at_the_box(self, client, provider, project, lang, chinese):
        project = project_with_books(currency="EUR")
        wish = {"method": "customer_balance", "amount_choice": "2000"}
        answer = send(client, project, lang, **wish)
        (error,) = answer.context["form"].errors["cover"]
        assert answer.status_code == 422
        assert bool(re.search(r"[\u4e00-\u9fff]", error)) == chinese
        assert re.search(r'name="cover"[^>]* aria-invalid="true"', answer.content.decode())
        assert not Gift.objects.exists()

    def test_a_currency_without_a_norm_offers_no_box(self, client, project):
        project = project_with_books(currency="THB")
        assert 'name="cover"' not in client.get(url_of(project)).content.decode()

    @pytest.mark.parametrize(
        ("currency", "choice", "total", "cover"), [("JPY", "1000", 1_038, 38), ("KWD", "5000", 5_270, 270)]
    )
    def test_currencies_of_none_and_of_three_decimals(self, client, project, provider, currency, choice, total, cover):
        project = project_with_books(currency=currency)
        assert send(client, project, amount_choice=choice, total_seen=str(total)).status_code == 303
        gift = Gift.objects.get()
        assert (gift.amount_minor, gift.cover_minor) == (total, cover)


class TestTheGift:
    def test_the_payment_page_asks_for_the_total_and_says_what_of_it_is_for_the_fee(self, client, project, provider):
        send(client, project)
        (session,) = provider.store.all("checkout.session")
        assert session["amount_total"] == TOTAL
        with urllib.request.urlopen(session["url"], timeout=10) as page:
            assert "¥5.60 of it for the payment fee" in page.read().decode()

    def test_the_books_the_receipt_and_the_fee(self, client, project, provider):
        send(client, project)
        gift = Gift.objects.get()
        assert (gift.amount_minor, gift.cover_minor, gift.state) == (TOTAL, COVER, "INITIATED")
        provider.act(gift, "pay")
        deliver(client, *provider.events())
        settle_down()
        gift.refresh_from_db()
        assert gift.state == "SETTLED"
        assert posted(gift.entry_id) == [TOTAL]
        # What the provider kept is its own figure (2.9 % and 30), whatever was estimated.
        assert gift.fee_minor == 3_36
        assert posted(gift.fee_entry_id) == [3_36]
        assert Receipt.objects.get(gift=gift).amount_minor == TOTAL
        assert "¥105.60" in mail.outbox[0].body
        page = client.get(f"/en/give/thanks/{gift.trace_token}/").content.decode()
        assert "¥105.60" in page
        assert "¥5.60 of it for the payment fee" in page

    @pytest.mark.parametrize("cover_minor", [-1, 100_00, 100_01])
    def test_a_cover_that_is_no_part_of_the_gift_is_refused(self, project, cover_minor):
        ask = {"amount_minor": 100_00, "cover_minor": cover_minor}
        assert refused(opened_gift, project, **ask) == "cover_wrong"
        gift = opened_gift(project, amount_minor=100_00)
        with pytest.raises(IntegrityError), transaction.atomic():
            Gift.objects.filter(pk=gift.pk).update(cover_minor=cover_minor)

    def test_the_same_form_with_another_cover_is_another_wish(self, project):
        opened_gift(project, amount_minor=100_00, cover_minor=5_00, form_key="f")
        assert refused(opened_gift, project, amount_minor=100_00, cover_minor=4_00, form_key="f") == "form_key_reused"


class TestRegularGifts:
    def test_each_payment_carries_its_part_until_the_amount_changes(self, client, project, provider):
        assert send(client, project, frequency="MONTH", method="card").status_code == 303
        pledge = Pledge.objects.get()
        (amount,) = PledgeAmount.objects.all()
        assert (pledge.amount_minor, amount.amount_minor, amount.cover_minor) == (TOTAL, TOTAL, COVER)
        billing.begin(provider.bank, provider.bank.thing(pledge.session_ref))
        pledge_care.follow(pledge, at=BEGIN)
        settle_down()
        gift = Gift.objects.get()
        assert (gift.amount_minor, gift.cover_minor, gift.state) == (TOTAL, COVER, "SETTLED")
        assert Receipt.objects.get(gift=gift).amount_minor == TOTAL
        pledges.promise_amount(pledge, amount_minor=80_00, by=BY, at=BEGIN)
        assert pledges.cover_of(pledge, 80_00, "CNY") == 0
        assert pledges.cover_of(pledge, TOTAL, "CNY") == COVER
        assert pledges.cover_of(pledge, TOTAL, "USD") == 0

    @pytest.mark.parametrize("cover_minor", [-1, TOTAL])
    def test_around_the_actions_a_promised_cover_is_a_part_and_stays(self, client, project, cover_minor):
        send(client, project, frequency="MONTH")
        pledge = Pledge.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            PledgeAmount.objects.create(pledge=pledge, amount_minor=TOTAL, cover_minor=cover_minor, since=BEGIN)
        with pytest.raises(DatabaseError), transaction.atomic():
            PledgeAmount.objects.update(cover_minor=0)


class Donor:
    ref = "donor:d1"


BY = Donor()
