"""What each audience sees is one table; what is not in it is seen by nobody."""

import pytest

from projects.tracing.audiences import OTHER, VISIBLE, Audience, cut

EVERYTHING = {
    name: f"value of {name}" for name in {*(field for fields in VISIBLE.values() for field in fields), *OTHER}
} | {
    "name": "王示例",
    "id_number": "510000195001010004",
    "phone": "10000000001",
    "account": "0000",
    "donor_email": "a@b",
}


@pytest.mark.parametrize("kind", [*VISIBLE, "TRANSFER"])
@pytest.mark.parametrize("audience", Audience)
def test_nobody_is_shown_a_field_that_is_not_in_the_table(kind, audience):
    shown = cut(kind, EVERYTHING, audience)
    assert not {"name", "id_number", "phone", "account", "donor_email"} & set(shown)


@pytest.mark.parametrize("kind", [*VISIBLE, "TRANSFER"])
def test_each_audience_sees_at_least_what_the_one_outside_it_sees(kind):
    seen = [set(cut(kind, EVERYTHING, audience)) for audience in (Audience.PUBLIC, Audience.DONOR, Audience.CHARITY)]
    everything = set(cut(kind, EVERYTHING, Audience.REGULATOR))
    assert seen[0] <= seen[1] <= seen[2] <= everything


def test_the_public_sees_no_reference_that_leads_to_a_case():
    shown = cut("AWARD", EVERYTHING, Audience.PUBLIC)
    assert set(shown) == {"project", "purpose", "published", "position"}


def test_an_entry_id_is_for_oversight_alone():
    for kind in [*VISIBLE, "TRANSFER"]:
        for audience in (Audience.PUBLIC, Audience.DONOR, Audience.CHARITY):
            assert "entry_id" not in cut(kind, EVERYTHING, audience)
