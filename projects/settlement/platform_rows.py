"""Rows of a platform: gifts in bulk, refunds and fees one by one, and money that nobody understands into suspense."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from ledger import posting, transparency
from ledger.core.refusals import Refused
from ledger.policy import recipes
from projects.access.copying import Lines, among, any_among, copy_values, lines_of, looked_up, new_ids
from projects.access.refs import new_refs
from projects.audit import actions as audit
from projects.catalog.models import Project
from projects.giving.bearing import GENERAL_FUND
from projects.giving.going_back import refund_gift
from projects.giving.models import Gift
from projects.giving.platform_gifts import CHANNEL, PlatformGift, ReadyGifts, Unforeseen
from projects.settlement.models import SettlementFile, SettlementRow
from projects.settlement.parsing import NormalRow
from projects.settlement.problems import PROBLEMS
from projects.settlement.raw import Keys
from projects.settlement.standing import counted_rows
from projects.settlement.states import ROW_MOVES
from projects.settlement.suspense import booked_days, booked_on, open_item, post_suspense
from projects.settlement.words import Kind, RowState

_record = audit.recorder("settlement_row", organisation="file.organisation.ref")

# Words as they stand in the tables: an enumeration costs more than a row of them.
GIFT, SUSPENSE, REJECTED = Kind.GIFT.value, RowState.SUSPENSE.value, RowState.REJECTED.value
# States in which a row is written; the others come later.
AT_FIRST = {"REFUND": RowState.WAITING.value, "FEE": RowState.WAITING.value, "PAYOUT": RowState.PAYOUT.value}
COLUMNS = (
    "id", "ref", "number", "kind", "state", "problem", "row_id", "origin_id", "dedupe_key", "amount_minor", "fee_minor",
    "currency", "on", "project_id", "gift_id", "duplicate_of_id", "entry_id",
)  # fmt: skip
WAITING_AT_ONCE = 1_000


@dataclass(slots=True)
class Row:
    """A row on its way into the table: what the file says, and what is decided of it step by step."""

    said: NormalRow
    pk: int
    ref: str
    key: str
    currency: str
    project: Project | None
    state: str
    problem: str
    gift_id: int | None = None
    duplicate_of_id: int | None = None
    entry_id: Any = None

    @property
    def on(self) -> date | None:
        return self.said.on

    @property
    def net_minor(self) -> int:
        return self.said.amount_minor - self.said.fee_minor

    @property
    def money(self) -> tuple[int, str]:
        return self.said.amount_minor, self.currency

    def values(self, day: str | None) -> tuple[Any, ...]:
        said = self.said
        return (
            self.pk, self.ref, said.number, said.kind, self.state, self.problem, said.row_id, said.origin_id, self.key,
            said.amount_minor, said.fee_minor, self.currency, day, self.project.id if self.project else None,
            self.gift_id, self.duplicate_of_id, self.entry_id,
        )  # fmt: skip


@dataclass(slots=True)
class Ready:
    """A stretch as far as it can be made before it is looked up what is known: its rows, and entries for all its gifts.

    ``posted`` are the rows of the gifts. Where one of them turns out to be known, the entries are made anew.
    """

    made: list[Row]
    posted: list[Row]
    gifts: ReadyGifts
    # Of a stretch that was foreseen: what its rows stand for, and the rows as they will be.
    keys: frozenset[str] = frozenset()
    lines: Lines | None = None

    @property
    def all_new(self) -> bool:
        """Whether no gift of a stretch that was taken was known or refused."""
        return all(row.state == GIFT for row in self.posted)

    def foresee(self, file: SettlementFile) -> bool:
        """Decide all rows as if nothing of them were known or refused by a law; False where one needs more than that.

        `take_foreseen` writes them then, and nothing else does.
        """
        standing = [row.key for row in self.made if row.state != REJECTED]
        self.keys = frozenset(standing)
        if len(self.keys) < len(standing) or any(row.state == SUSPENSE for row in self.made):
            return False
        settled = self.gifts.foresee()
        if settled is None:
            return False
        for row, gift in zip(self.posted, settled, strict=True):
            row.state, row.gift_id, row.entry_id = GIFT, gift.gift_id, gift.entry_id
        self.lines = lines_of(SettlementRow(file_id=file.pk), COLUMNS, _values(self.made))
        return True


def make_ready(file: SettlementFile, rows: Sequence[NormalRow], *, by: Any, at: datetime) -> Ready:
    """Make a stretch ready outside the transaction that takes it: only where primary keys are drawn outside of one."""
    made = _made(file, rows, Keys(file), at)
    posted = _to_post(made)
    return Ready(made, posted, _entries_of(file, posted, by=by, at=at))


def take(
    file: SettlementFile, rows: Sequence[NormalRow], *, by: Any, at: datetime, ready: Ready | None = None
) -> dict[str, int]:
    """Decide every row of a stretch and write it, inside the caller's transaction; how many of each state."""
    keys = Keys(file)
    made = ready.made if ready else _made(file, rows, keys, at)
    _mark_known(file, made, keys)
    _post_gifts(file, _to_post(made), ready, by=by, at=at)
    held = [row for row in made if row.state == SUSPENSE]
    for row in held:
        row.entry_id = post_suspense(row, file.organisation, channel=CHANNEL, by=by, at=at).hex
    copy_values(SettlementRow(file_id=file.pk), COLUMNS, _values(made))
    for kept in among(SettlementRow.objects.all(), "pk", [row.pk for row in held]):
        open_item(file.organisation, row=kept, at=at)
    return dict(Counter(row.state for row in made))


