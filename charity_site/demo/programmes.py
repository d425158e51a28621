"""The projects of the demonstration. Totals are those of the public reports; their division is made up.

Sets: BOARD the charity board (13 projects, budget 278,000.00, 58 people, 175,000.00 paid), PLUS 慈善帮扶+
(7 programmes, 558 requests, 288 awards, 583,700.00), ROOMS 童心房 (41 households, none above 5,000.00),
RESERVE 备用金 (34 uses, 16,700.00). TRY is one project more, for whoever wants to walk the path by hand.
Amounts here are whole yuan.
"""

from dataclasses import dataclass

from ledger.core.money import split

BOARD, PLUS, ROOMS, RESERVE, TRY = "BOARD", "PLUS", "ROOMS", "RESERVE", "TRY"


@dataclass(frozen=True)
class Programme:
    """One project: what it is called, whom it serves, and its figures in whole yuan."""

    set: str
    charity: str
    slug: str
    name_zh: str
    name_en: str
    purpose: str
    budget: int
    requests: int
    awards: int
    paid: int
    what_zh: str
    what_en: str
    cap: int | None = None


def _board(slug: str, zh: str, en: str, purpose: str, budget: int, people: int, paid: int, *what: str) -> Programme:
    return Programme(BOARD, "jiangdu", slug, zh, en, purpose, budget, people, people, paid, what[0], what[1])


def _plus(
    slug: str, zh: str, en: str, purpose: str, budget: int, requests: int, awards: int, paid: int, *what: str
) -> Programme:
    return Programme(PLUS, "qihe", slug, zh, en, purpose, budget, requests, awards, paid, what[0], what[1])


ROOM_CAP = 5_000

