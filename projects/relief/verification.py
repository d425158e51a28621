"""What `manage.py verify` asks of awards: what is committed stands in the books, once, as large as it says."""

from collections.abc import Iterator

from ledger import transparency
from ledger.verify import Check, Finding
from projects.relief.models import Award


def awards_equal_their_entries() -> Iterator[Finding]:
    booked = {entry.document_ref: entry for entry in transparency.all_entries(kinds=("AWARD",))}
    for award in Award.objects.exclude(entry_id=None).only("ref", "entry_id", "amount_minor", "currency").iterator():
        entry = booked.pop(award.ref, None)
        if entry is None:
            if award.entry_id and transparency.position_of(award.entry_id) is not None:
                yield Finding("relief_award", award.ref, "its entry in the log names another document")
        elif (entry.entry_id, entry.amount_minor, entry.currency) != (
            award.entry_id,
            award.amount_minor,
            award.currency,
        ):
            yield Finding("relief_award", award.ref, "its entry, amount or currency is not that of the log")
    for ref in booked:
        yield Finding("relief_award", ref, "the log has an award that is not here")


CHECKS = (Check("awards", "-", "each award in the books is one award here, as large", awards_equal_their_entries),)
