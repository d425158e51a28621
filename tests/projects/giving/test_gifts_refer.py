"""Whom a gift belongs to is there, and stays: what PostgreSQL refuses around the ORM (SQLite has its foreign keys)."""

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from projects.access.copying import copy_values
from projects.giving.models import Donor, Gift
from tests.factories import giving, relief
from tests.factories.access import BEGIN

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps its foreign keys"),
]

NOBODY = 987_654_321
SELDOM = ("ref", "trace_token", "form_key", "provider_ref", "session_ref", "invoice_ref", "entry_id", "fee_entry_id")


@pytest.fixture
def project(charity_a):
    return relief.funded_project(charity_a)


@pytest.fixture
def gift(project):
    return giving.settled_gift(project, amount_minor=100)


def execute(sql: str, values=()) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def refuses(law: str, sql: str, values=()) -> None:
    with pytest.raises(IntegrityError, match=law):
        execute(sql, values)


def another(count: int = 1, **columns: str) -> str:
    """The statement that writes the gift again, so many times, with other columns (SQL over `n`, from 1)."""
    new = {"id": "nextval(pg_get_serial_sequence('giving_gift', 'id'))", "state": "'INITIATED'"}
    new |= {"ref": "md5(random()::text)", "trace_token": "md5(random()::text)"}
    new |= dict.fromkeys(SELDOM[2:], "NULL") | columns
    names = [field.column for field in Gift._meta.concrete_fields]
    values = ", ".join(new.get(name, name) for name in names)
    return (
        f"INSERT INTO giving_gift ({', '.join(names)}) SELECT {values} FROM giving_gift, generate_series(1, {count}) n"
    )


def test_a_gift_of_what_is_there_is_written(gift):
    execute(another(3))
    execute(another(3, project_id="NULL"))
    assert Gift.objects.count() == 4 + 3 * 4


@pytest.mark.parametrize("column", ["donor_id", "organisation_id", "project_id"])
def test_a_gift_of_nobody_is_refused_and_all_of_its_statement_with_it(gift, column):
    refuses("gifts_refer", another(**{column: str(NOBODY)}))
    refuses("gifts_refer", another(500, **{column: f"CASE n WHEN 250 THEN {NOBODY} ELSE {column} END"}))
    refuses("gifts_refer", f"UPDATE giving_gift SET {column} = {NOBODY}")
    assert Gift.objects.count() == 1


def test_copied_rows_are_asked_too(gift):
    columns = [field.column for field in Gift._meta.concrete_fields if field.column != "created_at"]
    row = dict(zip(columns, Gift.objects.values_list(*columns).get(), strict=True))
    row |= {"id": gift.pk + 1, "ref": "r", "trace_token": "t", "donor_id": NOBODY, "state": "INITIATED"}
    row |= dict.fromkeys([*SELDOM[2:], "settled_at"])
    with pytest.raises(IntegrityError, match="gifts_refer"), transaction.atomic():
        copy_values(Gift(created_at=BEGIN), columns, [tuple(row.values())])


def test_a_donor_is_never_deleted_and_keeps_the_key(gift):
    nobody_gave = Donor.objects.create(created_at=gift.created_at)
    for pk in (gift.donor_id, nobody_gave.pk):
        refuses("donor_stays", "DELETE FROM giving_donor WHERE id = %s", [pk])
        refuses("donor_stays", "UPDATE giving_donor SET id = %s WHERE id = %s", [NOBODY, pk])
    execute("UPDATE giving_donor SET name = '' WHERE id = %s", [gift.donor_id])


@pytest.mark.parametrize("table", ["organisations_organisation", "catalog_project"])
def test_whose_gifts_there_are_stays(gift, table):
    pk = gift.organisation_id if table.startswith("organisations") else gift.project_id
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(f"DELETE FROM {table} WHERE id = %s", [pk])
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(f"UPDATE {table} SET id = %s WHERE id = %s", [NOBODY, pk])


def test_only_the_law_keeps_a_project_that_nothing_else_needs(gift, project):
    """A project that only a gift names: the refusal is this law's."""
    project.pk, project.ref = None, "another"
    project.slug = project.fund_code = project.filing_number = "another"
    project.save(force_insert=True)
    execute(another(project_id=str(project.pk)))
    refuses("gifts_refer", "DELETE FROM catalog_project WHERE id = %s", [project.pk])
    refuses("gifts_refer", "UPDATE catalog_project SET id = %s WHERE id = %s", [NOBODY, project.pk])
    execute("DELETE FROM giving_gift WHERE project_id = %s", [project.pk])
    execute("DELETE FROM catalog_project WHERE id = %s", [project.pk])


def test_a_gift_in_the_books_is_never_deleted_and_keeps_its_entry(gift):
    stays = "gift_in_the_books_stays"
    refuses(stays, "DELETE FROM giving_gift WHERE id = %s", [gift.pk])
    refuses(stays, "UPDATE giving_gift SET entry_id = gen_random_uuid() WHERE id = %s", [gift.pk])
    refuses(stays, "UPDATE giving_gift SET id = id + 1000 WHERE id = %s", [gift.pk])


def test_a_form_that_never_was_paid_may_go(gift):
    execute(another())
    execute("DELETE FROM giving_gift WHERE entry_id IS NULL")
    assert Gift.objects.get() == gift


@pytest.mark.django_db(transaction=True)
def test_whose_gift_is_being_written_cannot_go_meanwhile(gift):
    """The project is locked as a foreign key locks it: who deletes it waits for the gift, and then meets the law."""
    said: list[str] = []

    def delete() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
                cursor.execute("DELETE FROM catalog_project WHERE id = %s", [gift.project_id])
        except DatabaseError as error:
            said.append(str(error))
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_project DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE catalog_project ENABLE TRIGGER project_of_gifts_stays")
    with transaction.atomic():
        execute(another())
        other = threading.Thread(target=delete)
        other.start()
        other.join()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_project ENABLE TRIGGER USER")
    assert "lock timeout" in said[0]
