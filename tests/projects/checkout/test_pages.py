"""What the donor sees: the form and its faults, the payment page's address, and honest words afterwards."""

import re

import pytest
from django.utils import timezone

from projects.audit.models import AuditEvent
from projects.catalog import actions as catalog
from projects.catalog.models import Project
from projects.checkout import flow
from projects.checkout.methods import methods_for
from projects.giving import actions
from projects.giving.models import Gift
from tests.factories.access import BEGIN
from tests.factories.catalog import filed_project
from tests.factories.giving import opened_gift, project_with_books, settled_gift
from tests.projects.checkout.conftest import deliver

pytestmark = pytest.mark.django_db

WISH = {"amount_choice": "10000", "name": "林晓", "email": "donor@example.org", "message": "加油", "form_key": "k1"}


@pytest.fixture
def project(provider, monkeypatch) -> Project:
    """An open project, on a day inside its dates."""
    monkeypatch.setattr(timezone, "now", lambda: BEGIN)
    return project_with_books()


def url_of(project: Project, lang: str = "en") -> str:
    return f"/{lang}/projects/{project.slug}/give/"


def send(client, project: Project, lang: str = "en", **changes):
    return client.post(url_of(project, lang), WISH | changes)


class TestTheForm:
    def test_it_leads_to_the_payment_page(self, client, project, provider):
        answer = send(client, project)
        gift = Gift.objects.get()
        assert answer.status_code == 303
        assert answer["Location"] == f"{provider.emulator.address}/c/pay/{gift.session_ref}"
        assert (gift.amount_minor, gift.currency, gift.public_name, gift.language) == (100_00, "CNY", "林晓", "en")

    def test_a_double_tap_is_one_gift_and_one_payment_page(self, client, project, provider):
        first, second = send(client, project), send(client, project)
        assert first["Location"] == second["Location"]
        assert Gift.objects.count() == len(provider.store.all("checkout.session")) == 1

    def test_the_same_form_with_another_amount_is_another_gift(self, client, project):
        first, second = send(client, project), send(client, project, amount_choice="50000")
        assert first["Location"] != second["Location"]
        assert Gift.objects.count() == 2

    def test_an_amount_of_ones_own(self, client, project):
        send(client, project, amount_choice="other", amount_other="88.88")
        assert Gift.objects.get().amount_minor == 88_88

    def test_an_anonymous_gift_keeps_the_name_for_the_receipt_only(self, client, project):
        send(client, project, visibility="HIDDEN")
        gift = Gift.objects.get()
        assert (gift.visibility, gift.public_name, gift.donor_name) == ("HIDDEN", "", "林晓")

    def test_initials_are_all_that_the_public_gets_of_a_name(self, client, project):
        send(client, project, visibility="INITIALS")
        assert (Gift.objects.get().shown_name, Gift.objects.get().donor_name) == ("林*", "林晓")

    def test_the_choice_is_kept_for_the_next_form_in_this_browser(self, client, project):
        send(client, project, visibility="FINANCE")
        page = client.get(url_of(project, "en")).content.decode()
        assert re.search(r'value="FINANCE" checked', page)
        client.cookies["give_visibility"] = "NONSENSE"
        assert re.search(r'value="PUBLIC" checked', client.get(url_of(project, "en")).content.decode())

    @pytest.mark.parametrize("lang", ["en", "zh-hans"])
    @pytest.mark.parametrize(
        "changes",
        [
            {"amount_choice": "other", "amount_other": "-5"},
            {"amount_choice": "other", "amount_other": "0"},
            {"amount_choice": "other", "amount_other": "0.50"},
            {"amount_choice": "other", "amount_other": "99999999999999999999"},
            {"amount_choice": "other", "amount_other": "900000"},
            {"amount_choice": "other", "amount_other": "hundred"},
            {"amount_choice": "other", "amount_other": "1e3"},
            {"amount_choice": "other", "amount_other": "10.005"},
            {"amount_choice": "other", "amount_other": "NaN"},
            {"amount_choice": "other", "amount_other": ""},
            {"amount_choice": "10000", "amount_other": "50"},
            {"amount_choice": "12345"},
            {"amount_choice": "<script>"},
            {"amount_choice": ""},
            {"currency": "USD"},
            {"email": "no address"},
            {"name": "x" * 81},
            {"message": "x" * 301},
        ],
    )
    def test_a_fault_is_said_beside_its_field_and_nothing_is_opened(self, client, project, changes, lang):
        answer = send(client, project, lang, **changes)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'class="error"' in page
        assert 'role="alert"' in page
        chinese = re.search(r'class="error"[^>]*>([^<]+)<', page)
        assert chinese
        assert bool(re.search(r"[\u4e00-\u9fff]", chinese[1])) == (lang == "zh-hans")
        assert not Gift.objects.exists()

    def test_what_was_typed_is_still_there_after_a_fault(self, client, project):
        page = send(client, project, email="no address", visibility="HIDDEN").content.decode()
        assert 'value="林晓"' in page
        assert 'value="no address"' in page
        assert 'name="form_key" value="k1"' in page
        assert re.search(r'value="HIDDEN" checked', page)

    def test_a_form_without_its_key_is_shown_again_with_one(self, client, project):
        answer = send(client, project, form_key="")
        assert answer.status_code == 200
        assert re.search(r'name="form_key" value="[0-9a-f]{32}"', answer.content.decode())
        assert not Gift.objects.exists()

    def test_an_unreachable_provider_is_said_and_the_same_form_may_be_sent_again(self, client, project, monkeypatch):
        def away(**_facts):
            raise flow.stripe_client.ProviderDown("APIConnectionError")

        with monkeypatch.context() as patch:
            patch.setattr(flow.stripe_client, "open_session", away)
            answer = send(client, project)
            assert answer.status_code == 503
            assert "Nothing was charged" in answer.content.decode()
        assert send(client, project).status_code == 303
        assert Gift.objects.count() == 1

    @pytest.mark.parametrize(
        ("asked", "tile", "typed"),
        [("50000", "50000", ""), ("", "other", ""), ("8888", "other", "88.88"), ("-1", "5000", ""), ("x", "5000", "")],
    )
    def test_a_link_may_name_the_amount(self, client, project, asked, tile, typed):
        page = client.get(url_of(project), {"amount": asked}).content.decode()
        assert re.search(rf'value="{tile}" checked', page)
        assert (f'value="{typed}"' in page) if typed else 'name="amount_other" value' not in page


