"""`manage.py draw_states`: write the generated parts of projects/README.md, from the tables in the code.

A test compares, so the document cannot say anything else than the tables.
"""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from projects.access.roles import PERMISSIONS, ROLE_PERMISSIONS

README = Path(settings.BASE_DIR) / "projects" / "README.md"


class Command(BaseCommand):
    help = "Write the state diagrams and the table of rights into projects/README.md."

    def handle(self, *args: Any, **options: Any) -> None:
        README.write_text(refreshed(README.read_text(encoding="utf-8")), encoding="utf-8")


def refreshed(text: str) -> str:
    """The document with its generated parts as they should be."""
    for name, part in (("states", "\n\n".join(diagrams())), ("rights", rights())):
        begin, end = f"<!-- generated: {name} -->", "<!-- end -->"
        text = re.sub(
            f"{re.escape(begin)}.*?{re.escape(end)}",
            lambda _found, part=part, begin=begin, end=end: f"{begin}\n{part}\n{end}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    return text


def diagrams() -> Iterator[str]:
    """One diagram for each table of moves in any app's states.py."""
    for path in sorted(README.parent.glob("*/states.py")):
        module = import_module(f"projects.{path.parent.name}.states")
        for name, table in vars(module).items():
            if name == "MOVES" or name.endswith("_MOVES"):
                title = path.parent.name if name == "MOVES" else f"{path.parent.name}: {name[:-6].lower()}"
                yield diagram(title.replace("_", " "), table)


def diagram(title: str, moves: Mapping[tuple[str, str], Any]) -> str:
    """A table of moves as a Mermaid diagram; what nothing leads to is a beginning."""
    pairs = [(str(start), str(end)) for start, end in moves]
    reached = {end for start, end in pairs if start != end}
    begins = list(dict.fromkeys(start for start, _end in pairs if start not in reached)) or [pairs[0][0]]
    lines = [f"    [*] --> {start}" for start in begins]
    lines += [f"    {start} --> {end}: {event}" for (start, end), event in zip(pairs, moves.values(), strict=True)]
    return "\n".join([f"**{title}**", "", "```mermaid", "stateDiagram-v2", *lines, "```"])


def rights() -> str:
    """Who may what, as a table of Markdown."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if held]
    head = "| right | " + " | ".join(role.value.lower() for role in roles) + " |"
    rows = [
        f"| {meaning} (`{name}`) | "
        + " | ".join("yes" if name in ROLE_PERMISSIONS[role] else "–" for role in roles)
        + " |"
        for name, meaning in PERMISSIONS.items()
    ]
    return "\n".join([head, "| --- " * (len(roles) + 1) + "|", *rows])