def take_foreseen(file: SettlementFile, ready: Ready) -> dict[str, int]:
    """Write a stretch as it was foreseen, inside the caller's transaction; how many of each state.

    That its money is new the tables decide: ``IntegrityError`` where it is not, `Unforeseen` where it came by a feed.
    """
    assert ready.lines is not None
    if _from_a_feed(file, ready.posted):
        raise Unforeseen
    ready.gifts.settle_as_foreseen()
    ready.lines.write()
    return dict(Counter(row.state for row in ready.made))


def _values(made: Sequence[Row]) -> list[tuple[Any, ...]]:
    days = {on: on.isoformat() if on else None for on in {row.said.on for row in made}}
    return [row.values(days[row.said.on]) for row in made]


def _to_post(made: Sequence[Row]) -> list[Row]:
    return [row for row in made if row.said.kind == GIFT and not row.state]


class _Projects:
    """Whose a row's project is, by any of the names that a platform may use."""

    def __init__(self, file: SettlementFile) -> None:
        self.default = file.project
        self.by_name: dict[str, Project | None] = {}
        for project in Project.objects.filter(organisation=file.organisation).exclude(fund_code=""):
            names = {project.slug, project.filing_number, project.name_zh, project.name_en, project.fund_code}
            for name in names - {""}:
                # A name that two projects share says nothing.
                self.by_name[name] = None if name in self.by_name else project

    def find(self, name: str) -> tuple[Project | None, bool]:
        """The project, and whether the name is understood."""
        if not name:
            return self.default, True
        project = self.by_name.get(name)
        return project, project is not None


def _made(file: SettlementFile, rows: Sequence[NormalRow], keys: Keys, at: datetime) -> list[Row]:
    """The rows as far as each can be decided by itself. A gift has no state yet: it gets one before it is written."""
    projects, today, made = _Projects(file), localtime(at).date(), []
    names = zip(rows, new_ids(SettlementRow, len(rows)), new_refs(len(rows)), strict=True)
    for said, row_id, ref in names:
        rejected, suspense = said.rejected, said.suspense
        if not rejected and said.on is not None and said.on > today:
            rejected = "effective_in_future"
        project, known = projects.find(said.project)
        if said.kind == GIFT and not known:
            suspense = "project_unknown"
        state = REJECTED if rejected else SUSPENSE if suspense else AT_FIRST.get(said.kind, "")
        key = keys.of(said.kind, said.row_id, said.number)
        made.append(Row(said, row_id, ref, key, said.currency or file.currency, project, state, rejected or suspense))
    return made


