"""Compile every catalogue: ``python -m charity_site.translations``.

Compiled catalogues are not kept in the repository. Babel does it, so no gettext program has to be installed, and no
Django has to be running. Only what is older than its source is compiled again.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

BASE_DIR = Path(__file__).resolve().parent.parent
RINGS = ("charity_site", "projects", "ledger")


def catalogues(base: Path = BASE_DIR) -> Iterator[Path]:
    """Every django.po of ours."""
    for ring in RINGS:
        yield from sorted((base / ring).glob("**/locale/*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


def compile_all(base: Path = BASE_DIR) -> list[Path]:
    """Compile what is out of date and return its sources."""
    compiled = []
    for source in catalogues(base):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        # Written beside and moved into place: two processes may do this at once.
        draft = target.with_suffix(f".mo-{os.getpid()}")
        with draft.open("wb") as file:
            write_mo(file, read(source))
        draft.replace(target)
        compiled.append(source)
    return compiled


if __name__ == "__main__":
    for done in compile_all():
        print(f"compiled {done.relative_to(BASE_DIR)}")
