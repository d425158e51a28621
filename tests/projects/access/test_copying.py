"""Rows as lines of COPY: what comes out of the table is what went in."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.access.copying import any_among, copy_values, lines_of, looked_up, new_ids
from projects.giving.models import Donor
from tests.factories.access import BEGIN

pytestmark = pytest.mark.django_db

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=80)
NAMES = st.lists(
    st.one_of(TEXTS, st.sampled_from(["\\N", "\\.", "a\tb", "a\nb\r", "\\\\", "", "　", "\x7f"])), max_size=12
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES, st.binary(min_size=32, max_size=32), st.none() | st.just(BEGIN))
def test_texts_bytes_and_nothing_come_back_as_they_were(names, key, created_at):
    first = new_ids(Donor, 1)[0]
    # Drawn for all of them: the next example begins behind these.
    new_ids(Donor, len(names))
    columns = ("id", "ref", "name", "commitment_key")
    rows = [(first + n, f"{uuid4()}"[:32], name, key) for n, name in enumerate(names)]
    copy_values(Donor(created_at=created_at or datetime.now(tz=UTC)), columns, rows)
    kept = Donor.objects.filter(pk__gte=first).order_by("pk").values_list("pk", "ref", "name", "commitment_key")
    assert [(pk, ref, name, bytes(held)) for pk, ref, name, held in kept] == rows


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no COPY")
def test_a_value_that_has_no_cell_is_refused():
    with pytest.raises(TypeError, match="no cell"):
        lines_of(Donor(created_at=BEGIN), ("id", "name"), [(1, 1.5)])


def test_ids_are_new_and_in_order():
    ids = [*new_ids(Donor, 3), *new_ids(Donor, 5)] if connection.vendor == "postgresql" else new_ids(Donor, 8)
    assert ids == sorted(set(ids))
    assert len(ids) == 8
    assert new_ids(Donor, 0) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
def test_ids_that_somebody_else_drew_from_are_drawn_anew():
    """Where numbers are missing between the first and the last, the next ones are asked for one by one."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER SEQUENCE giving_donor_id_seq INCREMENT BY 2")
    ids = new_ids(Donor, 4)
    assert [number - ids[0] for number in ids] == [0, 2, 4, 6]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(TEXTS, max_size=6), st.sets(TEXTS, max_size=6))
def test_nothing_is_overlooked_by_the_quick_question(there, asked):
    """What the quick question says is not there, the patient one does not find; and what is there it never denies."""
    given = list(asked | set(list(there)[:1]))
    with transaction.atomic():
        Donor.objects.bulk_create(Donor(name=name[:80], created_at=BEGIN) for name in there)
        rows = Donor.objects.values_list("name", "pk")
        found = looked_up(rows, "name", given)
        assert any_among(rows, "name", given) or not found
        assert {name for name, _pk in found} == there & set(given)
        transaction.set_rollback(True)


def test_what_lies_apart_is_not_looked_for(django_assert_num_queries):
    Donor.objects.bulk_create(Donor(name=name, created_at=BEGIN) for name in ("pi_1", "pi_2"))
    rows = Donor.objects.values_list("name", "pk")
    assert any_among(rows, "name", []) is False
    assert any_among(rows, "name", ["42", "pi_2"]) is True
    with django_assert_num_queries(1):
        assert any_among(rows, "name", ["4200", "4300"]) is False
