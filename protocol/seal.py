"""Sealing a design: one key, salt and leaf per package, and a commitment that no dictionary can test.

Package 0 is the design file itself, which is released to nobody; package ``i + 1`` is what operation ``i`` needs. All
secrets derive from one 32-byte master (HKDF-Expand, RFC 5869, SHA-256), so that sealing twice gives the same bytes.
Contents are encrypted in chunks (``protocol.stream``); the key of one package reaches its winner alone
(``protocol.release``). The tree is filled up to a power of two with leaves of nothing, so that a proof does not tell
how many packages there are. What is as long as a content is hashed with BLAKE3, three times as fast as SHA-256; the
trees over these hashes are SHA-256, as the ledger checks them.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from blake3 import blake3

from protocol import merkle, stream
from protocol.errors import RejectError
from protocol.ids import Address, Digest
from protocol.release import ReleaseContext, open_release, release_key
from protocol.wire import encode

DESIGN_PACKAGE = 0
"""Index of the leaf that holds the design file."""

MIN_LEAVES = 4
"""Leaves of the smallest tree."""

_CHUNK: Final = "guildmark/chunk/1"
"""Domain of the hash of an encrypted chunk (BLAKE3's key derivation mode)."""

Chunks = Iterable[bytes | memoryview]
"""In order; each stays good until the one after the next is asked for, so that two buffers can serve all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLeaf:
    """What the commitment binds of one package; salt and key hide contents that could be guessed.

    Key and ciphertext are bound, so the content is: nothing else opens under that key. A hash of it is not needed.
    """

    index: int
    salt: bytes
    ciphertext: Digest
    """RFC 9162 root over the encrypted chunks' BLAKE3 hashes: anyone checks a relay's bytes, chunk by chunk."""

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

    parcel: Digest
    """What the ciphertext is fetched under, chunk by chunk (``protocol.content``)."""

    code: PackageLeaf | None
    """Of machine code that was made after the award and comes in the sealed package's place, whose key stays where it
    is; ``leaf`` still names what the licence is for. None when the sealed package itself comes."""

    @property
    def content(self) -> PackageLeaf:
        """What the ciphertext holds."""
        return self.leaf if self.code is None else self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCode:
    """Machine code, encrypted for one delivery."""

    leaf: PackageLeaf
    key: bytes
    ciphertext: bytes


def expand(master: bytes, label: str, index: int = 0) -> bytes:
    """32 bytes for one purpose from a 32-byte master: HKDF-Expand with one block (RFC 5869 section 2.3)."""
    return hmac.digest(master, f"guildmark/{label}/{index}".encode() + b"\x01", "sha256")


def chunk_hash(chunk: bytes | memoryview) -> Digest:
    """Name of one encrypted chunk."""
    return Digest(blake3(chunk, derive_key_context=_CHUNK).digest())


def seal_package(master: bytes, index: int, content: Chunks, keep: Callable[[memoryview], object]) -> PackageLeaf:
    """Encrypt ``content``, given in chunks of ``SEALING_CHUNK_BYTES``; ``keep`` writes or copies each encrypted one."""
    key, hashes = expand(master, "key", index), []
    for chunk in stream.encrypt(expand(key, "aead"), _associated(index), content):
        hashes.append(chunk_hash(chunk))
        keep(chunk)
    return PackageLeaf(
        index=index,
        salt=expand(master, "salt", index),
        ciphertext=merkle.root_of_hashes(hashes),
        chunks=len(hashes),
        key=key_commitment(key),
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
    master: bytes, design: SealedDesign, parcel: Digest, *, context: ReleaseContext, recipient: bytes
) -> PackageDelivery:
    """Package ``context.index``, fetched under ``parcel``, its key released to the release key ``recipient``.

    Raises:
        RejectError: ``recipient`` is no release key.
    """
    key = release_key(recipient, expand(master, "key", context.index), context)
    return _delivery(design, context.index, released_key=key, parcel=parcel, code=None)


def seal_code(master: bytes, index: int, content: bytes) -> SealedCode:
    """Encrypt machine code that takes the place of package ``index``; other code has another key, so none is reused."""
    own, chunks = expand(master, f"code/{sha256(content).hexdigest()}", index), list[bytes]()
    leaf = seal_package(own, index, stream.chunks_of(content), lambda chunk: chunks.append(bytes(chunk)))
    return SealedCode(leaf=leaf, key=expand(own, "key", index), ciphertext=b"".join(chunks))


def deliver_code(
    design: SealedDesign, code: SealedCode, *, parcel: Digest, context: ReleaseContext, recipient: bytes
) -> PackageDelivery:
    """Machine code in place of package ``context.index``, fetched under ``parcel``, its key released to ``recipient``.

    Raises:
        RejectError: ``recipient`` is no release key.
    """
    key = release_key(recipient, code.key, context)
    return _delivery(design, context.index, released_key=key, parcel=parcel, code=code.leaf)


def _delivery(
    design: SealedDesign, index: int, *, released_key: bytes, parcel: Digest, code: PackageLeaf | None
) -> PackageDelivery:
    hashes = design.hashes
    ranges = merkle.inclusion_ranges(index, len(hashes))
    return PackageDelivery(
        leaf=design.leaves[index],
        size=len(hashes),
        proof=tuple(merkle.root_of_hashes(hashes[first:last]) for first, last in ranges),
        root=design.root,
        nonce=design.nonce,
        released_key=released_key,
        parcel=parcel,
        code=code,
    )


def accept(delivery: PackageDelivery, context: ReleaseContext, *, seed: bytes) -> bytes:
    """The content key of package ``context.index``, opened with the release key's ``seed``, once all around it holds.

    What is left to check are the ledger's commitment, before, and the ciphertext and content, with ``open_content``.

    Raises:
        RejectError: another package, a broken proof, or a wrong key.
    """
    leaf, content = delivery.leaf, delivery.content
    if {leaf.index, content.index} != {context.index}:
        raise RejectError(f"package {leaf.index} came instead of {context.index}")
    merkle.verify(encode(leaf), leaf.index, delivery.size, delivery.proof, delivery.root)
    key = open_release(seed, delivery.released_key, context)
    if key_commitment(key) != content.key:
        raise RejectError("key is not the sealed one")
    return key


def open_content(key: bytes, leaf: PackageLeaf, chunks: Chunks) -> Iterator[memoryview]:
    """Content of a package whose key is known, in chunks; trust none of them until the last came without an error.

    Each is good until the next is asked for.

    Args:
        chunks: the ciphertext's; each is looked at once, so that they may come from a disk or a wire.

    Raises:
        RejectError: the ciphertext is not the sealed one, or was not made with this key.
    """
    hashes: list[Digest] = []
    yield from stream.decrypt(expand(key, "aead"), _associated(leaf.index), _named(chunks, hashes))
    if (len(hashes), merkle.root_of_hashes(hashes)) != (leaf.chunks, leaf.ciphertext):
        raise RejectError("ciphertext is not the sealed one")


def _named(chunks: Chunks, hashes: list[Digest]) -> Iterator[bytes | memoryview]:
    """The chunks, with their names put down on the way."""
    for chunk in chunks:
        hashes.append(chunk_hash(chunk))
        yield chunk


def key_commitment(key: bytes) -> Digest:
    """What a leaf binds of a package's key."""
    return Digest(expand(key, "commit"))


def _associated(index: int) -> bytes:
    return b"guildmark/package/3" + index.to_bytes(4, "big")


def _digest(*parts: bytes) -> Digest:
    return Digest(sha256(b"".join(parts)).digest())
