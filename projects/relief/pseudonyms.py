"""Names for people whose name is nobody's business: 小禾（化名）. Chosen from words, never from the person.

A pseudonym belongs to one award. It is new for every award of the same household, so that two grants to one person
cannot be laid side by side.
"""

import hashlib
from collections.abc import Callable, Iterator

PREFIXES = (("小", "Xiao"), ("阿", "A"))
# Plants, weather, seasons and quiet things; each with a reading of its own, so that English keeps them apart too.
WORDS = (
    ("禾", "he"), ("苗", "miao"), ("松", "song"), ("柏", "bai"), ("竹", "zhu"), ("兰", "lan"), ("梅", "mei"),
    ("枫", "feng"), ("桐", "tong"), ("杉", "shan"), ("柳", "liu"), ("桃", "tao"), ("杏", "xing"), ("梨", "li"),
    ("枣", "zao"), ("橙", "cheng"), ("柚", "you"), ("麦", "mai"), ("稻", "dao"), ("谷", "gu"), ("豆", "dou"),
    ("棉", "mian"), ("茶", "cha"), ("莲", "lian"), ("菊", "ju"), ("葵", "kui"), ("青", "qing"), ("石", "shi"),
    ("川", "chuan"), ("江", "jiang"), ("泉", "quan"), ("云", "yun"), ("雨", "yu"), ("雪", "xue"), ("霜", "shuang"),
    ("露", "lu"), ("虹", "hong"), ("月", "yue"), ("阳", "yang"), ("晨", "chen"), ("春", "chun"), ("夏", "xia"),
    ("秋", "qiu"), ("冬", "dong"), ("安", "an"), ("宁", "ning"), ("平", "ping"), ("乐", "le"), ("欣", "xin"),
    ("溪", "xi"), ("舟", "zhou"), ("帆", "fan"), ("贝", "bei"), ("燕", "yan"), ("鸽", "ge"), ("蝶", "die"),
    ("萤", "ying"), ("光", "guang"), ("灯", "deng"), ("笛", "di"), ("琴", "qin"), ("画", "hua"), ("墨", "mo"),
    ("书", "shu"), ("瓷", "ci"), ("田", "tian"), ("园", "yuan"), ("桥", "qiao"), ("巷", "xiang"),
)  # fmt: skip
# So many tries with one word, then with two; after that with three, of which there are more than households.
TRIES = (8, 64)


def choose(ref: str, *, is_taken: Callable[[str], bool]) -> tuple[str, str]:
    """The first free pseudonym of the row that the award's random reference begins, in Chinese and English."""
    return next(pair for pair in _row(ref) if not is_taken(pair[0]))


def _row(ref: str) -> Iterator[tuple[str, str]]:
    turn = 0
    while True:
        seed = int.from_bytes(hashlib.sha256(f"pseudonym|{ref}|{turn}".encode()).digest(), "big")
        seed, prefix = divmod(seed, len(PREFIXES))
        words = []
        for _place in range(1 + sum(turn >= limit for limit in TRIES)):
            seed, place = divmod(seed, len(WORDS))
            words.append(WORDS[place])
        zh = PREFIXES[prefix][0] + "".join(word for word, _reading in words)
        yield f"{zh}（化名）", f"{PREFIXES[prefix][1]} {_joined([reading for _word, reading in words])} (name changed)"
        turn += 1


def _joined(readings: list[str]) -> str:
    """Pinyin in one word, with the apostrophe that keeps li'an apart from lian."""
    text = readings[0]
    for reading in readings[1:]:
        text += ("'" if reading[0] in "aeo" else "") + reading
    return text.capitalize()
