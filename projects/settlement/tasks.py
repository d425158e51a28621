"""Background work of this app."""

from django.utils import timezone
from django_tasks import task

from ledger.core.refusals import Refused
from projects.settlement import importing
from projects.settlement.models import SettlementFile


@task()
def import_file(ref: str) -> bool:
    """Take in some stretches of a file and queue itself again for the rest: other work gets its turn between."""
    file = SettlementFile.objects.select_related("organisation", "project").get(ref=ref)
    try:
        more = importing.import_rows(file, at=timezone.now(), stretches=importing.STRETCHES_AT_ONCE)
    except Refused as refused:
        # Pressed twice, or the command runs beside: whoever holds the file goes on with it.
        if refused.code != "import_runs_elsewhere":
            raise
        return False
    if more:
        import_file.enqueue(ref)
    return more
