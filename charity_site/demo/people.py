"""Made-up people. Their numbers pass every check and belong to nobody.

- Identity numbers carry the code of a whole province (510000), which no resident is registered in.
- Telephone numbers begin with 100, which no mobile network uses; accounts begin with zeros, which no bank issues.
- Names say that they are examples (示例).
"""

import datetime
from dataclasses import dataclass

from stdnum.cn import ric

PROVINCE_ITSELF = "510000"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
FIRST_BIRTHDAY = datetime.date(1950, 1, 1)


@dataclass(frozen=True)
class MadeUpPerson:
    name: str
    id_number: str
    birth_date: datetime.date
    phone: str
    account: str
    bank: str
    address: str


def made_up_id_number(born: datetime.date, order: int) -> str:
    """An identity number with a right check character, for nobody."""
    body = f"{PROVINCE_ITSELF}{born:%Y%m%d}{order % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")


def made_up_person(number: int, *, born: datetime.date | None = None) -> MadeUpPerson:
    """The person with this number: the same every time, another for every number below 20,000,000.

    With a birthday of one's own choice only a thousand numbers in a row differ.
    """
    born_by_number = born is None
    born = born or FIRST_BIRTHDAY + datetime.timedelta(days=number * 7 % 20_000)
    return MadeUpPerson(
        name=f"{SURNAMES[number % len(SURNAMES)]}示例",
        id_number=made_up_id_number(born, number // 20_000 if born_by_number else number),
        birth_date=born,
        phone=f"100{number:08d}",
        account=f"000000{number:013d}",
        bank="示例银行",
        address=f"示例路 {number} 号",
    )
