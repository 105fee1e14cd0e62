"""Bulk encryption in chunks that take one MiB: STREAM over AES-256-GCM, in memory that does not grow with the content.

STREAM is the online construction of Hoang, Reyhanitabar, Rogaway and Vizar (CRYPTO 2015), as ``age`` uses it: the nonce
of each chunk is its number and a flag for the last one, so that chunks cannot be reordered, dropped or cut off. One key
encrypts one content.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.errors import RejectError
from protocol.params import SEALING_CHUNK_BYTES

TAG_BYTES = 16
"""What a chunk grows by."""

SEALED_CHUNK_BYTES = SEALING_CHUNK_BYTES + TAG_BYTES

MAX_CHUNKS = 2**32
"""The chunk number has 32 bits: four petabytes."""


def chunks_of(content: bytes | memoryview) -> Iterator[memoryview]:
    """``content`` in chunks, at least one."""
    view = memoryview(content)
    yield view[:SEALING_CHUNK_BYTES]
    for start in range(SEALING_CHUNK_BYTES, len(view), SEALING_CHUNK_BYTES):
        yield view[start : start + SEALING_CHUNK_BYTES]


def sealed_chunks_of(ciphertext: bytes | memoryview) -> Iterator[memoryview]:
    """``ciphertext`` in the chunks that it was made in."""
    view = memoryview(ciphertext)
    yield view[:SEALED_CHUNK_BYTES]
    for start in range(SEALED_CHUNK_BYTES, len(view), SEALED_CHUNK_BYTES):
        yield view[start : start + SEALED_CHUNK_BYTES]


def whole(chunks: Iterable[bytes | memoryview]) -> bytes:
    """All of a content that is small enough for memory, from chunks that need not outlive each other."""
    return b"".join(map(bytes, chunks))


def encrypt(key: bytes, associated: bytes, chunks: Iterable[bytes | memoryview]) -> Iterator[memoryview]:
    """Encrypt a content given in chunks of ``SEALING_CHUNK_BYTES``, only the last of which may be shorter.

    Each chunk that comes out is good until the next is asked for: one buffer serves all, for fresh memory costs more
    than the cipher.

    Raises:
        ValueError: a chunk of another size, or none at all.
    """
    cipher, room = AESGCM(key), memoryview(bytearray(SEALED_CHUNK_BYTES))
    for number, chunk, last in _numbered(chunks, SEALING_CHUNK_BYTES):
        out = room[: len(chunk) + TAG_BYTES]
        cipher.encrypt_into(_nonce(number, last=last), chunk, associated, out)
        yield out


def decrypt(key: bytes, associated: bytes, chunks: Iterable[bytes | memoryview]) -> Iterator[memoryview]:
    """Decrypt what ``encrypt`` made, chunk by chunk; each is authentic in its place when it comes out.

    Each is good until the next is asked for.

    Raises:
        RejectError: another key, or chunks that were changed, reordered, dropped, added or cut off.
    """
    cipher, room = AESGCM(key), memoryview(bytearray(SEALING_CHUNK_BYTES))
    try:
        for number, chunk, last in _numbered(chunks, SEALED_CHUNK_BYTES):
            out = room[: max(0, len(chunk) - TAG_BYTES)]
            cipher.decrypt_into(_nonce(number, last=last), chunk, associated, out)
            yield out
    except (InvalidTag, ValueError) as error:
        raise RejectError("content does not decrypt") from error


def _numbered(chunks: Iterable[bytes | memoryview], size: int) -> Iterator[tuple[int, bytes | memoryview, bool]]:
    """Each chunk with its number and whether it is the last."""
    number = 0
    for chunk, following in pairwise(chain(chunks, (None,))):
        assert chunk is not None  # noqa: S101  # only the end is
        last = following is None
        if (len(chunk) != size and not last) or len(chunk) > size or number == MAX_CHUNKS:
            raise ValueError("a chunk has another size than it must")
        yield number, chunk, last
        number += 1
    if number == 0:
        raise ValueError("there is no chunk")


def _nonce(number: int, *, last: bool) -> bytes:
    return bytes(7) + number.to_bytes(4, "big") + bytes([last])