PROGRAMMES: tuple[Programme, ...] = (
    Programme(
        ROOMS,
        "jiangwan",
        "tongxinfang",
        "童心房：给孩子一张书桌、一盏灯",
        "A room of one's own: a desk and a lamp for every child",
        "CHILD",
        205_000,
        41,
        41,
        196_350,
        "为困境儿童和留守儿童改造居住环境：新床、书桌、衣柜。"
        "每户不超过 5,000 元，由儿童主任入户确认，改造后由家庭签收。",
        "New beds, desks and wardrobes for children in difficulty. At most 5,000 yuan a household; "
        "a child officer visits before, and the household confirms afterwards.",
        cap=ROOM_CAP,
    ),
    _board("nuandong", "暖冬衣被", "Warm clothes for winter", "HARDSHIP", 20_000, 6, 12_600,
           "入冬前为困难家庭送去棉被、棉衣和取暖用品。",
           "Quilts, coats and heaters for poor households before winter."),
    _board("zhuyi-xianxing", "助医先行", "Medical help first", "MEDICAL", 30_000, 5, 24_000,
           "在医保报销到账前，先垫付困难患者的部分自付费用。",
           "Part of what patients must pay themselves, before insurance pays back."),
    _board("yuanmeng", "圆梦助学", "A place at school", "EDUCATION", 30_000, 6, 18_000,
           "帮助新入学的困难家庭学生支付报到所需的费用。", "What students of poor families need on their first day."),
    _board("zhucan", "老年助餐补贴", "Meals for older people", "FOOD", 18_000, 6, 9_000,
           "为独居和高龄老人补贴社区食堂的餐费。", "Meals at the community canteen for older people who live alone."),
    _board("shilao", "适老化小改造", "Safer homes for older people", "ELDER", 24_000, 4, 16_000,
           "安装扶手、防滑地面和夜灯，让老人在家更安全。", "Handrails, non-slip floors and night lights."),
    _board("lunyi", "轮椅与拐杖", "Wheelchairs and crutches", "DISABILITY", 16_000, 5, 9_500,
           "为行动不便者配置轮椅、拐杖和助行器。", "Wheelchairs, crutches and walkers."),
    _board("touxi", "透析路费", "Fares to dialysis", "MEDICAL", 22_000, 5, 15_500,
           "补贴长期透析患者往返医院的交通费用。", "Fares of dialysis patients to the hospital and back."),
    _board("xingxing", "星星的孩子", "Children of the stars", "MENTAL_HEALTH", 26_000, 4, 16_400,
           "补贴孤独症儿童的康复训练课程。", "Training for children with autism."),
    _board("peiban", "困境儿童陪伴", "Company for children", "CHILD", 20_000, 4, 11_000,
           "社工定期陪伴困境儿童，并补贴学习用品。",
           "Regular visits by social workers, and what children need to learn."),
    _board("yingji", "火灾应急帮扶", "After a fire", "DISASTER", 22_000, 3, 13_500,
           "帮助受灾家庭度过头三十天。", "Help for the first thirty days after a house fire."),
    _board("anzhi", "危房过渡安置", "A roof for the meantime", "HOUSING", 20_000, 3, 12_000,
           "危房改造期间，补贴过渡性住房的租金。", "Rent while an unsafe house is rebuilt."),
    _board("kaixue", "开学第一课包", "The first school bag", "EDUCATION", 12_000, 4, 6_500,
           "为小学新生准备书包、文具和校服。", "A bag, pens and a uniform for children starting school."),
    _board("hujiao", "独居老人紧急呼叫", "A button to call for help", "ELDER", 18_000, 3, 11_000,
           "为独居老人安装紧急呼叫设备并支付首年服务费。", "An emergency button and its first year of service."),
    _plus("dabing", "大病医疗救助", "Serious illness", "MEDICAL", 210_000, 120, 62, 186_000,
          "对报销后自付费用仍然沉重的大病患者给予救助。", "Patients whose own share stays heavy after insurance."),
    _plus("manbing", "慢病用药帮扶", "Medicine for chronic illness", "MEDICAL", 80_000, 86, 48, 72_000,
          "补贴慢性病患者的长期用药。", "Long-term medicine."),
    _plus("gaokao", "高考圆梦", "To university", "EDUCATION", 130_000, 90, 40, 120_000,
          "资助考上大学的困难家庭学生。", "Students of poor families who were admitted to university."),
    _plus("zhuxue", "困难学生助学", "Staying at school", "EDUCATION", 95_000, 96, 56, 84_000,
          "按学期补助在校困难学生。", "Support by the term for pupils in difficulty."),
    _plus("linshi", "困难家庭临时帮扶", "Through a hard month", "HARDSHIP", 70_000, 82, 44, 61_700,
          "家庭遇到突发困难时的一次性帮扶。", "Help once, when a family is suddenly in trouble."),
    _plus("canjiating", "残疾人家庭帮扶", "Families with disabilities", "DISABILITY", 40_000, 46, 20, 34_000,
          "为残疾人家庭补贴照护和辅具。", "Care and aids for families with disabilities."),
    _plus("zhaohu", "失能老人照护", "Care for the frail", "ELDER", 30_000, 38, 18, 26_000,
          "补贴失能老人的居家照护服务。", "Care at home for frail older people."),
    Programme(
        RESERVE,
        "zushan",
        "beiyongjin",
        "临时救助备用金",
        "Emergency reserve",
        "HARDSHIP",
        30_000,
        34,
        34,
        16_700,
        "小额先行救助：急难家庭当天得到帮助，手续随后补齐。目前按普通救助办理。",
        "Small help first: a family in an emergency is helped the same day. For now these are ordinary awards.",
    ),
    Programme(
        TRY,
        "jiangwan",
        "weixinyuan",
        "微心愿：您来走一遍",
        "Small wishes: walk the path yourself",
        "HARDSHIP",
        20_000,
        3,
        0,
        0,
        "这个项目留给试用的人：捐一笔，看它被配捐，再用工作人员的身份把它送到一户人家。",
        "This project is for trying out: give, see the match, then take the staff's seat and bring it to a household.",
        cap=2_000,
    ),
)  # fmt: skip


def of_set(name: str) -> list[Programme]:
    """The programmes of one set."""
    return [programme for programme in PROGRAMMES if programme.set == name]


def shares(total_minor: int, count: int, *, cap_minor: int | None = None) -> list[int]:
    """A total in minor units, divided unevenly over `count` people in whole yuan, exactly, and never above the cap.

    The pattern is made up; only the total is a fact.
    """
    yuan, rest = divmod(total_minor, 100)
    weights = [20 + (number * 7) % 5 for number in range(count)]
    parts = [part * 100 for part in split(yuan, weights)]
    parts[0] += rest
    if cap_minor is None:
        return parts
    over = sum(max(0, part - cap_minor) for part in parts)
    parts = [min(part, cap_minor) for part in parts]
    for place, part in enumerate(parts):
        room = min(cap_minor - part, over)
        parts[place] += room
        over -= room
    if over:
        raise ValueError("the total does not fit under the cap")
    return parts
