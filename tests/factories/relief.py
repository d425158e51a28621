"""Cases, requests and awards, brought into the books by the same imports and actions as on the site."""

import csv
import datetime
import io

from charity_site.demo.people import made_up_person
from ledger import posting, transparency
from ledger.policy import recipes
from projects.catalog.queries import book_of
from projects.relief import actions
from projects.relief.columns import BY_KEY, COLUMNS
from projects.relief.models import Award, Case
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.organisations import JurisdictionFactory, level

HASH = "a1" * 32


def town(code: str = "500116100", *, parent=None, name: str = "柏林镇"):
    """A town below a district, made once."""
    from projects.organisations.models import Jurisdiction

    known = Jurisdiction.objects.filter(code=code).first()
    return known or JurisdictionFactory(
        code=code, name_zh=name, name_en=f"Town {code}", level=level("TOWN"), **({"parent": parent} if parent else {})
    )


def row(number: int = 1, *, born: datetime.date | None = None, **cells: str) -> dict[str, str]:
    """One line of a case list, by column key. Everything about the person is made up."""
    person = made_up_person(number, born=born)
    return {
        "source_number": f"JW-2026-{number:05d}",
        "category": "低保",
        "node": "500116100",
        "purposes": "居住改善",
        "amount": "5000.00",
        "household_size": "3",
        "household_number": f"HU{number:06d}",
        "name": person.name,
        "id_number": person.id_number,
        "birth_date": person.birth_date.isoformat(),
        "phone": person.phone,
        "account": person.account,
        "bank": person.bank,
        "address": person.address,
        "authorisation_reference": f"SQ-{number:05d}",
        "authorisation_scope": "处理;公示",
        "authorisation_purposes": "居住改善;助学;助医",
        "authorisation_recipients": "charity-a;江湾慈善会",
        "signed_at": "2026-02-20 09:30",
        "expires_at": "2027-02-20",
        "document_hash": HASH,
        "origin": "本人",
        "sensitivity": "绿",
    } | cells


def case_list(rows, *, encoding: str = "utf-8-sig", chinese: bool = True, without: tuple[str, ...] = ()) -> io.BytesIO:
    """The lines as a CSV file."""
    keys = [column.key for column in COLUMNS if column.key not in without]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([BY_KEY[key].names[0] if chinese else key for key in keys])
    for cells in rows:
        writer.writerow([cells.get(key, "") for key in keys])
    return io.BytesIO(text.getvalue().encode(encoding))


def take_in(charity, *rows, by=None, at=BEGIN, source: str = "RELIEF_PASS"):
    """Import lines; the file as it then is."""
    town(parent=charity.organisation.jurisdiction)
    return actions.import_cases(
        case_list(rows),
        organisation=charity.organisation,
        source=source,
        file_name="cases.csv",
        by=by or intake_agent(charity),
        at=at,
    )


def case(charity, number: int = 1, *, by=None, at=BEGIN, **cells) -> Case:
    """A case that came in by a list."""
    take_in(charity, row(number, **cells), by=by, at=at)
    return Case.objects.get(organisation=charity.organisation, source_number=f"JW-2026-{number:05d}")


def intake_agent(charity):
    """Whoever takes cases in is none of the people who decide later."""
    from projects.access.models import User
    from projects.access.roles import Role
    from tests.factories.access import user_with

    name = f"intake-{charity.organisation.slug}"
    known = User.objects.filter(username=name).first()
    return known or user_with(Role.CASEWORKER, organisation=charity.organisation, username=name)


def recommended(charity, project, number: int = 1, *, amount_minor: int = 5_000_00, at=BEGIN, **cells):
    """A request that the rules and the caseworker found good."""
    one = case(charity, number, at=at, **cells)
    request = actions.submit_request(
        one, project=project, purpose=project.purpose, amount_minor=amount_minor, by=intake_agent(charity), at=at
    )
    actions.screen_request(request, by=charity.caseworker, at=at)
    return request


def proposed(charity, project, number: int = 1, *, amount_minor: int = 5_000_00, at=BEGIN, **cells) -> Award:
    """An award that waits for its first approval."""
    request = recommended(charity, project, number, amount_minor=amount_minor, at=at, **cells)
    return actions.propose_award(request, amount_minor=amount_minor, by=charity.caseworker, at=at)


def approvers(charity, award: Award) -> list:
    """The people for each stage of the award's policy, one after the other."""
    people = {
        "relief.approve_award": [charity.checker, charity.second_checker],
        "relief.approve_award_second": [charity.finance, charity.second_finance],
        "relief.approve_award_final": [charity.admin],
    }
    return [person for stage in award.policy.stages.all() for person in people[stage.permission][: stage.people]]


def committed(charity, project, number: int = 1, *, amount_minor: int = 5_000_00, at=BEGIN, **cells) -> Award:
    """An award that everybody approved; it stands in the books. The fund must hold the money."""
    award = proposed(charity, project, number, amount_minor=amount_minor, at=at, **cells)
    for person in approvers(charity, award):
        actions.approve_award(award, seen=award.digest, by=person, at=at)
    return award


def funded_project(charity, *, amount_minor: int = 200_000_00, **facts):
    """An open project whose fund holds money, already numbered in the log."""
    project = open_project(charity.organisation, **facts)
    draft = recipes.gift(
        book=book_of(project),
        fund=project.fund_code,
        amount_minor=amount_minor,
        currency=project.currency,
        effective_on=BEGIN.date(),
        document_ref=project.ref,
        restricted=True,
    )
    posting.post(draft, by="system:setup", at=BEGIN, key=f"gift:{project.ref}")
    transparency.sequence(at=BEGIN)
    return project
