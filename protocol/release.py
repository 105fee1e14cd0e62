"""How a package's key reaches its winner: HPKE (RFC 9180) to a key made for this one award, and forgotten afterwards.

The suite is X-Wing (ML-KEM-768 with X25519), HKDF-SHA256 and AES-256-GCM: designs stay secret for decades, so their
keys must not fall to whoever records today's traffic. The context is the HPKE ``info``: a key released for one
operation of one order opens nothing else. HPKE has no sender: the delivery that carries the key is signed.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from protocol.errors import RejectError
from protocol.ids import Digest, JobId
from protocol.wire import encode

SEED_BYTES = 96
"""Of a release key: the 64-byte seed of ML-KEM-768 (FIPS 203), then the secret of X25519 (RFC 7748)."""

PUBLIC_BYTES = 1216
"""Of its public half: 1184 of ML-KEM-768, then 32 of X25519."""

_KEM_SEED, _KEM_PUBLIC = 64, 1184
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_TAG = b"guildmark/release/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseContext:
    """What a released key is for."""

    chain: int
    job: JobId
    root: Digest
    """Of the sealed design."""

    index: int
    """Of the package."""

    @property
    def info(self) -> bytes:
        """The bytes that bind the key to it."""
        return _TAG + encode(self)


def public_half(seed: bytes) -> bytes:
    """What a winner sends of a fresh release key."""
    kem, dh = _private(seed)
    return kem.public_key().public_bytes_raw() + dh.public_key().public_bytes_raw()


def release_key(public: bytes, key: bytes, context: ReleaseContext) -> bytes:
    """``key`` for the owner of ``public``; HPKE draws its own randomness, so each time other bytes.

    Raises:
        RejectError: ``public`` is no release key.
    """
    try:
        recipient = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_KEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(public[_KEM_PUBLIC:]),
        )
        return _SUITE.encrypt(key, recipient, context.info)
    except ValueError as error:
        raise RejectError("not a release key") from error


def open_release(seed: bytes, sealed: bytes, context: ReleaseContext) -> bytes:
    """The key that was released to the owner of ``seed``.

    Raises:
        RejectError: it was released to somebody else or for something else, or was changed.
    """
    try:
        return _SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*_private(seed)), context.info)
    except (InvalidTag, ValueError) as error:
        raise RejectError("released key does not open") from error


def _private(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a release key's seed has {SEED_BYTES} bytes")
    return (
        MLKEM768PrivateKey.from_seed_bytes(seed[:_KEM_SEED]),
        X25519PrivateKey.from_private_bytes(seed[_KEM_SEED:]),
    )
