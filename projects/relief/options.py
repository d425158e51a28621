"""Figures that no source gives: shown defaults, each replaceable by a Django setting of the same name."""

from django.conf import settings

_DEFAULTS: dict[str, int | str] = {
    # A household's sum over so many days chooses the approval policy, and looks for the same help twice.
    "RELIEF_ROLLING_DAYS": 365,
    # So many similar households in one town and month before a single one is shown, even under a pseudonym.
    "RELIEF_PUBLICATION_K": 5,
    # More duplicates than this share of a file's rows stop the whole file.
    "RELIEF_BREAKER_BPS": 5_000,
    # Nobody may be shown below this level of the tree of areas.
    "RELIEF_PUBLIC_LEVEL": "TOWN",
    # From this age a person's own consent is enough (Personal Information Protection Law, articles 28 and 31).
    "RELIEF_GUARDIAN_AGE": 14,
    # How long a decision may be complained about. One province's rule says so; no national source was found.
    "RELIEF_COMPLAINT_DAYS": 15,
}


def value(name: str) -> int | str:
    return getattr(settings, name, _DEFAULTS[name])


def number(name: str) -> int:
    return int(value(name))
