"""What leaves this app as a file or a letter: the error file of a case list, and the answer to a declined request."""

import csv
import io
from collections.abc import Iterator

from django.utils.translation import gettext

from . import options
from .columns import BY_KEY, ROW_ERRORS, neutral
from .models import AssistanceRequest, CaseFile
from .policies import COMPLAINT_ROUTE, DECLINE_REASONS

BOM = "\ufeff"  # so that a spreadsheet knows it is UTF-8


def error_file(file: CaseFile) -> Iterator[str]:
    """CSV: line, column, code, what is wrong, the masked value. No cell of it is a formula."""
    yield BOM + _line(
        [
            gettext("Line in the file"),
            gettext("Column in the file"),
            gettext("Error code"),
            gettext("What is wrong"),
            gettext("Value (masked)"),
        ]
    )
    for error in file.errors.iterator(chunk_size=1000):
        label = BY_KEY[error.column].label if error.column in BY_KEY else error.column
        yield _line([str(error.line), label, error.code, error_sentence(error.code), error.masked])


def error_sentence(code: str) -> str:
    return gettext(ROW_ERRORS[code]) if code in ROW_ERRORS else code


def decline_notice(request: AssistanceRequest) -> str:
    """What the person is told: the reason, and where to complain."""
    organisation = request.case.organisation
    route = gettext(COMPLAINT_ROUTE) % {
        "charity": organisation.name,
        "days": options.number("RELIEF_COMPLAINT_DAYS"),
        "phone": organisation.contact_phone or "—",
        "area": organisation.jurisdiction.name,
    }
    return f"{gettext(DECLINE_REASONS[request.decline_code])} {route}"


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([neutral(cell) for cell in cells])
    return text.getvalue()
