"""Bare WeasyPrint: pages that are in memory, drawn to PDF/A and dropped. No Django, no database, no disk."""

from pathlib import Path
from time import perf_counter
from typing import Any

from weasyprint import HTML

from tests.bench.programs.serving import serve

_pages: list[str] = []


def load(path: str, part: int, parts: int) -> dict[str, Any]:
    """Take every so-manieth page into memory, and draw one, so that nothing is loaded while time is taken."""
    files = sorted(Path(path).glob("*.html"), key=lambda file: int(file.stem))
    _pages[:] = [file.read_text() for file in files[part::parts]]
    return {"pages": _draw(_pages[0])}


def draw() -> dict[str, Any]:
    begun = perf_counter()
    count = sum(_draw(page) for page in _pages)
    return {"seconds": perf_counter() - begun, "count": count}


def _draw(page: str) -> int:
    pages: list[int] = []
    HTML(string=page).write_pdf(
        finisher=lambda document, _pdf: pages.append(len(document.pages)), pdf_variant="pdf/a-3u", pdf_tags=True
    )
    return sum(pages)


if __name__ == "__main__":
    serve({"load": load, "draw": draw})
