"""The picture of a path: every step has its box, bands lead from each to what follows, and nothing overlaps."""

from itertools import pairwise

from projects.tracing.nodes import Node
from projects.tracing.path_picture import BOX_H, BOX_W, LARGEST_DRAWN, UPRIGHT_W, picture, upright


def node(kind, amount, *nodes):
    return Node(kind, amount, "CNY", nodes=nodes)


def draw(root, **more):
    return picture(root, words=lambda n: (n.kind, str(n.amount_minor), ""), url=lambda n: "", **more)


PATH = node("GIFT", 100, node("AWARD", 60, node("PAYOUT", 60)), node("LEFT", 40))


def test_every_step_has_a_box_and_a_band_to_what_follows():
    drawn = draw(PATH)
    assert [box.lines[0] for box in drawn.boxes] == ["GIFT", "AWARD", "PAYOUT", "LEFT"]
    assert len(drawn.links) == 3
    assert drawn.left_out == 0


def test_boxes_never_overlap_and_stay_inside_the_picture():
    drawn = draw(node("GIFT", 9, *(node("AWARD", 1, node("PAYOUT", 1)) for _ in range(9))))
    places = sorted((box.x, box.y) for box in drawn.boxes)
    for (x1, y1), (x2, y2) in pairwise(places):
        assert x1 != x2 or y2 - y1 >= BOX_H
    assert all(0 <= box.x <= drawn.width - BOX_W and 0 <= box.y <= drawn.height - BOX_H for box in drawn.boxes)


def test_upright_each_step_stands_below_the_one_before_and_in_from_the_one_it_follows():
    drawn = upright(PATH, words=lambda n: (n.kind, str(n.amount_minor), ""), url=lambda n: "")
    assert [box.lines[0] for box in drawn.boxes] == ["GIFT", "AWARD", "PAYOUT", "LEFT"]
    assert all(after.y - before.y >= BOX_H for before, after in pairwise(drawn.boxes))
    gift, award, payout, left = drawn.boxes
    assert gift.x < award.x < payout.x
    assert left.x == award.x
    assert len(drawn.links) == 3
    assert all(box.x + box.width < UPRIGHT_W for box in drawn.boxes)
    assert drawn.boxes[-1].y + BOX_H <= drawn.height


def test_upright_too_a_long_path_says_how_much_it_left_out():
    root = node("PAYOUT", 500, *(node("GIFT", 1) for _ in range(500)))
    drawn = upright(root, words=lambda n: ("", "", ""), url=lambda n: "")
    assert (len(drawn.boxes), drawn.left_out) == (LARGEST_DRAWN, 501 - LARGEST_DRAWN)


def test_backwards_the_money_comes_from_the_left():
    drawn = draw(PATH, backwards=True)
    root = drawn.boxes[0]
    assert all(box.x < root.x for box in drawn.boxes[1:])


def test_a_path_too_long_to_draw_says_how_much_it_left_out():
    drawn = draw(node("PAYOUT", 500, *(node("GIFT", 1) for _ in range(500))))
    assert len(drawn.boxes) == LARGEST_DRAWN
    assert len(drawn.boxes) + drawn.left_out == 501
