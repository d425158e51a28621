"""Check codes: ten signs that nobody guesses and nobody misreads (no 0/O, 1/I/L, U)."""

import secrets

SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10


def new_check_code() -> str:
    return "".join(secrets.choice(SIGNS) for _ in range(LENGTH))


def tidy(code: str) -> str:
    """What a person typed, as it is stored: capitals, without blanks and hyphens."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


def shown(code: str) -> str:
    """In two halves, as it is printed."""
    return f"{code[:5]}-{code[5:]}"
