"""Help in the demonstration: case lists as files, requests, awards, payouts through a made-up bank."""

import csv
import hashlib
import io
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from charity_site.demo.people import made_up_person
from charity_site.demo.programmes import PLUS, PROGRAMMES, ROOM_CAP, ROOMS, TRY, Programme, shares
from charity_site.demo.world import Charity, World
from ledger.core.refusals import Refused
from projects.catalog.models import Project
from projects.payouts import acknowledging, results
from projects.payouts import actions as payouts
from projects.payouts.models import Payout
from projects.payouts.queries import batch_digest
from projects.relief import actions as relief
from projects.relief.models import AssistanceRequest, Award, Case

SOURCE = "jiuzhutong"
BANK = "DEMO-BANK"
CATEGORIES = ("低保", "低保边缘", "特困", "临时救助")
CHINESE = (
    "来源编号", "类别", "区划代码", "救助用途", "申请金额", "家庭人口", "户号", "姓名", "身份证号", "出生日期",
    "电话", "银行账号", "开户行", "住址", "授权书编号", "授权范围", "授权用途", "授权接收机构", "签署时间",
    "到期时间", "授权书哈希", "来源方式", "敏感等级",
)  # fmt: skip
ENGLISH = (
    "source_number", "category", "node", "purposes", "amount", "household_size", "household_number", "name",
    "id_number", "birth_date", "phone", "account", "bank", "address", "authorisation_reference", "authorisation_scope",
    "authorisation_purposes", "authorisation_recipients", "signed_at", "expires_at", "document_hash", "origin",
    "sensitivity",
)  # fmt: skip
# Each charity's file comes as another source system writes it.
FILE_FORMS = {
    "jiangwan": (CHINESE, "utf-8-sig"),
    "jiangdu": (CHINESE, "gb18030"),
    "qihe": (ENGLISH, "utf-8"),
    "zushan": (CHINESE, "gb18030"),
}


def bring_help(world: World, projects: dict[str, Project], at: datetime) -> None:
    """Cases, requests, awards and payouts of all charities."""
    for slug, charity in world.charities.items():
        programmes = [programme for programme in PROGRAMMES if programme.charity == slug]
        import_case_list(charity, programmes, at)
        for programme in programmes:
            decide(charity, programme, projects[programme.slug], at)
        pay_out(charity, at)


# ---- case lists ----


def asked_amounts(programme: Programme) -> list[int]:
    """What each request of a programme asks for, in minor units; those that are awarded come first."""
    cap = programme.cap * 100 if programme.cap else None
    awarded = shares(programme.paid * 100, programme.awards, cap_minor=cap) if programme.awards else []
    if programme.set == ROOMS:
        return [*awarded, ROOM_CAP * 100 + 1]  # the 42nd household asks for one cent more than the cap
    if programme.set == TRY:
        return [800_00, 1_200_00, 500_00]
    return [*awarded, *(awarded[number % len(awarded)] for number in range(programme.requests - programme.awards))]


def source_number(programme: Programme, number: int) -> str:
    return f"{programme.slug}-{number + 1:04d}"


def case_list(charity: Charity, programmes: list[Programme], at: datetime) -> bytes:
    """A charity's case list as a CSV file, in the form its source system writes."""
    header, encoding = FILE_FORMS[charity.organisation.slug]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for programme in programmes:
        for number, amount in enumerate(asked_amounts(programme)):
            writer.writerow(_case_row(charity, programme, number, amount, at))
    return text.getvalue().encode(encoding)


def _case_row(charity: Charity, programme: Programme, number: int, amount_minor: int, at: datetime) -> list[str]:
    order = PROGRAMMES.index(programme) * 1_000 + number
    person = made_up_person(order)
    town = charity.towns[number % len(charity.towns)]
    source = source_number(programme, number)
    may_publish = number % 10 < 7
    return [
        source,
        CATEGORIES[number % len(CATEGORIES)],
        town.code,
        programme.purpose,
        f"{amount_minor // 100}.{amount_minor % 100:02d}",
        str(1 + number % 5),
        f"H{order:06d}",
        person.name,
        person.id_number,
        person.birth_date.isoformat(),
        person.phone,
        person.account,
        person.bank,
        person.address,
        f"AUTH-{source}",
        "PROCESS;SHARE;PUBLISH" if may_publish else "PROCESS;SHARE",
        programme.purpose,
        charity.organisation.credit_code or "",
        (at - timedelta(days=20)).date().isoformat(),
        (at + timedelta(days=700)).date().isoformat(),
        hashlib.sha256(f"made-up authorisation {source}".encode()).hexdigest(),
        "SELF" if number % 3 else "AGENT",
        "GREEN" if number % 8 else "YELLOW",
    ]


