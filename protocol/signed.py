"""Bytes with their author's signature; verifies the bytes that came, and never a re-encoding of them.

What is signed is ``"guildmark" || topic's length || topic || payload's length || payload``, lengths as 2 and 8
big-endian bytes, so that no payload under one topic verifies under another (the idea of DSSE's pre-authentication
encoding).
"""

from collections.abc import Callable
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key that signs: a seed in this process, or a device that never shows it."""

    key: bytes
    """Ed25519 public key, 32 bytes."""

    sign: Callable[[bytes], bytes]
    """Signature of a message, 64 bytes."""


def signer_of(seed: bytes) -> Signer:
    """The signer with a 32-byte Ed25519 seed."""
    key = SigningKey(seed)
    return Signer(key=bytes(key.verify_key), sign=lambda message: bytes(key.sign(message).signature))


def public_key(seed: bytes) -> PeerId:
    """The peer that a 32-byte Ed25519 seed belongs to."""
    return PeerId(bytes(SigningKey(seed).verify_key))


def sign(seed: bytes, topic: str, payload: bytes) -> Signed:
    """Sign ``payload`` under ``topic`` with a 32-byte Ed25519 seed. Deterministic (RFC 8032)."""
    signer = signer_of(seed)
    return Signed(author=PeerId(signer.key), payload=payload, signature=signer.sign(_preimage(topic, payload)))


def verify(signed: Signed, topic: str) -> bytes:
    """The payload, once its signature holds.

    Raises:
        RejectError: a key or signature of the wrong length, or a signature that does not hold under ``topic``.
    """
    preimage = _preimage(topic, signed.payload)
    verify_bytes(signed.author, preimage, signed.signature, f"signature does not hold under {topic}")
    return signed.payload


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
