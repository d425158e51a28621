"""The project's own files, for the tests that read them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]
RINGS = ("charity_site", "projects", "ledger")
# What tools and the running site make; not ours to judge.
MADE = {
    ".git",
    ".venv",
    ".venv-bench",
    ".venv-localstripe",
    ".hypothesis",
    "var",
    "__pycache__",
    "htmlcov",
    "screenshots",
}


def name(path: Path) -> str:
    return str(path.relative_to(BASE))


@cache
def python_files(*tops: str) -> tuple[Path, ...]:
    """Python files under the given folders (the rings, if none is given), without migrations."""
    found = (path for top in tops or RINGS for path in sorted((BASE / top).rglob("*.py")))
    return tuple(path for path in found if "migrations" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def text_files() -> Iterator[tuple[Path, str]]:
    """Every file of the project that is text. Caches are not the project's."""
    for path in sorted(BASE.rglob("*")):
        inside = path.relative_to(BASE).parts
        if MADE & set(inside) or any(part.endswith("_cache") for part in inside) or not path.is_file():
            continue
        try:
            yield path, path.read_text()
        except UnicodeDecodeError:
            continue


def imports(path: Path) -> Iterator[str]:
    """The modules a file imports, by full name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
