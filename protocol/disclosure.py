"""Salted leaves: a statement carries digests of its fields, and who holds it shows the fields that it must show.

Disclosures and digests are those of SD-JWT (RFC 9901 section 4.2): the base64url of the JSON array of salt, name and
value, and the SHA-256 of that text. The salt keeps fields with few possible values from being guessed.
"""

import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from protocol.canonical import Json, dump, load
from protocol.errors import RejectError

SALT_BYTES = 16
"""128 bits, as SD-JWT recommends."""


_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One field of a statement, shown."""

    name: str
    value: Any
    """Plain JSON."""

    digest: str
    """What the statement holds of it: 43 characters of base64url."""


def disclosures(secret: bytes, fields: dict[str, Json]) -> tuple[str, ...]:
    """One disclosure per field; ``secret`` is fresh for every statement, and each salt tells nothing of the others."""
    return tuple(
        _text(dump([_text(sha256(secret + name.encode()).digest()[:SALT_BYTES]), name, value]))
        for name, value in fields.items()
    )


def digest(disclosure: str) -> str:
    """What a statement holds of a disclosure."""
    return _text(sha256(disclosure.encode()).digest())


def read(disclosure: str) -> Disclosure:
    """The field in a disclosure.

    Raises:
        RejectError: it is not salt, name and value in canonical form.
    """
    match load(_bytes(disclosure), "the disclosure"):
        case [str(salt), str(name), value] if len(_bytes(salt)) == SALT_BYTES:
            return Disclosure(name=name, value=value, digest=digest(disclosure))
    raise RejectError("the disclosure is not salt, name and value")


def digest_bytes(text: str) -> bytes:
    """The 32 bytes of a digest.

    Raises:
        RejectError: it is none.
    """
    found = _bytes(text)
    if len(found) != sha256().digest_size:
        raise RejectError("the digest does not have 32 bytes")
    return found


def _text(content: bytes) -> str:
    return binascii.b2a_base64(content, newline=False).rstrip(b"=").translate(_TO_URL).decode()


def _bytes(text: str) -> bytes:
    try:
        content = binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise RejectError("not base64url") from error
    if _text(content) != text:
        raise RejectError("not base64url in canonical form")
    return content
