"""The tables of the books. Only ``ledger`` touches them; apps above hold entry ids as plain values."""

from ledger.models.accounts import Account, Book, Fund
from ledger.models.checkpoints import Checkpoint, Cosignature
from ledger.models.journal import JournalEntry, Outbox, Period, Posting, entries_with_keys
from ledger.models.lines import Lot, LotCover, LotHole, LotUse, lots_of
from ledger.models.log import LogHead, LogLeaf, LogTile, Notice
from ledger.models.reports import Verification
from ledger.models.snapshots import AccountSnapshot, DaySum, LineSnapshot

__all__ = [
    "Account",
    "AccountSnapshot",
    "Book",
    "Checkpoint",
    "Cosignature",
    "DaySum",
    "Fund",
    "JournalEntry",
    "LineSnapshot",
    "LogHead",
    "LogLeaf",
    "LogTile",
    "Lot",
    "LotCover",
    "LotHole",
    "LotUse",
    "Notice",
    "Outbox",
    "Period",
    "Posting",
    "Verification",
    "entries_with_keys",
    "lots_of",
]
