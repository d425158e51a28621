"""The books themselves, driven the way the site drives them."""

from collections.abc import Callable
from typing import Any

import django

from tests.bench.programs import serving

# What draws papers loads a large library: the memory of a process that posts must not be measured with it.
DRAWING = ("donors_with_receipts", "statement_pages", "make_statements")


def main() -> None:
    django.setup()
    from tests.bench.programs import ours_log, ours_posting, ours_reading, ours_settlement, ours_site

    parts = (ours_posting, ours_log, ours_reading, ours_settlement, ours_site)
    commands = {name: command for part in parts for name, command in part.COMMANDS.items()}
    serving.serve(commands | {name: _late(name) for name in DRAWING})


def _late(name: str) -> Callable[..., Any]:
    """A command whose module is loaded when it is asked for the first time."""

    def ask(**told: Any) -> Any:
        from tests.bench.programs import ours_statements

        return ours_statements.COMMANDS[name](**told)

    ask.measured = name == "make_statements"  # type: ignore[attr-defined]
    return ask


if __name__ == "__main__":
    main()
