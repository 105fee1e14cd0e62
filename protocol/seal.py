"""Sealing a design: one key, salt and leaf per package, and a commitment that no dictionary can test.

Package 0 is the design file itself, which is released to nobody; package ``i + 1`` is what operation ``i`` needs. All
secrets derive from one 32-byte master (HKDF-Expand, RFC 5869, SHA-256), so that sealing twice gives the same bytes.
Contents are encrypted in chunks (``protocol.stream``); the key of one package reaches its winner alone
(``protocol.release``). The tree is filled up to a power of two with leaves of nothing, so that a proof does not tell
how many packages there are.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from protocol import merkle, stream
from protocol.errors import RejectError
from protocol.ids import Address, Digest
from protocol.release import ReleaseContext, open_release, release_key
from protocol.wire import encode

DESIGN_PACKAGE = 0
"""Index of the leaf that holds the design file."""

MIN_LEAVES = 4
"""Leaves of the smallest tree."""

T = TypeVar("T")

Chunks = Iterable[bytes | memoryview]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLeaf:
    """What the commitment binds of one package; the salt hides contents that could be guessed."""

    index: int
    salt: bytes
    plaintext: Digest
    """SHA-256 of salt and content: hiding, and still lets a holder prove in a dispute what was sealed."""

    ciphertext: Digest
    """RFC 9162 root over the encrypted chunks: lets anyone check that a relay holds the right bytes, chunk by chunk."""

    chunks: int

    key: Digest
    """Key commitment: one ciphertext opens under one key only, which AES-GCM alone does not promise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedDesign:
    """The public half of a sealed design; its ciphertexts lie beside it."""

    root: Digest
    """RFC 9162 root over the encoded leaves and the padding."""

    nonce: bytes
    """32 bytes that blind the root in the commitment."""

    leaves: tuple[PackageLeaf, ...]
    padding: tuple[Digest, ...]
    """Leaf hashes of nothing."""

    @property
    def hashes(self) -> tuple[Digest, ...]:
        """The tree's leaf hashes."""
        return (*(merkle.leaf_hash(encode(leaf)) for leaf in self.leaves), *self.padding)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageDelivery:
    """One package on its way to one winner, with all that proves it is what was sealed; its customer signs it."""

    leaf: PackageLeaf
    size: int
    """Leaves under the root, padding included."""

    proof: tuple[Digest, ...]
    root: Digest
    nonce: bytes
    released_key: bytes
    """The content key, for the release key that the winner asked with."""

    ciphertext: bytes


def expand(master: bytes, label: str, index: int = 0) -> bytes:
    """32 bytes for one purpose from a 32-byte master: HKDF-Expand with one block (RFC 5869 section 2.3)."""
    return hmac.digest(master, f"guildmark/{label}/{index}".encode() + b"\x01", "sha256")


def seal_package(master: bytes, index: int, content: Chunks, keep: Callable[[bytes], object]) -> PackageLeaf:
    """Encrypt ``content``, given in chunks of ``SEALING_CHUNK_BYTES``; ``keep`` takes each encrypted chunk in turn."""
    key, salt = expand(master, "key", index), expand(master, "salt", index)
    plaintext, hashes = sha256(salt), []
    for chunk in stream.encrypt(expand(key, "aead"), _associated(index), _hashed(content, plaintext.update)):
        hashes.append(merkle.leaf_hash(chunk))
        keep(chunk)
    return PackageLeaf(
        index=index,
        salt=salt,
        plaintext=Digest(plaintext.digest()),
        ciphertext=merkle.root_of_hashes(hashes),
        chunks=len(hashes),
        key=_key_commitment(key),
    )


def seal_design(master: bytes, leaves: Sequence[PackageLeaf]) -> SealedDesign:
    """The design whose packages were sealed under ``master``, in order from the design file on."""
    size = tree_size(len(leaves))
    design = SealedDesign(
        root=Digest(bytes(32)),
        nonce=expand(master, "nonce"),
        leaves=tuple(leaves),
        padding=tuple(Digest(expand(master, "padding", index)) for index in range(len(leaves), size)),
    )
    return SealedDesign(
        root=merkle.root_of_hashes(design.hashes), nonce=design.nonce, leaves=design.leaves, padding=design.padding
    )


def tree_size(packages: int) -> int:
    """Leaves of the tree over so many packages: the next power of two, at least ``MIN_LEAVES``."""
    return max(MIN_LEAVES, 1 << (packages - 1).bit_length())


def commitment_of(*, chain: int, registry: Address, owner: Address, root: Digest, nonce: bytes) -> Digest:
    """The commitment that the ``Designs`` contract at ``registry`` opens; bound to chain, contract and owner."""
    return _digest(b"guildmark/design/1", chain.to_bytes(32, "big"), registry, owner, root, nonce)


def deliver(
    master: bytes, design: SealedDesign, ciphertext: bytes, *, context: ReleaseContext, recipient: bytes
) -> PackageDelivery:
    """Package ``context.index``, its key released to the release key ``recipient``.

    Raises:
        RejectError: ``recipient`` is no release key.
    """
    hashes, index = design.hashes, context.index
    ranges = merkle.inclusion_ranges(index, len(hashes))
    return PackageDelivery(
        leaf=design.leaves[index],
        size=len(hashes),
        proof=tuple(merkle.root_of_hashes(hashes[first:last]) for first, last in ranges),
        root=design.root,
        nonce=design.nonce,
        released_key=release_key(recipient, expand(master, "key", index), context),
        ciphertext=ciphertext,
    )


def accept(delivery: PackageDelivery, context: ReleaseContext, *, seed: bytes) -> bytes:
    """The content key of package ``context.index``, opened with the release key's ``seed``, once all around it holds.

    What is left to check are the ledger's commitment, before, and the content itself, with ``open_content``.

    Raises:
        RejectError: another package, a broken proof, another ciphertext, or a wrong key.
    """
    leaf = delivery.leaf
    if leaf.index != context.index:
        raise RejectError(f"package {leaf.index} came instead of {context.index}")
    merkle.verify(encode(leaf), leaf.index, delivery.size, delivery.proof, delivery.root)
    hashes = [merkle.leaf_hash(chunk) for chunk in stream.sealed_chunks_of(delivery.ciphertext)]
    if (merkle.root_of_hashes(hashes), len(hashes)) != (leaf.ciphertext, leaf.chunks):
        raise RejectError("ciphertext is not the sealed one")
    key = open_release(seed, delivery.released_key, context)
    if _key_commitment(key) != leaf.key:
        raise RejectError("key is not the sealed one")
    return key


def open_content(key: bytes, leaf: PackageLeaf, chunks: Chunks) -> Iterator[bytes]:
    """Content of a package whose key is known, in chunks; trust none of them until the last came without an error.

    Raises:
        RejectError: the chunks were not made with this key for this index, or the content is not what was sealed.
    """
    plaintext = sha256(leaf.salt)
    yield from _hashed(stream.decrypt(expand(key, "aead"), _associated(leaf.index), chunks), plaintext.update)
    if plaintext.digest() != leaf.plaintext:
        raise RejectError("content is not the sealed one")


def _hashed(chunks: Iterable[T], update: Callable[[T], object]) -> Iterator[T]:
    for chunk in chunks:
        update(chunk)
        yield chunk


def _key_commitment(key: bytes) -> Digest:
    return Digest(expand(key, "commit"))


def _associated(index: int) -> bytes:
    return b"guildmark/package/2" + index.to_bytes(4, "big")


def _digest(*parts: bytes) -> Digest:
    return Digest(sha256(b"".join(parts)).digest())
