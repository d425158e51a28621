"""The books themselves, driven the way the site drives them."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import django

from tests.bench.programs import serving

# What draws papers loads a large library: the memory of a process that posts must not be measured with it.
DRAWING = ("donors_with_receipts", "statement_pages", "make_statements")
# Pots are opened by the tests' own factories, which take half of the site with them.
POTS = ("open_pots", "hold_and_give", "answer_all")


def main() -> None:
    django.setup()
    from tests.bench.programs import ours_log, ours_posting, ours_reading, ours_settlement, ours_site

    parts = (ours_posting, ours_log, ours_reading, ours_settlement, ours_site)
    commands = {name: command for part in parts for name, command in part.COMMANDS.items()}
    late = dict.fromkeys(DRAWING, "ours_statements") | dict.fromkeys(POTS, "ours_pots")
    serving.serve(commands | {name: _late(name, module) for name, module in late.items()})


def _late(name: str, module: str) -> Callable[..., Any]:
    """A command whose module is loaded when it is asked for the first time."""

    def ask(**told: Any) -> Any:
        return import_module(f"tests.bench.programs.{module}").COMMANDS[name](**told)

    ask.measured = name in ("make_statements", "answer_all")  # type: ignore[attr-defined]
    return ask


if __name__ == "__main__":
    main()
