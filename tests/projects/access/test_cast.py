import pytest


@pytest.mark.django_db
def test_the_cast_can_be_assembled(charity_a, charity_b, regulator, auditor, operator, donor, stranger):
    assert len({person.pk for person in charity_a.people + charity_b.people}) == 14
