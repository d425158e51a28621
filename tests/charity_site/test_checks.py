"""Settings that do not fit together are refused at the start, each with its cure."""

import base64

import pytest
from django.core.checks import run_checks

from ledger import log_keys
from ledger.core.notes import ED25519, SigningKey

STRONG = base64.urlsafe_b64encode(bytes(range(32))).decode()
PRODUCTION = {
    "DEMO": False,
    "DEBUG": False,
    "SITE_URL": "https://ledger.example",
    "ALLOWED_HOSTS": ["ledger.example"],
    "SECRET_KEY": "s" * 60,
    "VAULT_KEY": STRONG,
    "LOG_ORIGIN": "ledger.example/log",
    "LOG_STATE_DIR": "/srv/log-memory",
    "LOG_WITNESSES": "",
    "STRIPE_API_KEY": "sk_live_51abc",
    "STRIPE_WEBHOOK_SECRET": "whsec_real",
    "STRIPE_API_BASE": "",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
}
DEMO = {
    "DEMO": True,
    "SITE_URL": "http://localhost:8000",
    "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]", "192.168.1.4", "laptop.local"],
    "STRIPE_API_KEY": "",
    "STRIPE_WEBHOOK_SECRET": "whsec_emulator",
    "STRIPE_API_BASE": "http://localhost:8001",
    "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
}
SOUND_SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; "
    "PRAGMA ignore_check_constraints=OFF;",
}
SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"}


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path):
    """A log key as production keeps it."""
    log_keys.new_key(tmp_path / "log-key", "ledger.example/log", ED25519)
    settings.LOG_KEY_FILE = str(tmp_path / "log-key")
    return tmp_path / "log-key"


def found(settings, base, **changes):
    for name, value in {**PRODUCTION, **base, **changes}.items():
        setattr(settings, name, value)
    messages = [message for message in run_checks(tags=["security"]) if (message.id or "").startswith("charity_site.")]
    assert all(message.hint for message in messages), "every finding says its cure"
    return {message.id.removeprefix("charity_site.") for message in messages}


def test_it_accepts_a_sound_production(settings):
    assert found(settings, {}) == set()


def test_it_accepts_a_demo_on_this_machine_and_its_network(settings):
    assert found(settings, DEMO) == set()


@pytest.mark.parametrize(
    ("base", "changes", "finding"),
    [
        ({}, {"STRIPE_WEBHOOK_SECRET": ""}, "E001"),
        ({}, {"STRIPE_WEBHOOK_SECRET": "whsec_emulator"}, "E001"),
        (DEMO, {"STRIPE_API_KEY": "sk_live_51abc", "STRIPE_WEBHOOK_SECRET": "whsec_real"}, "E002"),
        ({}, {"STRIPE_API_KEY": ""}, "E003"),
        ({}, {"STRIPE_API_BASE": "http://localhost:8001"}, "E003"),
        ({}, {"STRIPE_API_KEY": "sk_test_51abc"}, "W004"),
        ({}, {"VAULT_KEY": "c2hvcnQ="}, "E005"),
        ({}, {"VAULT_KEY": "not base64 at all"}, "E005"),
        ({}, {"SECRET_KEY": STRONG}, "E006"),
        ({}, {"SITE_URL": "http://ledger.example"}, "E008"),
        ({}, {"SITE_URL": "https://elsewhere.example"}, "E009"),
        (DEMO, {"ALLOWED_HOSTS": ["localhost", "ledger.example"]}, "E010"),
        (DEMO, {"ALLOWED_HOSTS": ["*"]}, "E010"),
        (DEMO, {"SITE_URL": "https://localhost"}, "E010"),
        ({}, {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, "E011"),
        ({}, {"LOG_KEY_FILE": ""}, "E012"),
        ({}, {"LOG_KEY_FILE": "/nowhere/log-key"}, "E012"),
        ({}, {"LOG_KEY_FILE": __file__}, "E012"),
        ({}, {"LOG_ORIGIN": "other.example/log"}, "E015"),
        ({}, {"LOG_WITNESSES": "no key"}, "E016"),
        ({}, {"LOG_WITNESSES": str(SigningKey("ledger.example/log", ED25519, b"k" * 32).verifier)}, "E016"),
        (DEMO, {"LOG_WITNESSES": "no key"}, "E016"),
        (DEMO, {"CARD_GUARD": {"opened": 3}}, "E017"),
    ],
)
def test_it_refuses(settings, base, changes, finding):
    assert found(settings, base, **changes) == {finding}


def test_it_refuses_a_key_that_others_may_read(settings, key_file):
    key_file.chmod(0o640)
    assert found(settings, {}) == {"E013"}


def test_it_warns_of_a_memory_that_is_restored_with_the_database(settings, monkeypatch, tmp_path):
    for name, value in {**SQLITE, "NAME": tmp_path / "charity.sqlite3", "OPTIONS": SOUND_SQLITE}.items():
        monkeypatch.setitem(settings.DATABASES["default"], name, value)
    assert found(settings, {}, LOG_STATE_DIR=tmp_path / "log-state") == {"W014"}
    assert found(settings, {}, LOG_STATE_DIR="/elsewhere/log-state") == set()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"},
        {
            "transaction_mode": "DEFERRED",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; "
            "PRAGMA ignore_check_constraints=OFF;",
        },
    ],
)
def test_it_refuses_a_careless_sqlite(settings, monkeypatch, options):
    for name, value in {**SQLITE, "OPTIONS": options}.items():
        monkeypatch.setitem(settings.DATABASES["default"], name, value)
    assert found(settings, {}) == {"E007"}


def test_a_subdomain_of_an_allowed_host_is_known(settings):
    assert found(settings, {}, ALLOWED_HOSTS=[".example"]) == set()
