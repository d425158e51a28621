"""The outside verifier as one file: Python runs it as it is, and whoever doubts it unzips and reads it.

The same source gives the same bytes, so that two sites' files (or a copy from elsewhere) can be compared.
"""

import io
import zipfile
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

import ledger

PARTS = ("auditor", "core", "policy")
MAIN = "import sys\n\nfrom ledger.auditor.command import main\n\nsys.exit(main(sys.argv[1:]))\n"
LONG_AGO = (1980, 1, 1, 0, 0, 0)


@cache
def archive() -> bytes:
    """A zip of the verifier's source with a ``__main__``, the licence beside it."""
    home = Path(ledger.__file__).parent
    texts = {"__main__.py": MAIN, "ledger/__init__.py": ""}
    for part in PARTS:
        for path in sorted((home / part).rglob("*.py")):
            texts[f"ledger/{path.relative_to(home).as_posix()}"] = path.read_text(encoding="utf-8")
    licence = home.parent / "LICENSE"
    if licence.is_file():
        texts["LICENSE"] = licence.read_text(encoding="utf-8")
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in texts.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            file.writestr(entry, text)
    return raw.getvalue()


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """``ledger-auditor.pyz``."""
    response = HttpResponse(archive(), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="ledger-auditor.pyz"'
    response["Cache-Control"] = "public, max-age=3600"
    response["Access-Control-Allow-Origin"] = "*"
    return response
