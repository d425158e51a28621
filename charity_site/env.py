"""Four loud readers for settings. A wrong value stops the start with a sentence that says what to set.

Nothing else in the project reads the environment, so `docs` and checks can list every setting from here.
"""

import os

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """The setting as text; without a default it must be set."""
    value = os.environ.get(name)
    if value is None:
        if default is None:
            raise ImproperlyConfigured(f"Set the environment variable {name}; it has no default.")
        return default
    return value


def flag(name: str, default: bool) -> bool:
    """The setting as yes or no."""
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; set it to one of 1, true, yes, on or 0, false, no, off.")


def number(name: str, default: int) -> int:
    """The setting as a whole number."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to a whole number.") from None


def numbers(name: str) -> dict[str, int]:
    """The setting as names with whole numbers, `a=1,b=2`; empty where it is not set."""
    found = {}
    for pair in filter(None, (part.strip() for part in os.environ.get(name, "").split(","))):
        key, _equals, value = pair.partition("=")
        if not value.strip().isascii() or not value.strip().isdigit():
            raise ImproperlyConfigured(f"{name} has {pair!r}; write name=number, with commas between.")
        found[key.strip()] = int(value)
    return found
