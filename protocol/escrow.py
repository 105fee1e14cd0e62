"""A package's key in the hands of several auditors, should its work be disputed; fewer than a quorum open nothing.

The customer signs one statement for each package: who holds a share, and a hash of every share. A share is sealed to
the key that its holder registered on the ledger. If the shares that were signed do not give the key that the sealed
design commits to, the statement and the shares prove it against the customer.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from protocol import merkle, sharing
from protocol.errors import RejectError
from protocol.ids import Digest, EncryptionKey, JobId, PeerId
from protocol.params import HASH_BYTES, MAX_HOLDERS, MIN_HOLDERS
from protocol.seal import PackageLeaf, key_commitment
from protocol.signed import Signed, verify
from protocol.topics import FETCH_SHARE
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_TAG: Final = b"guildmark/escrow/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escrow:
    """Who holds shares of one package's key; signed by the customer under ``escrow/1``."""

    chain: int
    job: JobId
    leaf: PackageLeaf
    """Of the package; its key commitment says what the shares must give."""

    size: int
    """Leaves under the root, padding included."""

    proof: tuple[Digest, ...]
    root: Digest
    nonce: bytes
    """Opens the design's commitment on the ledger, together with ``root``."""

    threshold: int
    """So many shares open the key: more than half."""

    holders: tuple[PeerId, ...]
    """Auditors; holder ``i`` has share ``i + 1``."""

    shares: tuple[Digest, ...]
    """Of each share, see ``share_digest``; a share is as random as its secret, so the hash tells nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrusted:
    """A statement and the one share that is its receiver's."""

    statement: Signed
    sealed: bytes
    """HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM) to the key that the holder registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRequest:
    """A juror asks a holder for its share, and signs this under the protocol's name."""

    job: JobId
    package: int
    key: bytes
    """Public half of a fresh release key (``protocol.release``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareGiven:
    """A holder's answer to a juror."""

    statement: Signed
    """The customer's, with the holder among its holders."""

    released: bytes
    """The share, for the release key in the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRequest:
    """A juror asks a party for the ciphertext of a package, and signs this under the protocol's name."""

    job: JobId
    package: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsealingsRequest:
    """A customer asks a holder to whom it gave shares of the customer's keys."""

    since: UnixSeconds
    """Wall time of the earliest that is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealing:
    """A share that a holder gave to a juror."""

    job: JobId
    package: int
    at: UnixSeconds
    request: Signed
    """The juror's own ``ShareRequest``: it cannot deny having asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealings:
    """A holder's answer to a customer, oldest first."""

    given: tuple[Unsealing, ...]


def check_unsealings(unsealings: Unsealings) -> None:
    """Whether every unsealing was asked for by its juror, and nobody is accused of another.

    Raises:
        RejectError: a request is not signed, or for something else.
    """
    for unsealing in unsealings.given:
        request = decode(ShareRequest, verify(unsealing.request, FETCH_SHARE))
        if (request.job, request.package) != (unsealing.job, unsealing.package):
            raise RejectError("a juror asked for something else than it is said to have opened")


def check_escrow(escrow: Escrow) -> None:
    """Whether the statement is well formed and its leaf stands in its tree; the commitment is for the ledger to show.

    Raises:
        RejectError: too few or too many holders, a threshold that is no majority of them, or a leaf not in the tree.
    """
    count = len(escrow.holders)
    if not MIN_HOLDERS <= count <= MAX_HOLDERS or len(set(escrow.holders)) != count or len(escrow.shares) != count:
        raise RejectError(f"a key is not shared among {count} holders")
    if any(len(peer) != HASH_BYTES for peer in escrow.holders) or not count // 2 < escrow.threshold <= count:
        raise RejectError("a holder is no peer, or the threshold is no majority")
    merkle.verify(encode(escrow.leaf), escrow.leaf.index, escrow.size, escrow.proof, escrow.root)


def share_digest(share: bytes) -> Digest:
    """What a statement holds of a share."""
    return Digest(sha256(b"guildmark/share/1" + share).digest())


def entrust(escrow: Escrow, number: int, share: bytes, recipient: EncryptionKey) -> bytes:
    """Share ``number`` for its holder alone.

    Raises:
        RejectError: ``recipient`` is no X25519 key.
    """
    try:
        return _SUITE.encrypt(share, X25519PublicKey.from_public_bytes(recipient), _info(escrow, number))
    except ValueError as error:
        raise RejectError("not an encryption key") from error


def open_entrusted(escrow: Escrow, sealed: bytes, holder: PeerId, secret: bytes) -> bytes:
    """The share of ``holder``, opened with the secret of its registered key, once it is the one that was signed.

    Raises:
        RejectError: it is none of the holders, or the share is for somebody or something else, or another than signed.
    """
    if holder not in escrow.holders:
        raise RejectError("the share is for other holders")
    number = escrow.holders.index(holder) + 1
    try:
        share = _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(secret), _info(escrow, number))
    except (InvalidTag, ValueError) as error:
        raise RejectError("share does not open") from error
    check_share(escrow, number, share)
    return share


def check_share(escrow: Escrow, number: int, share: bytes) -> None:
    """Whether ``share`` is the one that the customer signed.

    Raises:
        RejectError: it is not.
    """
    if not 0 < number <= len(escrow.shares) or share_digest(share) != escrow.shares[number - 1]:
        raise RejectError(f"share {number} is not the one that was signed")


def recovered(escrow: Escrow, shares: dict[int, bytes]) -> bytes:
    """The package's key, from shares by their numbers.

    Raises:
        RejectError: too few, one that was not signed, or they do not give the sealed key: then the customer cheated.
    """
    if len(shares) < escrow.threshold:
        raise RejectError(f"{len(shares)} shares; {escrow.threshold} are needed")
    for number, share in shares.items():
        check_share(escrow, number, share)
    key = sharing.join(dict(sorted(shares.items())[: escrow.threshold]))
    if key_commitment(key) != escrow.leaf.key:
        raise RejectError("the shares that the customer signed do not give the sealed key")
    return key


def _info(escrow: Escrow, number: int) -> bytes:
    return _TAG + encode(escrow) + number.to_bytes(1, "big")
