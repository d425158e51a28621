"""Rows of a platform: gifts in bulk, refunds and fees one by one, and money that nobody understands into suspense."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from ledger import posting, transparency
from ledger.core.refusals import Refused
from ledger.policy import recipes
from projects.access.copying import copy_rows, new_ids
from projects.audit import actions as audit
from projects.catalog.models import Project
from projects.giving.bearing import GENERAL_FUND
from projects.giving.going_back import refund_gift
from projects.giving.models import Gift
from projects.giving.platform_gifts import AT_ONCE, CHANNEL, PlatformGift, settle_many
from projects.settlement.models import SettlementFile, SettlementRow
from projects.settlement.parsing import NormalRow
from projects.settlement.problems import PROBLEMS
from projects.settlement.raw import dedupe_key
from projects.settlement.states import COUNTED, ROW_MOVES
from projects.settlement.suspense import booked_on, open_item, post_suspense
from projects.settlement.words import Kind, RowState

_record = audit.recorder("settlement_row", organisation="file.organisation.ref")

# States in which a row is written; the others come later.
AT_FIRST = {Kind.REFUND: RowState.WAITING, Kind.FEE: RowState.WAITING, Kind.PAYOUT: RowState.PAYOUT}


def take(file: SettlementFile, rows: Sequence[NormalRow], *, by: Any, at: datetime) -> dict[str, int]:
    """Decide every row of a stretch and write it, inside the caller's transaction; how many of each state."""
    projects = _Projects(file)
    made = [_written(file, row, projects, at) for row in rows]
    _mark_known(file, made)
    _post_gifts(file, [pair for pair in zip(made, rows, strict=True) if _is_open_gift(pair[0])], by=by, at=at)
    held = [row for row in made if row.state == RowState.SUSPENSE]
    for row in held:
        row.entry_id = post_suspense(row, file.organisation, channel=CHANNEL, by=by, at=at)
    copy_rows(SettlementRow, made)
    for row in held:
        open_item(file.organisation, row=row, at=at)
    return dict(Counter(str(row.state) for row in made))


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


def _written(file: SettlementFile, row: NormalRow, projects: _Projects, at: datetime) -> SettlementRow:
    rejected, suspense = row.rejected, row.suspense
    if not rejected and row.on is not None and row.on > localtime(at).date():
        rejected = "effective_in_future"
    project, known = projects.find(row.project)
    if row.kind == Kind.GIFT and not known:
        suspense = "project_unknown"
    state = RowState.REJECTED if rejected else RowState.SUSPENSE if suspense else AT_FIRST.get(Kind(row.kind), "")
    return SettlementRow(
        file=file,
        number=row.number,
        kind=row.kind,
        # A gift has no state yet: it gets one before it is written.
        state=state,
        problem=rejected or suspense,
        row_id=row.row_id,
        origin_id=row.origin_id,
        dedupe_key=dedupe_key(file, row.kind, row.row_id, row.number),
        amount_minor=row.amount_minor,
        fee_minor=row.fee_minor,
        currency=row.currency or file.currency,
        on=row.on,
        project=project,
    )


def _is_open_gift(row: SettlementRow) -> bool:
    return row.kind == Kind.GIFT and not row.state


def _mark_known(file: SettlementFile, made: Sequence[SettlementRow]) -> None:
    """Give ids, and mark rows whose money is there already: from an earlier file, a feed, or earlier in this one."""
    for row, row_pk in zip(made, new_ids(SettlementRow, len(made)), strict=True):
        row.pk = row_pk
    standing = [row for row in made if row.state != RowState.REJECTED]
    keys = [row.dedupe_key for row in standing]
    rows = SettlementRow.objects.filter(dedupe_key__in=keys, state__in=[str(state) for state in COUNTED])
    first: dict[str, SettlementRow] = {row.dedupe_key: row for row in rows}
    fed = _from_a_feed(file, standing)
    for row in standing:
        before = first.setdefault(row.dedupe_key, row)
        if before is not row:
            _repeat(file, row, before)
        elif row.kind == Kind.GIFT and row.row_id in fed:
            gift = fed[row.row_id]
            same = (gift.amount_minor, gift.currency) == (row.amount_minor, row.currency)
            _known_or_held(file, row, same)
            row.gift = gift if same else None


def _repeat(file: SettlementFile, row: SettlementRow, before: SettlementRow) -> None:
    same = (before.amount_minor, before.currency) == (row.amount_minor, row.currency)
    _known_or_held(file, row, same)
    if same:
        row.duplicate_of = before


def _known_or_held(file: SettlementFile, row: SettlementRow, same: bool) -> None:
    if same:
        row.state, row.problem = RowState.DUPLICATE, "known"
    else:
        # The same number with another amount is other money, or a mistake of the platform: a person has to look.
        row.state, row.problem = RowState.SUSPENSE, "number_reused"
        row.dedupe_key = dedupe_key(file, "reused", "", row.number)


def _from_a_feed(file: SettlementFile, rows: Sequence[SettlementRow]) -> dict[str, Gift]:
    """Gifts of the charity that came by another way under the provider's number."""
    ids = [row.row_id for row in rows if row.kind == Kind.GIFT and row.row_id]
    gifts = Gift.objects.filter(organisation=file.organisation, provider_ref__in=ids, entry_id__isnull=False)
    return {gift.provider_ref or "": gift for gift in gifts}


def _post_gifts(
    file: SettlementFile, pairs: Sequence[tuple[SettlementRow, NormalRow]], *, by: Any, at: datetime
) -> None:
    days: dict[Any, Any] = {}
    book = file.organisation.book_code
    gifts = []
    for row, normal in pairs:
        if row.on not in days:
            days[row.on] = booked_on(book, row.on, at)
        gifts.append(
            PlatformGift(
                key=row.dedupe_key,
                provider_ref=provider_ref(file, row),
                project=row.project,
                amount_minor=row.amount_minor,
                currency=row.currency,
                donor_name=normal.donor_name,
                effective_on=days[row.on],
            )
        )
    settled = settle_many(gifts, organisation=file.organisation, by=by, at=at)
    for row, _normal in pairs:
        answer = settled[row.dedupe_key]
        if isinstance(answer, Refused):
            row.state, row.problem = RowState.SUSPENSE, _code(answer)
        else:
            row.state, row.gift_id, row.entry_id = RowState.GIFT, answer.gift_id, answer.entry_id


def provider_ref(file: SettlementFile, row: SettlementRow) -> str:
    """The platform's number as gifts and refunds keep it: two charities may meet the same one."""
    return f"{file.provider}:{file.organisation_id}:{row.kind}:{row.row_id or row.dedupe_key}"


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
    while rows := list(waiting[:AT_ONCE]):
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
    refund = refund_gift(gift, provider_ref=provider_ref(file, row), amount_minor=-row.amount_minor, by=by, at=at)
    row.state, row.gift, row.project, row.entry_id = RowState.REFUND, gift, gift.project, refund.entry_id


def _origin(file: SettlementFile, row: SettlementRow) -> Gift | None:
    if not row.origin_id:
        return None
    key = dedupe_key(file, Kind.GIFT, row.origin_id, 0)
    known = SettlementRow.objects.filter(dedupe_key=key, state=RowState.GIFT).select_related("gift__project").first()
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
