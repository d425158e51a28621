"""The test bench itself: committing tests are undone, guards can be lifted and come back."""

import pytest
from django.db import DatabaseError, connection, transaction
from wagtail.models import Locale, Page

from tests import guards

GUARD = {
    "sqlite": ["CREATE TRIGGER bench_guard BEFORE DELETE ON wagtailcore_locale BEGIN SELECT RAISE(ABORT, 'kept'); END"],
    "postgresql": [
        "CREATE FUNCTION bench_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept'; END $$",
        "CREATE TRIGGER bench_guard BEFORE DELETE ON wagtailcore_locale FOR EACH ROW EXECUTE FUNCTION bench_guard()",
        "ALTER TABLE wagtailcore_locale ENABLE ALWAYS TRIGGER bench_guard",
    ],
}


def set_up_guard():
    with connection.cursor() as cursor:
        for statement in GUARD[connection.vendor]:
            cursor.execute(statement)


@pytest.mark.parametrize("time", ["first", "second"])
@pytest.mark.django_db(transaction=True)
def test_a_committing_test_leaves_nothing_and_takes_nothing(time):
    assert not Locale.objects.filter(language_code="fr").exists()
    assert Page.objects.exists(), "rows of data migrations are there again after every test"
    Locale.objects.create(language_code="fr")
    set_up_guard()
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute("DELETE FROM wagtailcore_locale")


@pytest.mark.django_db
def test_a_lifted_guard_is_back_afterwards():
    set_up_guard()
    Locale.objects.create(language_code="fr")
    with guards.lifted():
        connection.cursor().execute("DELETE FROM wagtailcore_locale WHERE language_code = 'fr'")
    Locale.objects.create(language_code="de")
    with pytest.raises(DatabaseError, match="kept"), transaction.atomic():
        connection.cursor().execute("DELETE FROM wagtailcore_locale WHERE language_code = 'de'")


@pytest.mark.django_db
def test_sqlite_has_the_sites_pragmas():
    if connection.vendor != "sqlite":
        pytest.skip("these are SQLite's")
    with connection.cursor() as cursor:
        values = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys")}
    assert values == {"journal_mode": "wal", "foreign_keys": 1}
    assert connection.transaction_mode == "IMMEDIATE"
