"""A design for somebody who has none of this software: the ``age`` format (age-encryption.org/v1), by pyrage."""

import pyrage

from node.errors import RequestError


def to_age(content: bytes, recipient: str) -> bytes:
    """``content`` for the owner of an ``age1…`` key.

    Raises:
        RequestError: ``recipient`` is no such key.
    """
    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as error:
        text = f"{recipient!r} is no age recipient ({error}); make one with age-keygen"
        raise RequestError("no-recipient", text) from error
    return bytes(pyrage.encrypt(content, [key]))