def _mark_known(file: SettlementFile, made: Sequence[Row], keys: Keys) -> None:
    """Mark rows whose money is there already: from an earlier file, a feed, or earlier in this one."""
    standing = [row for row in made if row.state != REJECTED]
    there = counted_rows().values_list("dedupe_key", "pk", "amount_minor", "currency")
    before = {
        key: (pk, (amount, currency))
        for key, pk, amount, currency in looked_up(there, "dedupe_key", [row.key for row in standing])
    }
    fed = _from_a_feed(file, standing)
    for row in standing:
        pk, money = before.setdefault(row.key, (row.pk, row.money))
        if pk != row.pk:
            if _known_or_held(keys, row, money):
                row.duplicate_of_id = pk
        elif row.said.kind == GIFT and row.said.row_id in fed:
            gift_id, money = fed[row.said.row_id]
            if _known_or_held(keys, row, money):
                row.gift_id = gift_id


def _known_or_held(keys: Keys, row: Row, money: tuple[int, str]) -> bool:
    """Whether the row is the money that is there already; if not, it is held."""
    if row.money == money:
        row.state, row.problem = RowState.DUPLICATE.value, "known"
        return True
    # The same number with another amount is other money, or a mistake of the platform: a person has to look.
    row.state, row.problem = SUSPENSE, "number_reused"
    row.key = keys.of("reused", "", row.said.number)
    return False


def _from_a_feed(file: SettlementFile, rows: Sequence[Row]) -> dict[str, tuple[int, tuple[int, str]]]:
    """Gifts of the charity that came by another way under the provider's number."""
    ids = [row.said.row_id for row in rows if row.said.kind == GIFT and row.said.row_id]
    # Whose they are is looked at here: asked for a charity's gifts, SQLite would go through all of them each time.
    there = Gift.objects.values_list("provider_ref", "pk", "amount_minor", "currency", "organisation_id", "entry_id")
    found = looked_up(there, "provider_ref", ids) if any_among(there, "provider_ref", ids) else []
    return {
        ref or "": (pk, (amount, currency))
        for ref, pk, amount, currency, owner, entry in found
        if owner == file.organisation_id and entry is not None
    }


def _post_gifts(file: SettlementFile, rows: Sequence[Row], ready: Ready | None, *, by: Any, at: datetime) -> None:
    # None of them was found to be known: then those that were made ready are these.
    fit = ready is not None and len(ready.posted) == len(rows)
    gifts = ready.gifts if ready and fit else _entries_of(file, rows, by=by, at=at)
    for row, answer in zip(rows, gifts.settle(), strict=True):
        if isinstance(answer, Refused):
            row.state, row.problem = SUSPENSE, _code(answer)
        else:
            row.state, row.gift_id, row.entry_id = GIFT, answer.gift_id, answer.entry_id


def _entries_of(file: SettlementFile, rows: Sequence[Row], *, by: Any, at: datetime) -> ReadyGifts:
    days = booked_days(file.organisation.book_code, {row.said.on for row in rows}, at)
    prefix = provider_prefix(file, GIFT)
    # The journal's key is the row's place: it holds no number of a platform, and what is posted together lies together.
    # That the money comes once in all files the rows say, in the same transaction.
    gifts = [
        PlatformGift(
            f"{file.ref}:{row.said.number:09}", prefix + (row.said.row_id or row.key), row.project,
            row.said.amount_minor, row.currency, row.said.donor_name, days[row.said.on],
        )
        for row in rows
    ]  # fmt: skip
    return ReadyGifts(gifts, organisation=file.organisation, by=by, at=at)


