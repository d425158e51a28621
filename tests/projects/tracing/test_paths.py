"""One path, four audiences: the same money, and of the people only what each may see."""

import dataclasses
import json

import pytest
from django.utils.translation import override

from ledger import posting, transparency
from projects.tracing import paths, stories
from projects.tracing.audiences import Audience
from tests.factories import giving
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project

pytestmark = pytest.mark.django_db


def amounts(node):
    return [(child.kind, child.amount_minor) for child in node.nodes]


def words_in(node):
    """Everything a path says, as one text."""
    said = [str(value) for _depth, one in node.walk() for value in one.facts.values()]
    return json.dumps(said, ensure_ascii=False)


def test_a_gift_is_followed_to_the_payout_and_the_households_answer(story):
    path = paths.gift_path(story.gift, audience=Audience.REGULATOR, at=story.at)
    assert amounts(path) == [("MATCH", 50_00), ("AWARD", 100_00)]
    match, award = path.nodes
    assert match.beside
    assert amounts(match) == [("AWARD", 20_00), ("LEFT", 30_00)]
    assert amounts(award) == [("PAYOUT", 100_00)]
    assert amounts(award.nodes[0]) == [("ACKNOWLEDGEMENT", 100_00)]


def test_a_payout_is_followed_back_to_the_gift_and_the_match(story):
    path = paths.payout_path(story.payout, audience=Audience.REGULATOR, at=story.at)
    assert amounts(path) == [("AWARD", 120_00)]
    assert amounts(path.nodes[0]) == [("GIFT", 100_00), ("MATCH", 20_00)]
    assert path.nodes[0].nodes[0].facts["gift_ref"] == story.gift.ref


@pytest.mark.parametrize("audience", Audience)
def test_parts_sum_to_the_whole_for_every_audience(story, audience):
    for path in (
        paths.gift_path(story.gift, audience=audience, at=story.at),
        paths.payout_path(story.payout, audience=audience, at=story.at),
    ):
        for _depth, node in path.walk():
            assert not node.nodes or node.parts_minor == node.amount_minor


@pytest.mark.parametrize("audience", Audience)
def test_no_audience_reads_who_was_helped_or_who_gave_in_private(story, audience):
    said = words_in(paths.gift_path(story.gift, audience=audience, at=story.at))
    said += words_in(paths.payout_path(story.payout, audience=audience, at=story.at))
    for secret in ("wang@example.org", "示例路", "示例银行", "510000", "000000000000"):
        assert secret not in said


def test_the_public_and_the_donor_read_no_case_and_no_reference_of_the_award(story):
    for audience in (Audience.PUBLIC, Audience.DONOR):
        path = paths.gift_path(story.gift, audience=audience, at=story.at)
        said = words_in(path)
        assert story.award.ref not in said
        assert story.award.request.case.ref not in said
        assert story.award.pseudonym_zh not in said, "one household in a month is not shown alone"


def test_the_donors_story_says_it_all_in_words(story):
    with override("zh-hans"):
        told = stories.story_of_gift(story.gift, at=story.at)
    assert told.headline == "您捐的 ¥100.00，已经全部用于救助"
    assert (told.given_minor, told.matched_minor, told.used_minor, told.left_minor) == (100_00, 50_00, 100_00, 0)
    assert [step.kind for step in told.steps] == ["gift", "match", "used", "paid", "acknowledged"]
    used = told.steps[2]
    assert sum(part.amount_minor for part in used.parts) == used.amount_minor == 100_00
    assert told.used_minor + told.left_minor + told.refunded_minor == told.given_minor


def test_a_story_in_english_has_no_chinese_sentence(story):
    with override("en"):
        told = stories.story_of_gift(story.gift, at=story.at)
    assert told.headline == "Your gift of ¥100.00 has all been used to help"


def test_a_refund_after_the_help_is_told_and_still_adds_up(story):
    posting.refund(
        origin=story.gift.entry_id, amount_minor=30_00, document_ref="refund-0001", effective_on=BEGIN.date(),
        by="somebody", at=story.at, key="refund:1",
    )  # fmt: skip
    transparency.sequence(at=story.at)
    told = stories.story_of_gift(story.gift, at=story.at)
    assert (told.used_minor, told.left_minor, told.refunded_minor) == (70_00, 0, 30_00)


def test_there_is_no_story_before_the_gift_has_its_place(charity_a, moment):
    gift = giving.opened_gift(open_project(charity_a.organisation), at=moment)
    assert stories.story_of_gift(gift, at=moment) is None


def test_a_node_cannot_be_changed_after_it_was_cut(story):
    path = paths.gift_path(story.gift, audience=Audience.PUBLIC, at=story.at)
    with pytest.raises(dataclasses.FrozenInstanceError):
        path.amount_minor = 1
