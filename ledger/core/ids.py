"""Time-ordered ids (UUIDv7, RFC 9562 section 5.7), made from a moment, a counter and randomness that are handed in.

The 12 bits after the version and the first 4 after the variant are a counter (method 1 of section 6.2), so that ids of
one process keep their order inside a millisecond; 58 random bits follow.
"""

from uuid import UUID

COUNTER_BITS = 16


def uuid7(milliseconds: int, counter: int, randomness: bytes) -> UUID:
    """48 bits of Unix milliseconds, 16 bits of counter, 58 random bits from eight bytes.

    A counter that has run over carries into the milliseconds, as the RFC allows.
    """
    return UUID(int=uuid7_number(milliseconds, counter, randomness))


def uuid7_number(milliseconds: int, counter: int, randomness: bytes) -> int:
    """The same as a number of 128 bits: for rows by the million the object around it is the larger part."""
    if len(randomness) != 8:
        raise ValueError("eight random bytes are needed")
    milliseconds += counter >> COUNTER_BITS
    counter &= (1 << COUNTER_BITS) - 1
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (counter >> 4) << 64
    value |= 0b10 << 62 | (counter & 0xF) << 58
    return value | int.from_bytes(randomness) & (1 << 58) - 1
