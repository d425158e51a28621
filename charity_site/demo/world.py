"""Places, bodies and people of the demonstration. All made up; the names of districts exist nowhere.

Four charities in four districts, one for each set of public figures, so that each charity's page shows one set's
totals. The first one has the people whose logins `make demo` prints; the others show that nobody sees another charity's
work.
"""

import datetime
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.hashers import make_password
from stdnum.cn import uscc

from charity_site.demo_cast import CAST, PASSWORD
from projects.access.actors import DEMO
from projects.access.models import User
from projects.access.roles import Role
from projects.organisations import actions as organisations
from projects.organisations.models import Jurisdiction, Organisation

NATION, CITY = "000000000000", "990000000000"
FROM = datetime.date(2024, 1, 1)


@dataclass(frozen=True)
class District:
    """A district with its towns, its charity and the prefix of that charity's logins."""

    code: str
    name_zh: str
    name_en: str
    towns: tuple[tuple[str, str], ...]
    charity_slug: str
    charity_zh: str
    charity_en: str
    login_prefix: str


DISTRICTS = (
    District(
        "990101000000",
        "江湾区",
        "Jiangwan District",
        (("白沙镇", "Baisha Town"), ("石桥镇", "Shiqiao Town"), ("双河街道", "Shuanghe Sub-district")),
        "jiangwan",
        "江湾区慈善会",
        "Jiangwan Charity Federation",
        "",
    ),
    District(
        "990104000000",
        "江渡区",
        "Jiangdu District",
        (("永兴镇", "Yongxing Town"), ("德感街道", "Degan Sub-district"), ("白石镇", "Baishi Town")),
        "jiangdu",
        "江渡区慈善会",
        "Jiangdu Charity Federation",
        "jiangdu-",
    ),
    District(
        "990102000000",
        "綦河区",
        "Qihe District",
        (("东溪镇", "Dongxi Town"), ("古南街道", "Gunan Sub-district"), ("三角镇", "Sanjiao Town")),
        "qihe",
        "綦河区慈善会",
        "Qihe Charity Federation",
        "qihe-",
    ),
    District(
        "990103000000",
        "足山区",
        "Zushan District",
        (("宝顶镇", "Baoding Town"), ("龙水镇", "Longshui Town")),
        "zushan",
        "足山区慈善会",
        "Zushan Charity Federation",
        "zushan-",
    ),
)
STAFF = (
    ("editor", Role.EDITOR),
    ("caseworker", Role.CASEWORKER),
    ("caseworker2", Role.CASEWORKER),
    ("checker", Role.CHECKER),
    ("finance", Role.FINANCE),
    ("finance2", Role.FINANCE),
    ("admin", Role.ADMIN),
    ("admin2", Role.ADMIN),
)


@dataclass(frozen=True)
class Charity:
    """A charity of the demonstration with its people by login name, without the prefix."""

    organisation: Organisation
    district: Jurisdiction
    towns: tuple[Jurisdiction, ...]
    people: dict[str, User]


@dataclass(frozen=True)
class World:
    """Everything that the other parts of the demonstration stand on."""

    charities: dict[str, Charity]
    matcher: Organisation
    regulator: User


def made_up_credit_code(number: int) -> str:
    """A unified social credit code with a right check character, of an area that does not exist (990000)."""
    body = f"51990000DEMO{number:05d}".replace("O", "0")
    return body + uscc.calc_check_digit(body)


def build_world(at: datetime.datetime) -> World:
    """Places, bodies, people and roles, through the actions that an operator uses."""
    city = _places(at)
    regulator = _user("regulator")
    organisations.grant_role(regulator, Role.REGULATOR, jurisdiction=city, valid_from=FROM, by=DEMO, at=at)
    charities = {district.charity_slug: _charity(district, number, at) for number, district in enumerate(DISTRICTS, 1)}
    matcher = organisations.register(
        slug="yuguang",
        name_zh="渝光通信（虚构企业）",
        name_en="Yuguang Telecom (made up)",
        kind="MATCHER",
        credit_code=made_up_credit_code(900),
        jurisdiction=city,
        by=DEMO,
        at=at,
    )
    organisations.verify(matcher, by=DEMO, at=at)
    auditor, operator = _user("auditor"), _user("operator")
    main = charities[DISTRICTS[0].charity_slug].organisation
    organisations.grant_role(auditor, Role.AUDITOR, organisation=main, valid_from=FROM, by=DEMO, at=at)
    organisations.grant_role(operator, Role.OPERATOR, valid_from=FROM, by=DEMO, at=at)
    return World(charities, matcher, regulator)


def _places(at: datetime.datetime) -> Jurisdiction:
    def place(code: str, zh: str, en: str, level: str, parent: Jurisdiction | None) -> Jurisdiction:
        return organisations.add_jurisdiction(
            code=code, name_zh=zh, name_en=en, level=level, parent=parent, valid_from=FROM, by=DEMO, at=at
        )

    nation = place(NATION, "全国", "Nation", "MINISTRY", None)
    city = place(CITY, "渝州市（虚构）", "Yuzhou City (made up)", "PROVINCE", nation)
    for district in DISTRICTS:
        node = place(district.code, district.name_zh, district.name_en, "DISTRICT", city)
        for number, (zh, en) in enumerate(district.towns, 1):
            place(f"{district.code[:6]}{number:03d}000", zh, en, "TOWN", node)
    return city


def _charity(district: District, number: int, at: datetime.datetime) -> Charity:
    node = Jurisdiction.objects.get(code=district.code)
    organisation = organisations.register(
        slug=district.charity_slug,
        name_zh=district.charity_zh,
        name_en=district.charity_en,
        kind="CHARITY",
        credit_code=made_up_credit_code(number),
        jurisdiction=node,
        by=DEMO,
        at=at,
        fundraising_certificate=f"示例证书 DEMO-{number:03d}",
        certificate_from=datetime.date(2024, 1, 1),
        certificate_to=datetime.date(2029, 12, 31),
        contact_name="示例联系人",
        contact_phone="100 9999 9999",
        contact_email=f"{district.charity_slug}@charity.example",
        address=f"{district.name_zh}示例路 1 号",
    )
    organisations.verify(organisation, by=DEMO, at=at)
    organisation.refresh_from_db()
    people = {}
    for name, role in STAFF:
        people[name] = _user(district.login_prefix + name)
        organisations.grant_role(people[name], role, organisation=organisation, valid_from=FROM, by=DEMO, at=at)
    towns = tuple(Jurisdiction.objects.filter(parent=node).order_by("code"))
    return Charity(organisation, node, towns, people)


def _user(username: str) -> User:
    names = {player.username: player.zh for player in CAST}
    role = username.rsplit("-", 1)[-1]
    # The second of two colleagues is named after the first where the cast does not name them.
    shown = names.get(role) or f"{names.get(role.removesuffix('2'), role)}（第二人）"
    return User.objects.create(username=username, display_name=shown, password=_password_hash())


@cache
def _password_hash() -> str:
    """All share one password, so one slow hash serves all."""
    return make_password(PASSWORD)
