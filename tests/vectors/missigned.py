"""Ways to spoil an envelope whose payload is well formed, each with the reason for which it is refused."""

from collections.abc import Iterator
from dataclasses import fields, replace

from nacl.signing import SigningKey

from protocol.ids import PeerId
from protocol.signed import Signed, sign
from protocol.wire import encode
from tests.unit.protocol.examples import peer
from tests.vectors.malformed import Spoilt
from tests.vectors.messages import SIGNER, Message

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the base point's group (RFC 8032 section 5.1): a signature's second half has to be below it."""


def missigned(message: Message, value: object) -> Iterator[Spoilt]:
    """Envelopes around ``value`` that prove nothing, and envelopes that prove nonsense."""
    good = message.signed(SIGNER, value)
    for name, envelope, reason in _envelopes(good, message.topic or ""):
        yield name, encode(envelope), reason
    payload = good.payload
    for name, nonsense, reason in (
        ("signed, but the payload is empty", b"", "is not msgpack"),
        ("signed, but the payload has a trailing byte", payload + b"\x00", "is not msgpack"),
        (
            "signed, but the payload is an envelope again",
            encode(good),
            "is bytes, not" if len(fields(message.kind)) == 3 else "has 3 values, not",
        ),
    ):
        yield name, encode(sign(SIGNER, message.topic or "", nonsense)), reason


def _envelopes(good: Signed, topic: str) -> Iterator[tuple[str, Signed, str]]:
    fails, length = f"signature does not hold under {topic}", "key or signature has the wrong length"
    first, second = good.signature[:32], int.from_bytes(good.signature[32:], "little")
    yield "signature with a flipped bit", replace(good, signature=bytes([first[0] ^ 1]) + good.signature[1:]), fails
    yield "payload with a flipped bit", replace(good, payload=good.payload[:-1] + bytes([good.payload[-1] ^ 1])), fails
    yield "another author", replace(good, author=peer("another")), fails
    yield "signed under another topic", sign(SIGNER, f"{topic}0", good.payload), fails
    yield "signed without a domain", replace(good, signature=_bare(good.payload)), fails
    larger = first + (second + ORDER).to_bytes(32, "little")
    yield "signature plus the group's order", replace(good, signature=larger), fails
    neutral = bytes([1]) + bytes(31)
    yield "a key of small order", replace(good, author=PeerId(neutral), signature=neutral + bytes(32)), fails
    yield "author's key of 31 bytes", replace(good, author=PeerId(good.author[:31])), length
    yield "author's key of 33 bytes", replace(good, author=PeerId(good.author + b"\x00")), length
    yield "signature of 63 bytes", replace(good, signature=good.signature[:63]), length
    yield "signature of 65 bytes", replace(good, signature=good.signature + b"\x00"), length
    yield "no signature", replace(good, signature=b""), length


def _bare(payload: bytes) -> bytes:
    return bytes(SigningKey(SIGNER).sign(payload).signature)
