"""What can be done with the files of platforms and banks. The verbs live in the files named here."""

from projects.settlement.adjusting import confirm_adjustment, draft_adjustment, draft_answer, drop_adjustment
from projects.settlement.completing import accept_totals
from projects.settlement.erasing import erase_person
from projects.settlement.importing import import_rows
from projects.settlement.intake import add_mapping, discard_file, preview_file, receive_file, start_import
from projects.settlement.reconciling import reconcile_everywhere, reconcile_open
from projects.settlement.suspense import solve_as_gift, solve_as_returned

__all__ = [
    "accept_totals",
    "add_mapping",
    "confirm_adjustment",
    "discard_file",
    "draft_adjustment",
    "draft_answer",
    "drop_adjustment",
    "erase_person",
    "import_rows",
    "preview_file",
    "receive_file",
    "reconcile_everywhere",
    "reconcile_open",
    "solve_as_gift",
    "solve_as_returned",
    "start_import",
]
