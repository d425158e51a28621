"""A path as a file: the same rows and numbers as on the screen, as CSV or JSON."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse

from ledger.core.money import decimal_text
from projects.access.csv_cells import csv_bytes
from projects.tracing.nodes import Node
from projects.tracing.words import detail

COLUMNS = ("depth", "kind", "amount", "currency", "covered", "log_index", "date", "reference", "entry_id", "detail")


def rows(path: Node) -> Iterator[dict[str, Any]]:
    """One row a step, in reading order; the depth says what follows what."""
    for depth, node in path.walk():
        facts = node.facts
        yield {
            "depth": depth,
            "kind": node.kind,
            "amount": decimal_text(node.amount_minor, node.currency),
            "currency": node.currency,
            "covered": decimal_text(node.covered_minor, node.currency),
            "log_index": facts.get("position"),
            "date": facts["on"].isoformat() if facts.get("on") else "",
            "reference": reference(node),
            "entry_id": str(facts.get("entry_id") or ""),
            "detail": detail(node),
        }


def reference(node: Node) -> str:
    """The opaque reference of a step's document."""
    for name in ("gift_ref", "award_ref", "payout_ref", "match_ref", "document_ref"):
        if node.facts.get(name):
            return str(node.facts[name])
    return ""


def as_csv(path: Node, name: str) -> HttpResponse:
    content = csv_bytes(COLUMNS, ([row[column] for column in COLUMNS] for row in rows(path)))
    return _file(content, "text/csv; charset=utf-8", f"{name}.csv")


def as_json(path: Node, name: str) -> HttpResponse:
    text = json.dumps({"version": 1, "path": list(rows(path))}, ensure_ascii=False, indent=1)
    return _file(text, "application/json", f"{name}.json")


def _file(text: str | bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
