"""The figures that the site states for each public project at a position of the log, in whole minor units.

They are what strangers hold against the leaves (``python -m ledger.auditor``). So nothing here is rounded, netted or
named kindly; the pages do that (`tracing.figures`).
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.cache import cache

from ledger import balances
from projects.catalog.models import Project
from projects.catalog.queries import book_of, public_projects

KEPT_SECONDS = 3600


def rows(projects: Iterable[Project], *, position: int, root_hex: str) -> list[dict[str, Any]]:
    """The figures of some projects at a position; kept in the cache under it, for they cannot change."""
    return [_row(project, position, root_hex) for project in projects]


def with_funds() -> Any:
    """Every public project that has a fund in the books, in the order of references."""
    projects = public_projects().filter(opened_at__isnull=False).exclude(fund_code="")
    return projects.exclude(organisation__book_code="").order_by("ref")


def _row(project: Project, position: int, root_hex: str) -> dict[str, Any]:
    facts = {
        "project": project.ref,
        "slug": project.slug,
        "name_zh": project.name_zh,
        "name_en": project.name_en,
        "book": book_of(project),
        "fund": project.fund_code,
    }
    key = f"api-figures:{project.ref}:{position}:{root_hex[:32]}"
    figures = cache.get(key)
    if figures is None:
        figures = _read(book_of(project), project.fund_code, position)
        cache.set(key, figures, KEPT_SECONDS)
    return facts | figures


def _read(book: str, fund: str, position: int) -> dict[str, Any]:
    read = balances.fund_figures(book=book, fund=fund, position=position)
    return {
        "currency": read.currency,
        "given": read.given_minor,
        "matched": read.matched_minor,
        "other_in": read.other_in_minor,
        "refunded": read.refunded_minor,
        "covered": read.covered_minor,
        "spent": read.spent_minor,
        "left": read.left_minor,
        "gifts": read.gift_count,
        "matches": read.match_count,
    }


def document(position: int) -> dict[str, Any]:
    """All figures at a position in one document, as the log's export writes them beside the checkpoint."""
    size, root_hex = balances.at_position(position)
    listed = rows(with_funds().iterator(chunk_size=200), position=size, root_hex=root_hex)
    return {"position": size, "root": root_hex, "projects": listed, "after": ""}


def write_beside(sender: object, *, folder: Path, size: int, **more: Any) -> None:
    """The figures of the exported checkpoint, for whoever checks the folder offline."""
    text = json.dumps(document(size), ensure_ascii=False, indent=1)
    draft = folder / ".figures.json.draft"
    draft.write_text(f"{text}\n", encoding="utf-8")
    draft.replace(folder / "figures.json")
