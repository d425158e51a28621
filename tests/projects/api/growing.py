"""A log that grows by notices, and is signed when asked to."""

from ledger import checkpoints, posting, transparency
from ledger.models import Checkpoint
from tests.ledger.helpers import BY, DAY, Desk


class Log:
    def __init__(self) -> None:
        self.desk = Desk()
        self.count = 0
        self.desk.sequence()

    def grow_to(self, size: int, *, says: str = "report") -> Checkpoint:
        for _ in range(size - transparency.head().size):
            self.count += 1
            facts = {"subject": f"{says} {self.count}", "digest": "ab" * 32}
            posting.notice(
                "DISCLOSURE", book=self.desk.book, effective_on=DAY, facts=facts, by=BY, at=self.desk.tick(),
                key=f"disclosure:{says}:{self.count}",
            )  # fmt: skip
        self.desk.sequence()
        assert checkpoints.sign(at=self.desk.tick()) == 1
        last = checkpoints.latest()
        assert last
        return last