def import_case_list(charity: Charity, programmes: list[Programme], at: datetime) -> Any:
    content = case_list(charity, programmes, at)
    return relief.import_cases(
        io.BytesIO(content),
        organisation=charity.organisation,
        source=SOURCE,
        file_name=f"{charity.organisation.slug}.csv",
        by=charity.people["caseworker"],
        at=at,
    )


# ---- requests and awards ----


def decide(charity: Charity, programme: Programme, project: Project, at: datetime) -> None:
    """Requests of one programme: awarded up to its number; the others are declined, or wait."""
    for number, amount in enumerate(asked_amounts(programme)):
        case = Case.objects.get(
            organisation=charity.organisation, source=SOURCE, source_number=source_number(programme, number)
        )
        if programme.set == TRY and number == 0:
            continue  # a case without a request, for whoever tries it out
        request = relief.submit_request(
            case, project=project, purpose=project.purpose, amount_minor=amount, by=charity.people["caseworker"], at=at
        )
        if number < programme.awards:
            award_in_full(charity, request, at)
        elif programme.set == ROOMS:
            refuse_above_cap(charity, request, at)
        elif programme.set == TRY:
            leave_for_the_visitor(charity, request, number, at)
        elif programme.set == PLUS and number % 2:
            relief.decline_request(request, code="OTHER_CHANNEL", by=charity.people["caseworker"], at=at)


def award_in_full(charity: Charity, request: AssistanceRequest, at: datetime) -> Award:
    """Screened and proposed by one person, approved by as many others as the amount takes."""
    relief.screen_request(request, by=charity.people["caseworker"], at=at)
    request.refresh_from_db()
    award = relief.propose_award(request, amount_minor=request.amount_minor, by=charity.people["caseworker"], at=at)
    for name in ("checker", "finance"):
        award.refresh_from_db()
        if award.state == Award.State.COMMITTED:
            break
        relief.approve_award(award, seen=award.digest, by=charity.people[name], at=at)
    award.refresh_from_db()
    if award.state != Award.State.COMMITTED:
        raise RuntimeError(f"award {award.ref} is {award.state} after all approvals")
    return award


def refuse_above_cap(charity: Charity, request: AssistanceRequest, at: datetime) -> None:
    """The 42nd household asks for 5,000.01: the rules say no, and the caseworker declines with that reason."""
    relief.screen_request(request, by=charity.people["caseworker"], at=at)
    request.refresh_from_db()
    try:
        relief.propose_award(request, amount_minor=request.amount_minor, by=charity.people["caseworker"], at=at)
    except Refused:
        relief.decline_request(request, code="CAP_REACHED", by=charity.people["caseworker"], at=at)
        return
    raise RuntimeError("an award above the cap was not refused")


def leave_for_the_visitor(charity: Charity, request: AssistanceRequest, number: int, at: datetime) -> None:
    """One request waits for an award, one award waits for its approval."""
    relief.screen_request(request, by=charity.people["caseworker"], at=at)
    if number == 2:
        request.refresh_from_db()
        relief.propose_award(request, amount_minor=request.amount_minor, by=charity.people["caseworker"], at=at)


# ---- payouts ----


def pay_out(charity: Charity, at: datetime) -> None:
    """One batch: prepared by one, released by another, answered by the bank, and most households asked."""
    first, second = charity.people["finance"], charity.people["finance2"]
    prepared = payouts.prepare_batch(charity.organisation, bank_code=BANK, by=first, at=at)
    batch = prepared.batch
    batch = payouts.release_batch(batch, seen_digest=batch_digest(batch), by=second, at=at)
    exported = payouts.export_file(batch, by=second, at=at)
    answer = bank_answer(exported.content, at)
    results.import_result(charity.organisation, content=answer, by=first, at=at)
    for number, payout in enumerate(Payout.objects.filter(batch=batch).order_by("pk")):
        if number % 6 != 5:
            acknowledging.acknowledge(
                payout,
                answer="RECEIVED",
                witness_ref=charity.people["editor"].ref,
                by=charity.people["caseworker2"],
                at=at,
            )


def bank_answer(payment_file: bytes, at: datetime) -> bytes:
    """What the made-up bank answers to a payment file: everything paid."""
    rows = list(csv.DictReader(io.StringIO(payment_file.decode("utf-8-sig"))))
    file_ref = rows[0]["文件编号"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["银行代码", "文件编号", "端到端编号", "金额", "状态", "银行流水号", "日期"])
    for number, row in enumerate(rows, 1):
        on = timezone.localtime(at).date().isoformat()
        writer.writerow([BANK, file_ref, row["备注"], row["金额"], "成功", f"DEMO{file_ref[:8]}{number:05d}", on])
    return text.getvalue().encode("utf-8-sig")
