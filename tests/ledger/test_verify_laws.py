"""The laws of every app are looked for as they were laid down: a dropped, changed or added one is named."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from ledger.sql import Law, Lift, law_sql
from ledger.verify import laws

pytestmark = pytest.mark.django_db

APPS = sorted(set(laws._laid_down()) - {"ledger"})


def red() -> list[str]:
    return [str(finding) for finding in laws.laws_of_the_apps()]


def run_sql(sql: str) -> None:
    with connection.cursor() as cursor:
        connection.check_constraints()
        cursor.execute(sql)


def triggers() -> list[tuple[str, str]]:
    """Each trigger with its table, as the database knows them."""
    sql = {
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname::text, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(sql[connection.vendor])
        return cursor.fetchall()


def triggers_of(label: str) -> dict[str, str]:
    """Each trigger on the app's tables, with its table."""
    return {name: table for name, table in triggers() if table in laws._tables(label)}


def drop(name: str, table: str) -> None:
    run_sql(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))


def test_the_laws_of_a_fresh_site_are_those_shipped():
    assert red() == []


def test_every_law_that_is_written_is_laid_down():
    steps = [step for steps in laws._laid_down().values() for step in steps]
    written = {
        (config.name, path.name.partition(".")[0])
        for config in apps.get_app_configs()
        for path in Path(config.path).glob("sql/*.sqlite.sql")
    }
    assert written == {(step.of, step.law) for step in steps}


def test_no_two_triggers_share_a_name():
    """The check names a law by its trigger alone: of two of one name on PostgreSQL it would know the last only."""
    names = [name for label in APPS for name, table in triggers() if table in laws._tables(label)]
    assert names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("label", APPS)
def test_each_dropped_trigger_of_an_app_is_named(label):
    there = triggers_of(label)
    assert there
    for name, table in there.items():
        drop(name, table)
    assert red() == [f"the database's laws [{name}]: is missing" for name in sorted(there)]


def test_a_changed_trigger_is_named():
    if connection.vendor == "sqlite":
        drop("payout_in_batch", "payouts_payout")
        run_sql("CREATE TRIGGER payout_in_batch BEFORE UPDATE ON payouts_payout WHEN 0 BEGIN SELECT 1; END")
    else:
        run_sql("ALTER TABLE payouts_payout DISABLE TRIGGER payout_in_batch")
    assert red() == ["the database's laws [payout_in_batch]: is not what was shipped"]


def test_a_changed_condition_or_function_is_named():
    if connection.vendor == "sqlite":
        pytest.skip("a trigger is one text on SQLite")
    drop("relief_award_moves", "relief_award")
    run_sql(
        "CREATE TRIGGER relief_award_moves BEFORE UPDATE ON relief_award FOR EACH ROW WHEN (NEW.state = OLD.state) "
        "EXECUTE FUNCTION relief_award_moves()"
    )
    run_sql(
        "CREATE OR REPLACE FUNCTION relief_award_refuse(message text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$"
    )
    run_sql("ALTER FUNCTION payout_moves() SECURITY DEFINER")
    found = " ".join(red())
    assert all(name in found for name in ("relief_award_moves", "relief_award_refuse(message text)", "payout_moves()"))


def test_an_added_trigger_is_named_also_where_an_app_has_no_laws():
    assert "pages" not in APPS
    if connection.vendor == "sqlite":
        run_sql("CREATE TRIGGER quiet AFTER INSERT ON pages_newspage BEGIN SELECT 1; END")
    else:
        run_sql(
            "CREATE TRIGGER quiet BEFORE UPDATE ON pages_newspage FOR EACH ROW "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        )
    assert red() == ["the database's laws [quiet]: was not shipped"]


def test_a_dropped_constraint_is_named():
    run_sql("DROP INDEX donor_one_row_per_email")
    assert red() == ["the database's laws [giving_donor donor_one_row_per_email]: is missing"]


def test_a_law_that_was_replaced_is_expected_no_more():
    laid = {step.text for step in laws._laid_down()["ledger"]}
    assert ("ledger", "l08_lines", 1, ()) not in laid
    assert {("ledger", "l08_lots", None, ()), ("ledger", "l08_uses", None, ())} <= laid


class Editor:
    """As much of a schema editor as a law needs; SQLite's own wants to begin outside a transaction."""

    connection = connection

    @staticmethod
    def execute(sql, params=None):
        run_sql(sql)


def test_each_lifted_law_was_laid_down_before_and_can_be_laid_down_again():
    """Back and forth through the migration that replaced a law: the old text, then the new one, word for word."""
    lift, law = Lift("l09_log", edition=2), Law("l09_log")
    assert Lift("l09_log", edition=2).text == Law("l09_log", edition=2).text
    for step in (law, lift):
        step.database_backwards("ledger", Editor, None, None)
    assert "ledger_logleaf_next" in triggers_of("ledger")
    lift.database_forwards("ledger", Editor, None, None)
    assert "ledger_logleaf_next" not in triggers_of("ledger")
    law.database_forwards("ledger", Editor, None, None)
    assert [str(finding) for finding in laws.triggers_and_functions(["ledger"])] == []


def test_a_law_written_anew_for_one_engine_leaves_the_other_as_it_is():
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    step = Lift("l09_log", engine=other)
    step.database_forwards("ledger", Editor, None, None)
    assert "ledger_logleaf_next" in triggers_of("ledger")
    assert [str(finding) for finding in laws.triggers_and_functions(["ledger"])] == []


@pytest.mark.parametrize(("law", "edition"), [("l05_l07_l08_l11_seal", 2), ("l08_lots", 3)])
def test_the_other_engine_has_one_text_under_both_editions(law, edition):
    for reverse in (False, True):
        assert law_sql(law, "postgresql", edition=edition, reverse=reverse) == law_sql(
            law, "postgresql", reverse=reverse
        )
    assert law_sql(law, "sqlite", edition=edition) != law_sql(law, "sqlite")
