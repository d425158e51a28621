"""Payout batches in any state, brought there by the same actions as on the site."""

import csv
import datetime
import io

from ledger.core.money import decimal_text
from projects.payouts import actions
from projects.payouts.models import Payout, PayoutBatch
from projects.payouts.queries import batch_digest
from tests.factories import relief
from tests.factories.access import BEGIN

BANK = "BANK-ONE"
HEADER = ("bank", "file", "end_to_end_id", "amount", "status", "bank_ref", "date")
PAID_ON = datetime.date(2026, 3, 3)


def project_with_awards(charity, *amounts: int, **facts):
    """A funded project and one committed award for each amount."""
    project = relief.funded_project(charity, **facts)
    awards = [
        relief.committed(
            charity, project, number, amount_minor=amount, authorisation_recipients=charity.organisation.slug
        )
        for number, amount in enumerate(amounts or (1_000_00,), start=1)
    ]
    return project, awards


def prepared(charity, *, bank_code: str = BANK, at=BEGIN) -> PayoutBatch:
    return actions.prepare_batch(charity.organisation, bank_code=bank_code, by=charity.finance, at=at).batch


def released(charity, *, at=BEGIN, **options) -> PayoutBatch:
    batch = prepared(charity, at=at, **options)
    return actions.release_batch(batch, seen_digest=batch_digest(batch), by=charity.second_finance, at=at)


def exported(charity, *, at=BEGIN, **options) -> tuple[PayoutBatch, actions.ExportedFile]:
    batch = released(charity, at=at, **options)
    file = actions.export_file(batch, by=charity.second_finance, at=at)
    batch.refresh_from_db()
    return batch, file


def line(payout: Payout, *, status: str = "PAID", amount_minor: int | None = None, **cells) -> dict[str, str]:
    """The bank's answer to one payout."""
    minor = payout.amount_minor if amount_minor is None else amount_minor
    return {
        "end_to_end_id": payout.end_to_end_id,
        "amount": decimal_text(minor, payout.currency),
        "status": status,
        "bank_ref": f"B{payout.pk:08d}",
        "date": PAID_ON.isoformat(),
    } | cells


def answer(file, lines, *, bank: str = BANK, header=HEADER, encoding: str = "utf-8") -> bytes:
    """A result file of the bank, for one payment file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({"bank": bank, "file": file.ref} | cells for cells in lines)
    return text.getvalue().encode(encoding)


def confirmed(charity, *, at=BEGIN, **options) -> PayoutBatch:
    """Every payout of the batch paid, says the bank."""
    batch, made = exported(charity, at=at, **options)
    content = answer(made.file, [line(payout) for payout in batch.payouts.all()])
    actions.import_result(charity.organisation, content=content, by=charity.finance, at=at)
    return batch
