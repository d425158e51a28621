"""The path of the money as a picture, one box a step, drawn on the server as SVG: columns from left to right, and an
upright form for phones where what follows a step stands under it, further in.

Only geometry is decided here; words come in with the boxes. The same numbers stand in a table beside every picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

from projects.tracing.nodes import Node

BOX_W, BOX_H, GAP_X, GAP_Y, EDGE = 176, 72, 44, 14, 8
UPRIGHT_W, INDENT, DEEPEST = 340, 18, 6
LARGEST_DRAWN = 60
TONES = {
    "GIFT": "gift",
    "MATCH": "match",
    "LEFT": "left",
    "REST": "left",
    "AWARD": "jade",
    "PAYOUT": "jade",
    "ACKNOWLEDGEMENT": "jade",
}


@dataclass(frozen=True, slots=True)
class Box:
    """One step in the picture; `lines` are its words, `url` where a click leads."""

    x: int
    y: int
    tone: str
    lines: tuple[str, ...]
    url: str
    width: int = BOX_W


@dataclass(frozen=True, slots=True)
class Link:
    """A band between two boxes: an SVG path, as wide as its share of the largest amount."""

    d: str
    width: float
    tone: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the template draws. `left_out` counts steps that did not fit."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    left_out: int


def picture(
    root: Node, *, words: Callable[[Node], tuple[str, ...]], url: Callable[[Node], str], backwards: bool = False
) -> Picture:
    """Lay a path out. `backwards` puts the root on the right: what stands behind it comes from the left."""
    drawing = _Drawing(root, words, url)
    drawing.place(root, 0)
    columns = max(box.x for box in drawing.boxes) + 1
    width = 2 * EDGE + columns * BOX_W + (columns - 1) * GAP_X
    height = 2 * EDGE + drawing.row * (BOX_H + GAP_Y) - GAP_Y
    turn = (lambda column: columns - 1 - column) if backwards else (lambda column: column)
    boxes = tuple(
        Box(EDGE + turn(box.x) * (BOX_W + GAP_X), box.y, box.tone, box.lines, box.url) for box in drawing.boxes
    )
    links = tuple(_link(boxes[a], boxes[b], share, backwards) for a, b, share in drawing.links)
    return Picture(width, max(height, BOX_H + 2 * EDGE), boxes, links, drawing.left_out)


def upright(root: Node, *, words: Callable[[Node], tuple[str, ...]], url: Callable[[Node], str]) -> Picture:
    """The same path downwards: a step's box, and under it, further in, the steps that belong to it."""
    steps = list(root.walk())
    largest = max(node.amount_minor for _depth, node in steps)
    boxes: list[Box] = []
    links: list[Link] = []
    above: list[Box] = []  # the boxes from the root down to the step before
    for depth, node in steps[:LARGEST_DRAWN]:
        x, y = EDGE + min(depth, DEEPEST) * INDENT, EDGE + len(boxes) * (BOX_H + GAP_Y)
        box = Box(x, y, _tone(node), words(node), url(node), UPRIGHT_W - EDGE - x)
        del above[depth:]
        if above:
            links.append(_elbow(above[-1], box, node.amount_minor / largest))
        above.append(box)
        boxes.append(box)
    height = 2 * EDGE + len(boxes) * (BOX_H + GAP_Y) - GAP_Y
    return Picture(UPRIGHT_W, height, tuple(boxes), tuple(links), len(steps) - len(boxes))


def _tone(node: Node) -> str:
    return TONES.get(node.kind, "ink")


class _Drawing:
    def __init__(self, root: Node, words: Callable[[Node], tuple[str, ...]], url: Callable[[Node], str]) -> None:
        self.words, self.url = words, url
        self.largest = max(node.amount_minor for _depth, node in root.walk())
        self.boxes: list[Box] = []
        self.links: list[tuple[int, int, float]] = []
        self.row = 0
        self.left_out = 0

    def place(self, node: Node, column: int) -> int:
        """Put a node and what follows it; returns its place in the list of boxes."""
        at = len(self.boxes)
        self.boxes.append(Box(column, 0, _tone(node), self.words(node), self.url(node)))
        children = []
        for child in node.nodes:
            if len(self.boxes) >= LARGEST_DRAWN:
                self.left_out += sum(1 for _step in child.walk())
                continue
            place = self.place(child, column + 1)
            children.append(place)
            self.links.append((at, place, child.amount_minor / self.largest))
        if children:
            y = (self.boxes[children[0]].y + self.boxes[children[-1]].y) // 2
        else:
            y = EDGE + self.row * (BOX_H + GAP_Y)
            self.row += 1
        box = self.boxes[at]
        self.boxes[at] = Box(box.x, y, box.tone, box.lines, box.url)
        return at


def _link(parent: Box, child: Box, share: float, backwards: bool) -> Link:
    left, right = (child, parent) if backwards else (parent, child)
    x1, y1, x2, y2 = left.x + BOX_W, left.y + BOX_H // 2, right.x, right.y + BOX_H // 2
    middle = (x1 + x2) // 2
    return Link(f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}", round(2 + 14 * share, 1), child.tone)


def _elbow(parent: Box, child: Box, share: float) -> Link:
    return Link(
        f"M{parent.x + INDENT // 2} {parent.y + BOX_H} V{child.y + BOX_H // 2} H{child.x}",
        round(2 + 6 * share, 1),
        child.tone,
    )
