"""Shares of a secret, so many of which give it back and fewer say nothing: Shamir (1979) over GF(256), byte by byte.

The field is that of AES (FIPS 197, 4.2), the share numbered ``x`` is the polynomials' value there, and their value at
zero is the secret. A wrong share is not noticed here: whoever joins checks the secret against a commitment.
"""

from collections.abc import Callable, Mapping

from protocol.errors import RejectError

MAX_SHARES = 255
"""One for each element of the field but zero."""

_POLYNOMIAL = 0x11B
_GENERATOR = 3


def _tables() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Powers of the generator, twice round, and the logarithms to it."""
    powers, logarithms, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value ^= value << 1  # times 3
        if value & 0x100:
            value ^= _POLYNOMIAL
    return tuple(powers), tuple(logarithms)


_POWERS, _LOGARITHMS = _tables()


def split(secret: bytes, *, threshold: int, count: int, random: Callable[[int], bytes]) -> tuple[bytes, ...]:
    """``count`` shares of ``secret``, as long as it is; share ``i`` of the tuple is number ``i + 1``."""
    if not 1 <= threshold <= count <= MAX_SHARES:
        raise ValueError(f"{threshold} of {count} shares cannot be made")
    rows = [secret, *(random(len(secret)) for _ in range(threshold - 1))]
    shares = []
    for number in range(1, count + 1):
        share = bytes(len(secret))
        for row in reversed(rows):  # Horner
            share = bytes(_times(value, number) ^ digit for value, digit in zip(share, row, strict=True))
        shares.append(share)
    return tuple(shares)


def join(shares: Mapping[int, bytes]) -> bytes:
    """What the shares, by their numbers, were made of, if they are enough and none is wrong.

    Raises:
        RejectError: none, a number that no share has, or shares of different lengths.
    """
    if not shares or not all(0 < number <= MAX_SHARES for number in shares) or len(set(map(len, shares.values()))) != 1:
        raise RejectError("these shares do not belong together")
    secret = bytes(len(next(iter(shares.values()))))
    for number, share in shares.items():
        weight = 1
        for other in shares:
            if other != number:
                weight = _times(weight, _over(other, other ^ number))
        secret = bytes(known ^ _times(value, weight) for known, value in zip(secret, share, strict=True))
    return secret


def _times(a: int, b: int) -> int:
    return _POWERS[_LOGARITHMS[a] + _LOGARITHMS[b]] if a and b else 0


def _over(a: int, b: int) -> int:
    return _POWERS[_LOGARITHMS[a] - _LOGARITHMS[b] + 255] if a else 0
