"""A small book to post into."""

import secrets
from datetime import UTC, date, datetime, timedelta

from ledger import books, posting, reports, transparency
from ledger.policy import recipes

START = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
DAY = date(2026, 9, 1)
BY = "actor-for-tests"


def ref() -> str:
    return secrets.token_hex(16)


class Desk:
    """Posts into one book, a second apart, and remembers entry ids by name."""

    def __init__(self, book: str = "charity-a") -> None:
        self.book = book
        self.at = START
        books.open_book(code=book, by=BY, at=self.at)
        self.fund("desks")

    def tick(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def fund(self, code: str, currency: str = "CNY") -> None:
        books.open_fund(book=self.book, code=code, restriction="PURPOSE", currency=currency, by=BY, at=self.tick())

    def sequence(self) -> int:
        return transparency.sequence(at=self.tick())

    def post(self, recipe, amount, *, fund="desks", key=None, currency="CNY", on=DAY, **more):
        document_ref = more.pop("document_ref", None) or ref()
        draft = recipe(
            book=self.book, fund=fund, amount_minor=amount, currency=currency, effective_on=on,
            document_ref=document_ref, **more,
        )  # fmt: skip
        return posting.post(draft, by=BY, at=self.tick(), key=key or f"{draft.kind}:{document_ref}")

    def gift(self, amount, *, fund="desks", **more):
        return self.post(recipes.gift, amount, fund=fund, restricted=fund != "general", **more)

    def award(self, amount, *, fund="desks", **more):
        return self.post(recipes.award, amount, fund=fund, **more)

    def refund(self, origin, amount, **more):
        document_ref = ref()
        return posting.refund(
            origin=origin, amount_minor=amount, document_ref=document_ref, effective_on=DAY, by=BY, at=self.tick(),
            key=more.pop("key", f"refund:{document_ref}"), **more,
        )  # fmt: skip

    def reverse(self, entry_id, **more):
        document_ref = ref()
        return posting.reverse(
            entry_id, document_ref=document_ref, effective_on=DAY, by=BY, at=self.tick(),
            key=more.pop("key", f"reverse:{document_ref}"), **more,
        )  # fmt: skip

    def verified(self, *, green: bool = True) -> reports.Report:
        """A report as ``manage.py verify --keep`` leaves it, of one check."""
        head = transparency.head()
        says = [] if green else [{"table": "t", "row": "r", "says": "is wrong"}]
        outcome = {"check": "x", "law": "-", "promise": "y", "green": green, "skipped": "", "findings": says}
        return reports.keep(outcomes=[outcome], size=head.size, root_hex=head.root_hex, by=BY, at=self.tick())
