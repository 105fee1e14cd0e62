"""Looks for what a dictionary could be tested against: unsalted hashes of a design, in any notation, anywhere in bytes.

Every document of the design is hashed whole and by chunks, plain and in the wrappings that file systems and networks
use, with every hash function at hand. Half of a hash is enough to be found, so that truncated ones are found too.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator

from blake3 import blake3
from eth_utils.crypto import keccak

from protocol.content import Outline, content_digest
from protocol.ids import Digest
from protocol.merkle import leaf_hash
from protocol.params import CHUNK_BYTES, SEALING_CHUNK_BYTES
from protocol.seal import chunk_hash
from protocol.stream import SEALED_CHUNK_BYTES

PIECES = (4096, 16_384, 65_536, 262_144, SEALING_CHUNK_BYTES, SEALED_CHUNK_BYTES, CHUNK_BYTES)
"""Bytes of the pieces that a content is cut into by somebody."""

ALGORITHMS = sorted(name for name in hashlib.algorithms_available if not name.startswith("shake"))


def fingerprints(documents: dict[str, bytes]) -> dict[bytes, str]:
    """Needle to what it is, for all notations of all hashes of all pieces of ``documents``."""
    found: dict[bytes, str] = {}
    for name, content in documents.items():
        for what, piece in pieces(content):
            for how, digest in hashes(piece):
                for needle in notations(digest):
                    found[needle] = f"{how} of {what} of {name}"
        chunks = tuple(
            Digest(hashlib.sha256(content[start : start + CHUNK_BYTES]).digest())
            for start in range(0, len(content), CHUNK_BYTES)
        )
        for needle in notations(content_digest(Outline(size=len(content), chunks=chunks))):
            found[needle] = f"content name of {name}"
    return found


def pieces(content: bytes) -> Iterator[tuple[str, bytes]]:
    yield "all", content
    yield "all without line ends", content.replace(b"\r", b"").replace(b"\n", b"")
    for size in PIECES:
        for start in range(0, len(content), size):
            yield f"bytes {start} to {start + size}", content[start : start + size]


def hashes(piece: bytes) -> Iterator[tuple[str, bytes]]:
    for algorithm in ALGORITHMS:
        try:
            yield algorithm, hashlib.new(algorithm, piece, usedforsecurity=False).digest()
        except ValueError:
            continue  # the system's policy has no MD4 and the like
    yield "keccak256", keccak(piece)
    yield "BLAKE3", blake3(piece).digest()
    yield "RFC 9162 leaf", leaf_hash(piece)
    yield "chunk name", chunk_hash(piece)
    yield "git object", hashlib.sha1(b"blob %d\0" % len(piece) + piece, usedforsecurity=False).digest()
    yield "SHA-256 twice", hashlib.sha256(hashlib.sha256(piece).digest()).digest()


def notations(digest: bytes) -> Iterator[bytes]:
    """Half of the digest, at least eight bytes, in bytes, hexadecimal and base64."""
    half = digest[: max(8, len(digest) // 2)]
    yield half
    yield half.hex().encode()
    yield half.hex().upper().encode()
    text = base64.b64encode(half)[: len(half) * 8 // 6]
    yield text
    yield text.replace(b"+", b"-").replace(b"/", b"_")


def scan(needles: dict[bytes, str], haystack: Iterable[bytes]) -> list[str]:
    """What of ``needles`` stands anywhere in ``haystack``."""
    by_size: dict[int, set[bytes]] = {}
    for needle in needles:
        by_size.setdefault(len(needle), set()).add(needle)
    found: set[str] = set()
    for straw in haystack:
        for size, wanted in by_size.items():
            windows = {straw[start : start + size] for start in range(len(straw) - size + 1)}
            found |= {needles[needle] for needle in windows & wanted}
    return sorted(found)
