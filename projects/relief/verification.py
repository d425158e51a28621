"""What `manage.py verify` asks of awards: what is committed stands in the books, once, as large as it says."""

from collections.abc import Iterator

from ledger.verify import Check, Finding
from ledger.verify.documents import rows_equal_entries
from projects.relief.models import Award


def awards_equal_their_entries() -> Iterator[Finding]:
    return rows_equal_entries(Award, kind="AWARD", called="an award")


CHECKS = (Check("awards", "-", "each award in the books is one award here, as large", awards_equal_their_entries),)
