"""Settings that do not fit together, each with its cure. `manage.py check` runs these, and so does every start.

A value that is wrong by itself is refused by `env.py`; here stand the rules between several settings.
"""

import base64
import binascii
import ipaddress
import os
from collections.abc import Iterator
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from ledger import log_keys
from ledger.core.notes import COSIGNATURE_V1
from ledger.core.refusals import Refused
from projects.giving.guard_rules import Limits

EMULATOR_SECRET = "whsec_emulator"
STRIPE_ITSELF = {"", "https://api.stripe.com"}
FILE_MAIL = {
    "django.core.mail.backends.filebased.EmailBackend",
    "django.core.mail.backends.console.EmailBackend",
    "django.core.mail.backends.dummy.EmailBackend",
    "django.core.mail.backends.locmem.EmailBackend",
}
SQLITE_PRAGMAS = ("journal_mode=WAL", "foreign_keys=ON", "recursive_triggers=ON", "ignore_check_constraints=OFF")


def _in_production() -> bool:
    return not (settings.DEMO or settings.DEBUG)


def _is_private(host: str) -> bool:
    """A name that only this machine or its own network answers to."""
    host = host.strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ("." not in host.strip(".") and "*" not in host) or host.endswith((".local", ".localhost", ".test"))
    return address.is_private or address.is_loopback


@register(Tags.security)
def check_stripe(**kwargs: Any) -> Iterator[CheckMessage]:
    key, secret, base = settings.STRIPE_API_KEY, settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_BASE
    live = key.startswith(("sk_live_", "rk_live_"))
    if key and secret in ("", EMULATOR_SECRET):
        yield Error(
            "STRIPE_API_KEY is set, but STRIPE_WEBHOOK_SECRET is not: anybody could forge a payment.",
            hint="Set STRIPE_WEBHOOK_SECRET to the endpoint's signing secret (whsec_…) from Stripe's dashboard.",
            id="charity_site.E001",
        )
    if live and (settings.DEMO or settings.DEBUG):
        yield Error(
            "STRIPE_API_KEY is a live key, but this is a demonstration: real money would land in made-up books.",
            hint="Unset DEMO and DEBUG, or use a test key (sk_test_…).",
            id="charity_site.E002",
        )
    if _in_production() and (not key or base not in STRIPE_ITSELF):
        yield Error(
            "Payments would go to the emulator, which invents them.",
            hint="Set STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET, unset STRIPE_API_BASE; or set DEMO=1 to try the site.",
            id="charity_site.E003",
        )
    if _in_production() and key and not live:
        yield Warning(
            "STRIPE_API_KEY is a test key: no real money moves, but the books would record it as real.",
            hint="Use a live key, or set DEMO=1.",
            id="charity_site.W004",
        )


