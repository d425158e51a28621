"""What leaves this app as a file or a letter: the error file of a case list, and the answer to a declined request."""

from django.utils.translation import gettext

from projects.access.csv_cells import csv_bytes

from . import options
from .columns import BY_KEY, ROW_ERRORS
from .models import AssistanceRequest, CaseFile, CaseFileError
from .policies import COMPLAINT_ROUTE, DECLINE_REASONS


def error_file(file: CaseFile) -> bytes:
    """CSV of every fault in a case list. Values are masked."""
    header = (gettext("Line"), gettext("Column"), gettext("What is wrong"), gettext("Value, masked"))
    return csv_bytes(header, (error_row(error) for error in file.errors.iterator(chunk_size=1000)))


def error_row(error: CaseFileError) -> tuple[int, str, str, str]:
    """Line, column, what is wrong, and as much of the value as may be shown."""
    column = BY_KEY.get(error.column)
    return (error.line, column.label if column else "", gettext(ROW_ERRORS.get(error.code, error.code)), error.masked)


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
