"""What names the money of a row: the same in every file, never the same for two, and in the order of the list."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.sql import law_sql, statements
from projects.settlement import platform_rows
from projects.settlement.intake import opened
from projects.settlement.mapping import read_mapping
from projects.settlement.models import SettlementRow, StatementLine
from projects.settlement.parsing import Parser
from projects.settlement.raw import Keys
from projects.settlement.reading import records
from projects.settlement.standing import counted_lines, counted_rows
from projects.settlement.states import COUNTED
from tests.factories import settlement as make
from tests.factories.settlement import gift, line, row

migration = import_module("projects.settlement.migrations.0008_keys_in_order")


def file_of(organisation="a" * 32, provider="generic", sha256="0" * 64):
    return SimpleNamespace(organisation=SimpleNamespace(ref=organisation), provider=provider, sha256=sha256)


NAMED = st.tuples(
    st.sampled_from(["a" * 32, "b" * 32]),
    st.sampled_from(["generic", "wallet"]),
    st.sampled_from(["0" * 64, "1" * 64]),
    st.sampled_from(["GIFT", "REFUND", "reused"]),
    st.text(max_size=128) | st.sampled_from(["", "@", "#", "=", "x" * 47, "x" * 48, "x" * 128]),
    st.integers(1, 2**31 - 1),
)


@given(NAMED, NAMED)
def test_two_things_have_two_names(one, other):
    def key(organisation, provider, sha256, kind, number, place):
        return Keys(file_of(organisation, provider, sha256)).of(kind, number, place)

    def named(organisation, provider, sha256, kind, number, place):
        return organisation, provider, kind, number or (sha256, place)

    assert (key(*one) == key(*other)) is (named(*one) == named(*other))
    assert len(key(*one)) <= 64


@given(st.text(st.sampled_from("=#@:0a"), min_size=1, max_size=60), st.text(st.sampled_from("=#@:0a"), max_size=60))
def test_a_number_is_no_place_and_no_digest_whatever_it_looks_like(one, other):
    assume(one != other)
    keys = Keys(file_of())
    assert keys.of("GIFT", one, 1) != keys.of("GIFT", other, 1)


@given(st.lists(st.integers(10**15, 10**16 - 1), min_size=2, unique=True))
def test_the_numbers_of_a_list_keep_their_order(numbers):
    keys = Keys(file_of())
    in_order = [keys.of("GIFT", str(number), 1) for number in sorted(numbers)]
    assert in_order == sorted(in_order)


@given(NAMED)
def test_the_migration_names_things_as_the_import_does(one):
    organisation, provider, sha256, kind, number, place = one
    file = file_of(organisation, provider, sha256)
    assert migration.in_order(file, kind, number, place) == Keys(file).of(kind, number, place)


@pytest.mark.django_db
def test_money_that_came_before_the_migration_is_known_after_it_and_back(charity_a, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(Keys, "__init__", lambda keys, file: setattr(keys, "file", file))
        before.setattr(Keys, "of", lambda keys, *named: migration.scattered(keys.file, *named))
        make.imported(charity_a, make.csv_of([gift(1), gift("n" * 60), gift(""), gift(4)]))
        make.imported(charity_a, make.csv_of([gift(4, "9.00")]))
        make.statement(charity_a, line("B1", "5.00"), line("", "6.00"))
    old = keys_there()
    _with_laws_aside(migration.forwards)
    assert not keys_there() & old
    later = make.imported(charity_a, make.csv_of([gift("n" * 60), gift(1), row(4, "捐赠", "4.00"), gift(5)]))
    assert make.states(later) == ["DUPLICATE", "DUPLICATE", "SUSPENSE", "GIFT"]
    again = make.statement(charity_a, line("B1", "5.00"), line("B2", "5.00"))
    assert make.states(again) == ["DUPLICATE", "SUSPENSE"]
    _with_laws_aside(migration.backwards)
    assert keys_there() > old


def keys_there() -> set[str]:
    rows = SettlementRow.objects.values_list("dedupe_key", flat=True)
    return {*rows, *StatementLine.objects.values_list("dedupe_key", flat=True)}


def _with_laws_aside(work) -> None:
    laws = ("row_decided", "line_decided")
    with connection.cursor() as cursor:
        for reverse in (True, False):
            for law in laws:
                text = law_sql(law, connection.vendor, of="projects.settlement", reverse=reverse)
                for statement in statements(text, connection.vendor):
                    cursor.execute(statement)
            if reverse:
                work(apps, None)


@pytest.mark.django_db
@pytest.mark.parametrize("counted", [counted_rows, counted_lines])
def test_what_is_known_is_found_by_the_index_that_keeps_it_single(counted):
    """SQLite read its table through for every thousand keys: a bound state is not the one of the index."""
    asked = [counted().filter(dedupe_key__in=["a", "b"]), counted().filter(dedupe_key="a", state="GIFT")]
    for rows in asked:
        plan = rows.values_list("dedupe_key").explain()
        if connection.vendor == "sqlite":
            assert "SEARCH" in plan
            assert "_money_once (dedupe_key=?)" in plan
        else:
            # A table of nothing is read through; that the index may be used shows where that is forbidden.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
            assert "_money_once" in rows.values_list("dedupe_key").explain()


@pytest.mark.django_db
def test_what_stands_for_money_is_what_the_states_say(charity_a):
    file = make.imported(charity_a, make.csv_of([gift(1), gift(1), row(3, "神秘", "1.00"), gift(4, "坏")]))
    standing = set(counted_rows().values_list("number", flat=True))
    assert standing == set(file.rows.filter(state__in=COUNTED).values_list("number", flat=True)) == {1, 3}


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL looks each value up by itself")
def test_a_thousand_numbers_are_asked_for_by_an_index(charity_a):
    """What a stretch asks of the tables that grow with every list is a search each time, however many it asks for."""
    file = make.started(charity_a, make.csv_of([gift(number) for number in range(1_200)]))
    made = _made(file)
    with CaptureQueriesContext(connection) as asked:
        platform_rows._mark_known(file, made, Keys(file))
    plans = []
    for one in asked.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + one["sql"])
            plans += [row[3] for row in cursor.fetchall()]
    # Two questions for the keys of 1,200 rows, and one that finds nothing among the feeds.
    assert len(plans) == 3
    assert {plan.partition(" USING ")[2].partition(" (")[0] for plan in plans} == {
        "INDEX settlement_row_money_once", "COVERING INDEX gift_one_provider_ref",
    }  # fmt: skip


def _made(file):
    parser = Parser(read_mapping(file.mapping_text))
    with opened(file) as stream:
        rows = [parser.normal(record) for record in records(stream, parser.mapping)]
    return platform_rows._made(file, rows, Keys(file), file.received_at)
