"""Texts that a person wrote in two languages: show the reader's own, and the other one rather than nothing."""

from django.utils.translation import get_language


def in_language(zh: str, en: str, language: str | None = None) -> str:
    """`zh` or `en` by the given or the active language; the other when that one is empty."""
    chinese = (language or get_language() or "zh-hans").lower().startswith("zh")
    return (zh or en) if chinese else (en or zh)


class NamedInTwoLanguages:
    """For models with `name_zh` and `name_en`."""

    name_zh: str
    name_en: str

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    def __str__(self) -> str:
        return self.name
