"""Sealing a design: one key, salt and leaf per package, and a commitment that no dictionary can test.

Package 0 is the design file itself, which is released to nobody; package ``i + 1`` is what operation ``i`` needs. All
secrets derive from one 32-byte master (HKDF-Expand, RFC 5869, SHA-256), so that sealing twice gives the same bytes.
Contents are encrypted with XChaCha20-Poly1305 under single-use keys; keys travel in libsodium sealed boxes.
"""

import hmac
from dataclasses import dataclass
from hashlib import blake2b, sha256

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import Box, PrivateKey, PublicKey, SealedBox

from protocol import merkle
from protocol.errors import RejectError
from protocol.ids import Address, Digest, EncryptionKey
from protocol.wire import encode

DESIGN_PACKAGE = 0
"""Index of the leaf that holds the design file."""

_NONCE = bytes(bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLeaf:
    """What the commitment binds of one package; the salt hides contents that could be guessed."""

    index: int
    salt: bytes
    plaintext: Digest
    """SHA-256 of salt and content: hiding, and still lets a holder prove in a dispute what was sealed."""

    ciphertext: Digest
    """SHA-256 of the encrypted content: lets anyone check that a relay holds the right bytes."""

    key: Digest
    """SHA-256 of the key: one ciphertext opens under one key only (XChaCha20-Poly1305 alone does not promise that)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedDesign:
    """The public half of a sealed design, and the ciphertexts."""

    root: Digest
    """RFC 9162 root over the encoded leaves."""

    nonce: bytes
    """32 bytes that blind the root in the commitment."""

    leaves: tuple[PackageLeaf, ...]
    ciphertexts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageDelivery:
    """One package on its way to one winner, with all that proves it belongs to what was sealed."""

    leaf: PackageLeaf
    size: int
    """Leaves under the root."""

    proof: tuple[Digest, ...]
    root: Digest
    nonce: bytes
    sealed_key: bytes
    """The content key in a libsodium sealed box for the winner."""

    ciphertext: bytes


def expand(master: bytes, label: str, index: int = 0) -> bytes:
    """32 bytes for one purpose from a 32-byte master: HKDF-Expand with one block (RFC 5869 section 2.3)."""
    return hmac.digest(master, f"guildmark/{label}/{index}".encode() + b"\x01", "sha256")


def seal_design(master: bytes, contents: tuple[bytes, ...]) -> SealedDesign:
    """Encrypt ``contents`` (the design file, then one package per operation) under keys derived from ``master``."""
    leaves, ciphertexts = [], []
    for index, content in enumerate(contents):
        key, salt = expand(master, "key", index), expand(master, "salt", index)
        ciphertext = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(content, _associated(index), _NONCE, key)
        ciphertexts.append(ciphertext)
        leaves.append(
            PackageLeaf(
                index=index,
                salt=salt,
                plaintext=_digest(salt, content),
                ciphertext=_digest(ciphertext),
                key=_digest(key),
            )
        )
    return SealedDesign(
        root=merkle.root([encode(leaf) for leaf in leaves]),
        nonce=expand(master, "nonce"),
        leaves=tuple(leaves),
        ciphertexts=tuple(ciphertexts),
    )


def commitment_of(*, chain: int, registry: Address, owner: Address, root: Digest, nonce: bytes) -> Digest:
    """The commitment that the ``Designs`` contract at ``registry`` opens; bound to chain, contract and owner."""
    return _digest(b"guildmark/design/1", chain.to_bytes(32, "big"), registry, owner, root, nonce)


def deliver(
    master: bytes, design: SealedDesign, index: int, *, recipient: EncryptionKey, ephemeral: bytes
) -> PackageDelivery:
    """Package ``index`` for ``recipient``; ``ephemeral`` is a fresh 32-byte seed for the sealed box."""
    return PackageDelivery(
        leaf=design.leaves[index],
        size=len(design.leaves),
        proof=merkle.prove([encode(leaf) for leaf in design.leaves], index),
        root=design.root,
        nonce=design.nonce,
        sealed_key=seal_to(recipient, expand(master, "key", index), ephemeral),
        ciphertext=design.ciphertexts[index],
    )


def receive(delivery: PackageDelivery, index: int, *, secret: bytes) -> bytes:
    """Open package ``index`` with the recipient's X25519 ``secret`` and check every link but the ledger's.

    Raises:
        RejectError: another package, a broken proof, a wrong key, or contents that are not what was sealed.
    """
    leaf = delivery.leaf
    if leaf.index != index:
        raise RejectError(f"package {leaf.index} came instead of {index}")
    merkle.verify(encode(leaf), index, delivery.size, delivery.proof, delivery.root)
    if _digest(delivery.ciphertext) != leaf.ciphertext:
        raise RejectError("ciphertext is not the sealed one")
    key = open_sealed(secret, delivery.sealed_key)
    if _digest(key) != leaf.key:
        raise RejectError("key is not the sealed one")
    content = decrypt(key, index, delivery.ciphertext)
    if _digest(leaf.salt, content) != leaf.plaintext:
        raise RejectError("content is not the sealed one")
    return content


def decrypt(key: bytes, index: int, ciphertext: bytes) -> bytes:
    """Content of package ``index``.

    Raises:
        RejectError: the ciphertext was not made with this key for this index.
    """
    try:
        return bytes(bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, _associated(index), _NONCE, key))
    except (CryptoError, ValueError) as error:
        raise RejectError("package does not decrypt") from error


def seal_to(recipient: EncryptionKey, secret: bytes, ephemeral: bytes) -> bytes:
    """A libsodium sealed box made with a given ephemeral seed instead of ambient randomness."""
    sender = PrivateKey(ephemeral)
    public = bytes(sender.public_key)
    nonce = blake2b(public + recipient, digest_size=Box.NONCE_SIZE).digest()
    return public + bytes(Box(sender, PublicKey(recipient)).encrypt(secret, nonce).ciphertext)


def open_sealed(secret: bytes, box: bytes) -> bytes:
    """Contents of a libsodium sealed box.

    Raises:
        RejectError: the box is not for this key, or was changed.
    """
    try:
        return bytes(SealedBox(PrivateKey(secret)).decrypt(box))
    except (CryptoError, ValueError, TypeError) as error:
        raise RejectError("sealed box does not open") from error


def encryption_key(secret: bytes) -> EncryptionKey:
    """The public key that belongs to an X25519 ``secret`` of 32 bytes."""
    return EncryptionKey(bytes(PrivateKey(secret).public_key))


def _associated(index: int) -> bytes:
    return b"guildmark/package/1" + index.to_bytes(4, "big")


def _digest(*parts: bytes) -> Digest:
    return Digest(sha256(b"".join(parts)).digest())
