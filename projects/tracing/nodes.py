"""The shape of a trace with its names joined: what `paths` builds and every face lays out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """One step: `amount_minor` of the money that is followed, and the facts its audience may see.

    `nodes` follow the same money further. Their amounts sum to this one's, except that under a gift the matches stand
    beside it (`beside` is True: they came on top).
    """

    kind: str
    amount_minor: int
    currency: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    covered_minor: int = 0
    beside: bool = False
    nodes: tuple["Node", ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Node"]]:
        """This node and all below it, each with its depth, in reading order."""
        yield depth, self
        for node in self.nodes:
            yield from node.walk(depth + 1)

    def of_kind(self, kind: str) -> list["Node"]:
        """All nodes of a kind, in reading order."""
        return [node for _depth, node in self.walk() if node.kind == kind]

    @property
    def parts_minor(self) -> int:
        """The sum of what follows, without what stands beside."""
        return sum(node.amount_minor for node in self.nodes if not node.beside)
