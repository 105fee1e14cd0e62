"""Content too large for one answer: named by its chunks' hashes, so that each chunk is checked as it comes."""

from dataclasses import dataclass
from hashlib import sha256

from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.params import CHUNK_BYTES, HASH_BYTES, MAX_CHUNKS


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineRequest:
    """Asks for the outline of ``content``; answered with an ``Outline``."""

    content: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRequest:
    """Asks for one chunk of ``content``; answered with its bytes."""

    content: Digest
    index: int
    """Number of the chunk, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a content consists of: chunks of ``CHUNK_BYTES``, the last one of the rest."""

    size: int
    """Bytes of the whole."""

    chunks: tuple[Digest, ...]
    """SHA-256 of each chunk, in order; none for an empty content."""


def content_digest(outline: Outline) -> Digest:
    """The name of a content: SHA-256 over domain, size as 8 big-endian bytes, and the chunks' digests in order."""
    preimage = b"guildmark/content/1" + outline.size.to_bytes(8, "big") + b"".join(outline.chunks)
    return Digest(sha256(preimage).digest())


def chunk_size(outline: Outline, index: int) -> int:
    """Bytes of chunk ``index``."""
    return min(CHUNK_BYTES, outline.size - index * CHUNK_BYTES)


def check_outline(outline: Outline, content: Digest) -> None:
    """Whether ``outline`` is that of ``content``.

    Raises:
        RejectError: too large, a number of chunks that does not follow from the size, or another content's.
    """
    if not 0 <= outline.size <= MAX_CHUNKS * CHUNK_BYTES:
        raise RejectError(f"outline of {outline.size} bytes; at most {MAX_CHUNKS} chunks are carried")
    if len(outline.chunks) != -(-outline.size // CHUNK_BYTES) or any(len(c) != HASH_BYTES for c in outline.chunks):
        raise RejectError("outline's chunks do not make up its size")
    if content_digest(outline) != content:
        raise RejectError("outline is of another content than was asked for")


def check_chunk(outline: Outline, index: int, chunk: bytes) -> None:
    """Whether ``chunk`` is number ``index`` of ``outline``.

    Raises:
        RejectError: other bytes.
    """
    if len(chunk) != chunk_size(outline, index) or sha256(chunk).digest() != outline.chunks[index]:
        raise RejectError(f"chunk {index} is not what its outline promises")