class TestClosedProjects:
    def test_a_draft_is_nobodys_business(self, client, project):
        assert client.get(url_of(filed_project())).status_code == 404

    def test_a_paused_project_says_so_and_takes_nothing(self, client, project):
        catalog.pause(project, reason="a break", by=flow.STRIPE, at=BEGIN)
        assert client.get(url_of(project)).status_code == 409
        assert send(client, project).status_code == 409
        assert not Gift.objects.exists()

    def test_a_project_that_no_longer_passes_the_gate_takes_nothing(self, client, project):
        type(project.organisation).objects.update(fundraising_certificate="")
        answer = send(client, project)
        assert answer.status_code == 409
        assert "certificate" in answer.content.decode()


class TestAfterwards:
    def test_while_the_money_is_not_there_the_page_says_so(self, client, project):
        gift = opened_gift(project)
        page = client.get(f"/en/give/thanks/{gift.trace_token}/").content.decode()
        assert "waiting for the payment" in page
        assert "Follow my gift" not in page

    def test_once_it_is_there_the_page_leads_to_the_trace(self, client, project):
        gift = settled_gift(project)
        page = client.get(f"/zh-hans/give/thanks/{gift.trace_token}/").content.decode()
        assert f'href="/zh-hans/gift/{gift.trace_token}/"' in page
        assert "已到账" in page

    @pytest.mark.parametrize("state", ["FAILED", "EXPIRED", "NEEDS_REVIEW"])
    def test_every_other_end_has_its_own_words(self, client, project, state):
        gift = opened_gift(project)
        Gift.objects.filter(pk=gift.pk).update(state=state)
        answer = client.get(f"/en/give/thanks/{gift.trace_token}/")
        assert answer.status_code == 200
        assert "Thank you. Your gift has arrived." not in answer.content.decode()

    def test_an_unknown_token_is_not_found(self, client, project):
        assert client.get("/en/give/thanks/guess/").status_code == 404

    def test_a_cancelled_payment_can_be_taken_up_again(self, client, project):
        location = send(client, project)["Location"]
        gift = Gift.objects.get()
        page = client.get(f"/en/give/cancelled/{gift.trace_token}/")
        assert "Nothing was charged" in page.content.decode()
        assert client.get(f"/en/give/pay/{gift.trace_token}/")["Location"] == location

    def test_cancelled_after_all_paid_leads_to_the_thanks(self, client, project, provider):
        send(client, project)
        gift = Gift.objects.get()
        provider.act(gift, "pay")
        deliver(client, *provider.events())
        answer = client.get(f"/en/give/cancelled/{gift.trace_token}/")
        assert answer["Location"] == f"/en/give/thanks/{gift.trace_token}/"

    def test_a_gift_that_expired_has_no_payment_page_any_more(self, client, project):
        gift = actions.expire_gift(opened_gift(project), by=flow.STRIPE, at=BEGIN)
        assert client.get(f"/en/give/pay/{gift.trace_token}/")["Location"] == f"/en/give/thanks/{gift.trace_token}/"


class TestWaysToPay:
    @pytest.mark.parametrize("method", ["alipay", "wechat_pay"])
    def test_a_wallet_pays_once(self, client, project, provider, method):
        answer = send(client, project, method=method)
        assert answer.status_code == 303
        (session,) = provider.store.all("checkout.session")
        assert (Gift.objects.get().method, session["payment_method_types"]) == (method, [method])

    def test_a_transfer_has_an_account_of_its_own_and_waits_for_the_whole_sum(self, client, project, provider):
        project = project_with_books(currency="EUR")
        assert (
            send(client, project, method="customer_balance", amount_choice="other", amount_other="100").status_code
            == 303
        )
        (session,) = provider.store.all("checkout.session")
        assert provider.store.get(session["customer"])["email"] == "donor@example.org"
        gift = Gift.objects.get()
        provider.act(gift, "promise")
        provider.bank.fund(provider.intent_of(gift), 99_99)
        deliver(client, *provider.events())
        gift.refresh_from_db()
        assert (gift.state, gift.review_reason) == ("INITIATED", "gift.partly_paid")
        assert AuditEvent.objects.filter(event="gift.partly_paid").count() == 1
        provider.bank.fund(provider.intent_of(gift), 1)
        deliver(client, *provider.events())
        gift.refresh_from_db()
        assert (gift.state, gift.review_reason) == ("SETTLED", "")

    def test_a_transfer_in_a_currency_that_has_none_is_a_fault_beside_its_field(self, client, project):
        answer = send(client, project, method="customer_balance")
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["method"])

    def test_a_wallet_never_pays_regularly(self, client, project):
        answer = send(client, project, method="alipay", frequency="MONTH")
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["method"])

    def test_only_what_knows_the_currency_is_offered(self):
        assert methods_for("CNY") == ["card", "alipay", "wechat_pay"]
        assert methods_for("CHF") == ["card", "wechat_pay"]
        assert methods_for("JPY") == ["card", "alipay", "wechat_pay", "customer_balance"]
        assert methods_for("KWD") == ["card"]
