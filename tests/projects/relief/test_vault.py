"""Identity is ciphertext, is read with a purpose by those who may, and the reading is written down first."""

import base64
import logging

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from charity_site.demo.people import made_up_person
from ledger.core.refusals import Refused
from projects.access.actors import WORKER
from projects.access.roles import Role
from projects.audit.models import AuditEvent, ReadLog
from projects.relief import vault
from projects.relief.models import Identity, VaultKey
from projects.relief.sealing import keyring
from tests.factories import relief as make
from tests.factories.access import user_with
from tests.refusals import refused

pytestmark = pytest.mark.django_db
PERSON = made_up_person(7)
VALUES = {
    "name": PERSON.name,
    "id_number": PERSON.id_number,
    "phone": PERSON.phone,
    "account": PERSON.account,
    "bank": PERSON.bank,
    "address": PERSON.address,
    "birth_date": PERSON.birth_date.isoformat(),
}


@pytest.fixture
def identity(charity_a, moment):
    return vault.store(organisation=charity_a.organisation, values=VALUES, at=moment)


def test_the_same_name_gives_other_bytes_each_time(charity_a, identity, moment):
    other = vault.store(organisation=charity_a.organisation, values=VALUES, at=moment)
    for field in VALUES:
        assert bytes(getattr(identity, field)) != bytes(getattr(other, field))
    assert identity.id_number_hash == other.id_number_hash


def test_equal_numbers_of_two_charities_do_not_look_equal(charity_b, identity, moment):
    other = vault.store(organisation=charity_b.organisation, values=VALUES, at=moment)
    assert other.id_number_hash != identity.id_number_hash
    assert other.phone_hash != identity.phone_hash


def test_a_caseworker_reads_with_a_purpose_and_the_reading_is_logged(charity_a, identity, moment):
    shown = vault.reveal(identity, fields=["name", "phone"], purpose="call back", by=charity_a.caseworker, at=moment)
    assert (shown["name"], shown["phone"]) == (PERSON.name, PERSON.phone)
    log = ReadLog.objects.get()
    assert (log.subject_ref, log.fields, log.by_ref) == (identity.ref, ["name", "phone"], charity_a.caseworker.ref)
    assert PERSON.name not in str(vars(log))


def test_the_reading_is_logged_before_the_value_is_opened(charity_a, identity, moment, monkeypatch):
    def fails(**_details):
        raise RuntimeError("the log is full")

    monkeypatch.setattr(vault.audit, "log_read", fails)
    monkeypatch.setattr(vault, "_open_field", lambda *_: pytest.fail("opened without a log"))
    with pytest.raises(RuntimeError):
        vault.reveal(identity, fields=["name"], purpose="call back", by=charity_a.caseworker, at=moment)


@pytest.mark.parametrize("role", ["editor", "checker", "admin"])
def test_others_of_the_same_charity_may_not_read(charity_a, identity, moment, role):
    person = getattr(charity_a, role)
    with pytest.raises(Refused, match="not_permitted"):
        vault.reveal(identity, fields=["name"], purpose="curious", by=person, at=moment)
    assert not ReadLog.objects.exists()
    assert AuditEvent.objects.filter(event="identity.reveal_refused", by_ref=person.ref).count() == 1


def test_a_caseworker_of_another_charity_may_not_read(charity_b, identity, moment):
    details = {"fields": ["name"], "purpose": "curious", "by": charity_b.caseworker, "at": moment}
    assert refused(vault.reveal, identity, **details) == "not_permitted"


def test_finance_sees_the_payee_and_nothing_else(charity_a, identity, moment):
    shown = vault.reveal(identity, fields=vault.PAYEE_FIELDS, purpose="payout", by=charity_a.finance, at=moment)
    assert shown["account"] == PERSON.account
    details = {"fields": ["id_number"], "purpose": "payout", "by": charity_a.finance, "at": moment}
    assert refused(vault.reveal, identity, **details) == "not_permitted"


def test_machines_operators_and_superusers_see_nobody(charity_a, identity, moment, operator):
    root = user_with(Role.CASEWORKER, organisation=charity_a.organisation, username="root", is_superuser=True)
    for by in (WORKER, operator, root):
        assert refused(vault.reveal, identity, fields=["name"], purpose="repair", by=by, at=moment) == "not_permitted"


def test_a_regulator_reads_with_a_reason_in_the_own_area_only(charity_a, charity_b, identity, moment, regulator):
    details = {"fields": ["name"], "purpose": "inspection", "by": regulator, "at": moment}
    assert refused(vault.reveal, identity, **details) == "reason_needed"
    assert vault.reveal(identity, reason="complaint 12", **details)["name"] == PERSON.name
    elsewhere = vault.store(organisation=charity_b.organisation, values=VALUES, at=moment)
    assert refused(vault.reveal, elsewhere, reason="complaint 12", **details) == "not_permitted"


def test_a_reading_without_a_purpose_is_refused(charity_a, identity, moment):
    details = {"fields": ["name"], "purpose": "  ", "by": charity_a.caseworker, "at": moment}
    assert refused(vault.reveal, identity, **details) == "purpose_needed"


@pytest.mark.parametrize("place", [0, 1, 5, 13, 14, -1])
def test_a_changed_byte_is_refused(charity_a, identity, moment, place):
    sealed = bytearray(identity.name)
    sealed[place] ^= 1
    Identity.objects.filter(pk=identity.pk).update(name=bytes(sealed))
    identity.refresh_from_db()
    details = {"fields": ["name"], "purpose": "call back", "by": charity_a.caseworker, "at": moment}
    assert refused(vault.reveal, identity, **details) == "vault_closed"


