"""The words with which the fixed pages begin their life; afterwards they belong to the editors."""

# Slug, language: title and opening sentences.
FIXED_PAGES: dict[str, dict[str, tuple[str, str]]] = {
    "home": {
        "zh-hans": (
            "善款账本",
            "每一笔捐款都记在公开的账上：配了多少、用到了哪一户、还剩多少。谁都可以查，不必相信我们。",
        ),
        "en": (
            "Charity Ledger",
            "Every gift stands in a public account book: how it was matched, whom it reached, what is left.",
        ),
    },
    "projects": {
        "zh-hans": ("慈善项目", "每个项目的数字都来自账本，并写明截至第几条记录。"),
        "en": ("Projects", "Every figure comes from the ledger and says as of which entry."),
    },
    "news": {
        "zh-hans": ("动态", "项目进展、账目更正和公告。"),
        "en": ("News", "Progress, corrections of the books, and notices."),
    },
    "check": {
        "zh-hans": ("如何核查我们", "不必相信我们。下面写明怎样核对，现在能核对什么，以及核对不出什么。"),
        "en": (
            "How to check us",
            "You need not trust us. How to check, what can be checked today, and what no check can show.",
        ),
    },
}