@register(Tags.security)
def check_vault_key(**kwargs: Any) -> Iterator[CheckMessage]:
    try:
        size = len(base64.b64decode(settings.VAULT_KEY, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        size = -1
    if size != 32:
        found = "is not base64" if size < 0 else f"has {size} bytes"
        yield Error(
            f"VAULT_KEY {found}; identities are encrypted with a key of 32 bytes.",
            hint="Make one: python -c 'import base64, secrets; "
            "print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())'. Keep a copy outside the database.",
            id="charity_site.E005",
        )


@register(Tags.security)
def check_keys_differ(**kwargs: Any) -> Iterator[CheckMessage]:
    if settings.SECRET_KEY == settings.VAULT_KEY:
        yield Error(
            "SECRET_KEY and VAULT_KEY are the same: who may forge a session could then read identities.",
            hint="Set two different random values.",
            id="charity_site.E006",
        )


# Not under the database tag: Django would run it only when it migrates.
@register(Tags.security)
def check_database(**kwargs: Any) -> Iterator[CheckMessage]:
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        return
    options = database.get("OPTIONS", {})
    commands = options.get("init_command", "").replace(" ", "")
    missing = [pragma for pragma in SQLITE_PRAGMAS if pragma not in commands]
    if missing or options.get("transaction_mode") != "IMMEDIATE":
        asked = ", ".join(missing) or "transaction_mode IMMEDIATE"
        yield Error(
            f"SQLite is opened without {asked}: laws of the books could be passed by, or writers fail half-way.",
            hint="Restore OPTIONS of DATABASES in charity_site/settings.py.",
            id="charity_site.E007",
        )


@register(Tags.security)
def check_address(**kwargs: Any) -> Iterator[CheckMessage]:
    address = urlsplit(settings.SITE_URL)
    if _in_production() and address.scheme != "https":
        yield Error(
            f"SITE_URL is {settings.SITE_URL}: links in mails and receipts would carry private addresses in the open.",
            hint="Set SITE_URL to the public address, with https://.",
            id="charity_site.E008",
        )
    known = [host.strip().lstrip(".") for host in settings.ALLOWED_HOSTS]
    if not settings.DEBUG and "*" not in known and not _answers_to(address.hostname or "", known):
        yield Error(
            f"SITE_URL names {address.hostname}, which is not in ALLOWED_HOSTS: the site would refuse its own links.",
            hint="Add the host to ALLOWED_HOSTS.",
            id="charity_site.E009",
        )


def _answers_to(host: str, known: list[str]) -> bool:
    names = [name.strip("[]") for name in known]
    return any(host == name or host.endswith("." + name) for name in names)


@register(Tags.security)
def check_demo_stays_private(**kwargs: Any) -> Iterator[CheckMessage]:
    if not settings.DEMO:
        return
    public = [host for host in settings.ALLOWED_HOSTS if not _is_private(host)]
    if public or urlsplit(settings.SITE_URL).scheme == "https":
        yield Error(
            f"DEMO is on, but the site answers to {', '.join(public) or settings.SITE_URL}: "
            "its passwords are printed in the open.",
            hint="Unset DEMO, or let ALLOWED_HOSTS and SITE_URL name only this machine or its own network.",
            id="charity_site.E010",
        )


@register(Tags.security)
def check_mail(**kwargs: Any) -> Iterator[CheckMessage]:
    if _in_production() and settings.EMAIL_BACKEND in FILE_MAIL:
        yield Error(
            "Mail is written to a file and reaches nobody: donors would get no receipt.",
            hint="Set EMAIL_BACKEND to django.core.mail.backends.smtp.EmailBackend, and EMAIL_HOST and its companions.",
            id="charity_site.E011",
        )


@register(Tags.security)
def check_log_key(**kwargs: Any) -> Iterator[CheckMessage]:
    if not _in_production():
        return
    try:
        keys = log_keys.signing_keys()
    except Refused as refused:
        yield Error(
            f"The public log cannot be signed. {refused}",
            hint="Make a key with manage.py log_key --new FILE and set LOG_KEY_FILE to it.",
            id="charity_site.E012",
        )
        return
    open_to_others = [name for name in _secret_files() if os.stat(name).st_mode & 0o077]
    if open_to_others:
        yield Error(
            f"Others may read {', '.join(open_to_others)}: they could sign in this log's name.",
            hint="chmod 600, and think of making a new key.",
            id="charity_site.E013",
        )
    if keys[0].name != settings.LOG_ORIGIN:
        yield Error(
            f"The log's key is named {keys[0].name}, but LOG_ORIGIN is {settings.LOG_ORIGIN}.",
            hint="Set LOG_ORIGIN to the key's name; a log keeps its origin for ever, whatever its address.",
            id="charity_site.E015",
        )


def _secret_files() -> list[str]:
    names = [*settings.LOG_KEY_FILE.split(","), settings.LOG_WITNESS_KEY_FILE]
    return [name.strip() for name in names if name.strip() and os.path.exists(name.strip())]


@register(Tags.security)
def check_log_memory(**kwargs: Any) -> Iterator[CheckMessage]:
    database = settings.DATABASES["default"]
    if not (_in_production() and database["ENGINE"].endswith("sqlite3")):
        return
    folder = os.path.dirname(os.path.abspath(str(database["NAME"])))
    if os.path.abspath(settings.LOG_STATE_DIR).startswith(folder + os.sep):
        yield Warning(
            f"LOG_STATE_DIR lies in {folder}, beside the database: restored together, neither would notice.",
            hint="Set LOG_STATE_DIR to a folder that the database's copies do not cover.",
            id="charity_site.W014",
        )


@register(Tags.security)
def check_witnesses(**kwargs: Any) -> Iterator[CheckMessage]:
    try:
        foreign = [key for key in log_keys.known_witnesses() if key.kind != COSIGNATURE_V1]
        fault = f"{foreign[0].name}'s key signs, it does not witness." if foreign else ""
    except Refused as refused:
        fault = str(refused)
    if fault:
        yield Error(
            f"LOG_WITNESSES: {fault}",
            hint="A witness prints its key with manage.py log_key --new FILE --witness.",
            id="charity_site.E016",
        )


@register(Tags.security)
def check_card_guard(**kwargs: Any) -> Iterator[CheckMessage]:
    known = {field.name for field in fields(Limits)}
    for name in sorted(set(settings.CARD_GUARD) - known):
        yield Error(
            f"CARD_GUARD names {name}, which is no limit.",
            hint=f"Limits are {', '.join(sorted(known))}.",
            id="charity_site.E017",
        )
