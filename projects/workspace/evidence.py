"""Files of evidence, never in a page of ours: a file from outside is handed on, not shown."""

from typing import Any

from django.http import HttpResponse

from projects.giving import evidence


def handed_on(row: Any) -> HttpResponse:
    """The evidence of a row as a download. The caller has written who looks."""
    response = HttpResponse(evidence.fetch(row.ref), content_type=row.evidence_type)
    response["Content-Disposition"] = f'attachment; filename="{row.ref[:8]}.{row.evidence_type.rpartition("/")[2]}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