def provider_prefix(file: SettlementFile, kind: str) -> str:
    """What stands before the platform's number as gifts and refunds keep it: two charities may meet the same one."""
    return f"{file.provider}:{file.organisation_id}:{kind}:"


def _code(refused: Refused) -> str:
    return refused.code if refused.code in PROBLEMS else "refused"


# ---- what waits for the log ----


def settle_waiting(file: SettlementFile, *, by: Any, at: datetime) -> None:
    """Refunds and fees, once the gifts have their place in the log. Each is a transaction; a kill loses nothing."""
    waiting = file.rows.filter(state=RowState.WAITING).select_related("file__organisation").order_by("number")
    if not waiting.exists():
        return
    # The sequencer is single by its own lock; here it is only called a moment earlier than the worker would.
    while transparency.sequence(at=at):
        pass
    while rows := list(waiting[:WAITING_AT_ONCE]):
        for row in rows:
            with transaction.atomic():
                _settle(file, row, by=by, at=at)


def _settle(file: SettlementFile, row: SettlementRow, *, by: Any, at: datetime) -> None:
    try:
        with transaction.atomic():
            if row.kind == Kind.FEE:
                row.entry_id = post_fee(file, row.ref, -row.amount_minor, on=row.on, by=by, at=at)
                row.state = RowState.FEE
            else:
                _refund(file, row, by=by, at=at)
    except Refused as refused:
        if refused.code == "not_yet_in_log":
            raise
        row.state, row.problem = RowState.SUSPENSE, _code(refused)
        row.entry_id = post_suspense(row, file.organisation, channel=CHANNEL, by=by, at=at)
    # What was decided in the meantime stays as it is decided.
    decided = SettlementRow.objects.filter(pk=row.pk, state=RowState.WAITING).update(
        state=row.state, problem=row.problem, entry_id=row.entry_id, gift=row.gift, project=row.project
    )
    if not decided:
        return
    if row.state == RowState.SUSPENSE:
        open_item(file.organisation, row=row, at=at)
    _record(row, ROW_MOVES[RowState.WAITING, RowState(row.state)], by=by, at=at)


def _refund(file: SettlementFile, row: SettlementRow, *, by: Any, at: datetime) -> None:
    gift = _origin(file, row)
    if gift is None:
        raise Refused("origin_unknown", str(PROBLEMS["origin_unknown"]))
    number = provider_prefix(file, row.kind) + (row.row_id or row.dedupe_key)
    refund = refund_gift(gift, provider_ref=number, amount_minor=-row.amount_minor, by=by, at=at)
    row.state, row.gift, row.project, row.entry_id = RowState.REFUND, gift, gift.project, refund.entry_id


def _origin(file: SettlementFile, row: SettlementRow) -> Gift | None:
    if not row.origin_id:
        return None
    key = Keys(file).of(GIFT, row.origin_id, 0)
    known = counted_rows().filter(dedupe_key=key, state=RowState.GIFT).select_related("gift__project").first()
    if known is not None:
        return known.gift
    return Gift.objects.filter(organisation=file.organisation, provider_ref=row.origin_id).first()


def post_fee(file: SettlementFile, ref: str, fee_minor: int, *, on: Any, by: Any, at: datetime) -> Any:
    """A fee the platform kept: borne by the unrestricted fund, or as a shortfall where that has too little."""
    book = file.organisation.book_code
    for borne in (True, False):
        draft = recipes.processing_fee(
            book=book,
            fund=GENERAL_FUND,
            amount_minor=fee_minor,
            currency=file.currency,
            effective_on=booked_on(book, on, at),
            document_ref=ref,
            channel=CHANNEL,
            borne=borne,
        )
        try:
            with transaction.atomic():
                return posting.post(draft, by=by.ref, at=at, key=f"fee:{ref}").entry_id
        except Refused as refused:
            if not borne or refused.code != "fund_overspent":
                raise
    raise AssertionError("the second way has no condition")  # pragma: no cover