def test_a_ciphertext_moved_to_another_row_or_field_is_refused(charity_a, identity, moment):
    other = vault.store(organisation=charity_a.organisation, values=VALUES, at=moment)
    details = {"fields": ["name"], "purpose": "call back", "by": charity_a.caseworker, "at": moment}
    Identity.objects.filter(pk=other.pk).update(name=identity.name)
    other.refresh_from_db()
    assert refused(vault.reveal, other, **details) == "vault_closed"
    Identity.objects.filter(pk=identity.pk).update(name=identity.address)
    identity.refresh_from_db()
    assert refused(vault.reveal, identity, **details) == "vault_closed"


def test_the_key_of_another_charity_does_not_open(charity_a, charity_b, identity, moment):
    keyring(charity_b.organisation, at=moment)
    stolen = VaultKey.objects.get(organisation=charity_b.organisation, use="SEAL")
    VaultKey.objects.filter(organisation=charity_a.organisation, use="SEAL").update(wrapped=stolen.wrapped)
    details = {"fields": ["name"], "purpose": "call back", "by": charity_a.caseworker, "at": moment}
    assert refused(vault.reveal, identity, **details) == "vault_closed"


def test_another_master_key_opens_nothing(charity_a, identity, moment, settings):
    settings.VAULT_KEY = base64.urlsafe_b64encode(b"x" * 32).decode()
    details = {"fields": ["name"], "purpose": "call back", "by": charity_a.caseworker, "at": moment}
    assert refused(vault.reveal, identity, **details) == "vault_closed"


def test_a_short_master_key_is_a_wrong_setting(charity_a, moment, settings):
    settings.VAULT_KEY = "c2hvcnQ="
    with pytest.raises(ImproperlyConfigured):
        keyring(charity_a.organisation, at=moment)


def test_rotation_takes_a_new_master_and_a_new_data_key(charity_a, identity, moment, settings):
    old_key, old_bytes = settings.VAULT_KEY, bytes(identity.name)
    settings.VAULT_KEY = base64.urlsafe_b64encode(b"y" * 32).decode()
    settings.VAULT_OLD_KEYS = old_key
    assert vault.rotate(charity_a.organisation, by=WORKER, at=moment) == 1
    settings.VAULT_OLD_KEYS = ""
    identity.refresh_from_db()
    assert identity.key_version == 2
    assert bytes(identity.name) != old_bytes
    shown = vault.reveal(identity, fields=vault.FIELDS[:6], purpose="check", by=charity_a.caseworker, at=moment)
    assert shown["address"] == PERSON.address
    assert vault.find(charity_a.organisation, "id_number", PERSON.id_number.lower(), at=moment).get() == identity


def test_erasing_blanks_the_person_and_leaves_the_books(charity_a, moment):
    project = make.funded_project(charity_a)
    award = make.committed(charity_a, project)
    identity = award.payee
    vault.erase(identity, by=charity_a.caseworker, at=moment, reason="asked by the person")
    identity.refresh_from_db()
    assert all(getattr(identity, field) is None for field in vault.FIELDS)
    assert not identity.id_number_hash
    award.refresh_from_db()
    assert award.state == "COMMITTED"
    with pytest.raises(Refused, match="identity_erased"):
        vault.amend(identity, values={"name": "x"}, by=charity_a.caseworker, at=moment)


def test_the_whole_database_holds_no_plain_value(charity_a, moment):
    project = make.funded_project(charity_a)
    make.committed(charity_a, project, 7)
    cells = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            cells += [value for line in cursor.fetchall() for value in line]
    dump = b"\n".join(bytes(c) if isinstance(c, bytes | memoryview) else str(c).encode() for c in cells)
    for field in ("name", "id_number", "phone", "account", "address"):
        assert VALUES[field].encode() not in dump, field
    assert award_is_there(dump)


def award_is_there(dump: bytes) -> bool:
    """The search above would find something if it were there."""
    return b"JW-2026-00007" in dump


def test_nothing_is_said_in_logs_or_representations(charity_a, moment, caplog):
    caplog.set_level(logging.DEBUG)
    project = make.funded_project(charity_a)
    award = make.committed(charity_a, project, 7)
    shown = vault.reveal(award.payee, fields=["name"], purpose="call", by=charity_a.caseworker, at=moment)
    said = caplog.text + repr(shown) + str(shown) + repr(award.payee) + str(award.payee) + repr(award.request.case)
    for field in ("name", "id_number", "phone", "account", "address"):
        assert VALUES[field] not in said


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("phone", "+86 138-0000-0000", "１３８００００００００"),
        ("phone", "008613800000000", "13800000000"),
        ("id_number", "51000019500205000x", "510000 1950 0205 000X"),
        ("account", "6222 0000-1111", "622200001111"),
    ],
)
def test_spellings_of_one_number_are_one_number(field, one, other):
    assert vault.normalise(field, one) == vault.normalise(field, other)


def test_a_payee_snapshot_is_opened_only_in_its_place(charity_a, identity, moment):
    sealed = vault.snapshot_payee(identity, context="payout-1", at=moment)
    assert PERSON.account.encode() not in sealed
    details = {"organisation": charity_a.organisation, "purpose": "export", "by": charity_a.finance, "at": moment}
    assert vault.reveal_snapshot(sealed, context="payout-1", **details)["account"] == PERSON.account
    assert refused(vault.reveal_snapshot, sealed, context="payout-2", **details) == "vault_closed"
