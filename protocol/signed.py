"""Bytes with their author's signature; verifies the bytes that came, and never a re-encoding of them.

What is signed is ``"guildmark" || topic's length || topic || payload's length || payload``, lengths as 2 and 8
big-endian bytes, so that no payload under one topic verifies under another (the idea of DSSE's pre-authentication
encoding).
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from protocol.errors import RejectError
from protocol.ids import Digest, PeerId
from protocol.params import HASH_BYTES, SIGNATURE_BYTES
from protocol.wire import encode

_DOMAIN: Final = b"guildmark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A payload, who says it, and the proof."""

    author: PeerId
    """Ed25519 public key of the signer."""

    payload: bytes
    """The exact bytes that were signed."""

    signature: bytes
    """Ed25519 over domain, topic, length and payload; 64 bytes."""

    @property
    def digest(self) -> Digest:
        """SHA-256 of the whole envelope's wire form: names this utterance."""
        return Digest(sha256(encode(self)).digest())


def public_key(seed: bytes) -> PeerId:
    """The peer that a 32-byte Ed25519 seed belongs to."""
    return PeerId(bytes(SigningKey(seed).verify_key))


def sign(seed: bytes, topic: str, payload: bytes) -> Signed:
    """Sign ``payload`` under ``topic`` with a 32-byte Ed25519 seed. Deterministic (RFC 8032)."""
    return Signed(author=public_key(seed), payload=payload, signature=sign_bytes(seed, _preimage(topic, payload)))


def verify(signed: Signed, topic: str) -> bytes:
    """The payload, once its signature holds.

    Raises:
        RejectError: a key or signature of the wrong length, or a signature that does not hold under ``topic``.
    """
    preimage = _preimage(topic, signed.payload)
    verify_bytes(signed.author, preimage, signed.signature, f"signature does not hold under {topic}")
    return signed.payload


def sign_bytes(seed: bytes, message: bytes) -> bytes:
    """Ed25519 signature of exactly ``message``; the caller's format keeps it apart from every other one."""
    return bytes(SigningKey(seed).sign(message).signature)


def verify_bytes(key: bytes, message: bytes, signature: bytes, otherwise: str) -> None:
    """Check an Ed25519 signature of exactly ``message``.

    Raises:
        RejectError: a key or signature of the wrong length; or ``otherwise``, for it does not hold.
    """
    if len(key) != HASH_BYTES or len(signature) != SIGNATURE_BYTES:
        raise RejectError("key or signature has the wrong length")
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, ValueError) as error:
        raise RejectError(otherwise) from error


def _preimage(topic: str, payload: bytes) -> bytes:
    name = topic.encode()
    return _DOMAIN + len(name).to_bytes(2, "big") + name + len(payload).to_bytes(8, "big") + payload
