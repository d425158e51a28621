"""Where the money came from and where it went: the geometry of the picture, drawn by the server as SVG.

Pure arithmetic, no markup: `templates/components/flow.html` writes the shapes, in a wide form and in an upright one for
phones. Both are drawn to one scale per picture, so equal amounts are equally thick on both sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# Wide form: three columns on a canvas of 1000 × height. Upright form: three rows on a canvas of 360 × 400.
WIDE_WIDTH, WIDE_BODY, WIDE_TOP, WIDE_GAP, LABEL_STEP = 1000, 190, 44, 26, 50
LEFT_X, MIDDLE_X, RIGHT_X, BAR, MIDDLE_BAR = 250, 490, 736, 14, 20
TALL_WIDTH, TALL_HEIGHT, TALL_BODY, TALL_GAP = 360, 404, 320, 12
TALL_TOP_Y, TALL_MIDDLE_Y, TALL_BOTTOM_Y = 62, 184, 322
THINNEST = 3  # a part that exists is always to be seen


@dataclass(frozen=True)
class Stream:
    """One source or one destination, with the words that stand beside it."""

    tone: str  # gift | match | jade | way | left | ink
    label: str
    amount_minor: int
    amount: str
    note: str = ""


@dataclass(frozen=True)
class Shape:
    """A stream in the picture: its bar, its band to or from the middle, and where its words stand."""

    stream: Stream
    band: str
    x: int
    y: int
    width: int
    height: int
    label_x: int
    label_y: int
    anchor: str


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    shapes: tuple[Shape, ...]
    middle: tuple[int, int, int, int]  # x, y, width, height


@dataclass(frozen=True)
class FlowPicture:
    wide: Drawing
    tall: Drawing
    sources: tuple[Stream, ...]
    destinations: tuple[Stream, ...]
    total_minor: int


def draw(sources: Sequence[Stream], destinations: Sequence[Stream]) -> FlowPicture | None:
    """The picture of these streams; None when no money has come in. Both sides must add up to the same total."""
    sources = [stream for stream in sources if stream.amount_minor > 0]
    destinations = [stream for stream in destinations if stream.amount_minor > 0]
    total = sum(stream.amount_minor for stream in sources)
    if total != sum(stream.amount_minor for stream in destinations):
        raise ValueError("what came in and what went out or is left do not add up")
    if not total:
        return None
    return FlowPicture(_wide(sources, destinations, total), _tall(sources, destinations, total), tuple(sources),
                       tuple(destinations), total)  # fmt: skip


def spans(amounts: Sequence[int], total: int, length: int) -> list[int]:
    """How much of `length` each amount takes; nothing that exists is thinner than a line."""
    return [max(THINNEST, round(length * amount / total)) for amount in amounts]


def _wide(sources: Sequence[Stream], destinations: Sequence[Stream], total: int) -> Drawing:
    columns = []
    for streams, to_the_left in ((sources, True), (destinations, False)):
        columns.append(_column(streams, spans([s.amount_minor for s in streams], total, WIDE_BODY), to_the_left))
    middle = max(sum(shape.height for shape in column) for column in columns)
    bottom = max(max(shape.y + shape.height, shape.label_y + 24) for column in columns for shape in column)
    return Drawing(WIDE_WIDTH, max(bottom, WIDE_TOP + 16 + middle + 34) + 14, tuple(columns[0] + columns[1]),
                   (MIDDLE_X, WIDE_TOP + 16, MIDDLE_BAR, middle))  # fmt: skip


def _column(streams: Sequence[Stream], heights: Sequence[int], to_the_left: bool) -> list[Shape]:
    """The bars of one side from top to bottom; words are pushed down where bars are too thin to hold them apart."""
    shapes: list[Shape] = []
    y, inner, lowest = WIDE_TOP - 16, WIDE_TOP + 16, 0
    for stream, height in zip(streams, heights, strict=True):
        label_y = max(y + height // 2, lowest + LABEL_STEP if shapes else WIDE_TOP - 16)
        x = LEFT_X if to_the_left else RIGHT_X
        outer_x, inner_x = (x + BAR, MIDDLE_X) if to_the_left else (x, MIDDLE_X + MIDDLE_BAR)
        bend = (outer_x + inner_x) // 2
        band = (f"M{outer_x} {y}C{bend} {y} {bend} {inner} {inner_x} {inner}V{inner + height}"
                f"C{bend} {inner + height} {bend} {y + height} {outer_x} {y + height}Z")  # fmt: skip
        label_x, anchor = (x - 14, "end") if to_the_left else (x + BAR + 14, "start")
        shapes.append(Shape(stream, band, x, y, BAR, height, label_x, label_y, anchor))
        lowest, inner = label_y, inner + height
        y = max(y + height + WIDE_GAP, label_y + LABEL_STEP - height // 2 if height < LABEL_STEP else 0)
    return shapes


def _tall(sources: Sequence[Stream], destinations: Sequence[Stream], total: int) -> Drawing:
    rows = []
    for streams, at_the_top in ((sources, True), (destinations, False)):
        rows.append(_row(streams, spans([s.amount_minor for s in streams], total, TALL_BODY), at_the_top))
    middle = max(sum(shape.width for shape in row) for row in rows)
    return Drawing(TALL_WIDTH, TALL_HEIGHT, tuple(rows[0] + rows[1]),
                   ((TALL_WIDTH - middle) // 2, TALL_MIDDLE_Y, middle, MIDDLE_BAR))  # fmt: skip


def _row(streams: Sequence[Stream], widths: Sequence[int], at_the_top: bool) -> list[Shape]:
    """The bars of one side from left to right; the first words stand left, the last right, others between."""
    gap = TALL_GAP if len(streams) > 1 else 0
    x = (TALL_WIDTH - sum(widths) - gap * (len(streams) - 1)) // 2
    inner = (TALL_WIDTH - sum(widths)) // 2
    shapes = []
    for index, (stream, width) in enumerate(zip(streams, widths, strict=True)):
        y = TALL_TOP_Y if at_the_top else TALL_BOTTOM_Y
        outer_y, inner_y = (y + BAR, TALL_MIDDLE_Y) if at_the_top else (y, TALL_MIDDLE_Y + MIDDLE_BAR)
        bend = (outer_y + inner_y) // 2
        band = (f"M{x} {outer_y}C{x} {bend} {inner} {bend} {inner} {inner_y}H{inner + width}"
                f"C{inner + width} {bend} {x + width} {bend} {x + width} {outer_y}Z")  # fmt: skip
        label_x, anchor = _tall_words(index, len(streams))
        shapes.append(Shape(stream, band, x, y, width, BAR, label_x, 22 if at_the_top else TALL_BOTTOM_Y + 40, anchor))
        x, inner = x + width + gap, inner + width
    return shapes


def _tall_words(index: int, count: int) -> tuple[int, str]:
    if count == 1:
        return TALL_WIDTH // 2, "middle"
    if index in (0, count - 1):
        return (4, "start") if index == 0 else (TALL_WIDTH - 4, "end")
    return TALL_WIDTH * index // (count - 1), "middle"
