"""One auction as one file; damage is located, and whether it holds is decided by ``protocol.recheck``.

A file is ``MAGIC`` and then one frame for each part: its kind (1 byte), its length (4 bytes, big-endian), the first 8
bytes of the SHA-256 of these five and the part, and the part. The order is fixed: call, commitments by leaf hash, roll,
reveals by provider, replies by wire form, result. A reveal stands without its signature, for the commitment's seal
binds every bit of it. Checksums only locate damage; who changes a part with its checksum breaks a signature or a seal.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import TypeVar

from protocol.auction import Reveal
from protocol.award import transcript_root
from protocol.errors import RejectError
from protocol.ids import Digest
from protocol.merkle import leaf_hash
from protocol.params import MAX_TRANSCRIPT_BYTES
from protocol.signed import Signed
from protocol.wire import decode, decode_all, encode

T = TypeVar("T")

MAGIC = b"guildmark transcript/1\n"
HEAD = 5
"""Bytes of kind and length."""

CHECKSUM = 8
"""Bytes of the checksum after them."""


class Kind(IntEnum):
    """What a part is, in the order of the file."""

    CALL = 1
    COMMITMENT = 2
    ROLL = 3
    REVEAL = 4
    REPLY = 5
    RESULT = 6


ONCE = (Kind.CALL, Kind.ROLL, Kind.RESULT)
"""Kinds that a file has exactly one of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Everything that an award follows from, and the award."""

    call: Signed
    commitments: tuple[Signed, ...]
    roll: Signed
    reveals: tuple[bytes, ...]
    """Wire form of each ``Reveal``."""

    replies: tuple[Signed, ...]
    """Refusals of earlier results, and the winners' acceptances."""

    result: Signed

    @property
    def root(self) -> Digest:
        """What stands on the ledger, and breaks ties; see ``transcript_root``."""
        return transcript_root(encode(self.call), [encode(c) for c in self.commitments], self.reveals)


class FlawError(RejectError):
    """A part of a transcript does not hold; do not rely on the award.

    Attributes:
        part: which one, such as ``reveal 3``; the first of a kind has number 1.
        offset: where it begins in the file, in bytes.
        why: what is wrong with it.
    """

    def __init__(self, part: str, offset: int, why: str) -> None:
        super().__init__(f"{part} at byte {offset}: {why}")
        self.part = part
        self.offset = offset
        self.why = why


@dataclass(frozen=True, slots=True)
class Part:
    """One frame of a file."""

    kind: Kind
    number: int
    """Among those of its kind, from 1."""

    offset: int
    content: bytes

    def flaw(self, why: object) -> FlawError:
        """The error that this part does not hold."""
        name = self.kind.name.lower()
        return FlawError(name if self.kind in ONCE else f"{name} {self.number}", self.offset, str(why))


def write(transcript: Transcript) -> bytes:
    """The one file of a transcript."""
    commitments = sorted(transcript.commitments, key=lambda signed: leaf_hash(signed.payload))
    reveals = sorted(transcript.reveals, key=lambda reveal: decode(Reveal, reveal).bid.provider)
    parts = [
        (Kind.CALL, encode(transcript.call)),
        *((Kind.COMMITMENT, encode(signed)) for signed in commitments),
        (Kind.ROLL, encode(transcript.roll)),
        *((Kind.REVEAL, reveal) for reveal in reveals),
        *((Kind.REPLY, reply) for reply in sorted(map(encode, transcript.replies))),
        (Kind.RESULT, encode(transcript.result)),
    ]
    return MAGIC + b"".join(_frame(kind, content) for kind, content in parts)


def parts_of(data: bytes) -> tuple[Part, ...]:
    """The frames of a file, undamaged and in order; what is in them is not looked at.

    Raises:
        FlawError: not such a file, damaged, or a part is missing, there twice, or out of order.
    """
    if len(data) > MAX_TRANSCRIPT_BYTES or not data.startswith(MAGIC):
        raise FlawError("file", 0, f"it does not begin with {MAGIC!r}, or is longer than {MAX_TRANSCRIPT_BYTES} bytes")
    found = tuple(_parts(data))
    for kind in ONCE:
        count = sum(part.kind is kind for part in found)
        if count != 1:
            raise FlawError(kind.name.lower(), len(data), f"there are {count} of it")
    return found


def transcript_of(parts: tuple[Part, ...]) -> Transcript:
    """The transcript in the frames.

    Raises:
        FlawError: a part is not the wire form of what it says it is.
    """

    def signed(kind: Kind) -> tuple[Signed, ...]:
        some = [part for part in parts if part.kind is kind]
        return tuple(decoded(Signed, some, [part.content for part in some]))

    return Transcript(
        call=signed(Kind.CALL)[0],
        commitments=signed(Kind.COMMITMENT),
        roll=signed(Kind.ROLL)[0],
        reveals=tuple(part.content for part in parts if part.kind is Kind.REVEAL),
        replies=signed(Kind.REPLY),
        result=signed(Kind.RESULT)[0],
    )


def decoded(kind: type[T], parts: Sequence[Part], wires: Sequence[bytes]) -> Iterator[T]:
    """What the wire forms in ``parts`` say: all at once if they are well formed, else one after the other.

    Raises:
        FlawError: the first part that is not well formed, once those before it were taken.
    """
    try:
        messages: Iterable[T] = decode_all(kind, wires)
    except RejectError:
        messages = (_decoded(kind, part, wire) for part, wire in zip(parts, wires, strict=True))
    yield from messages


def _decoded(kind: type[T], part: Part, wire: bytes) -> T:
    try:
        return decode(kind, wire)
    except RejectError as error:
        raise part.flaw(error) from error


def _frame(kind: Kind, content: bytes) -> bytes:
    head = bytes([kind]) + len(content).to_bytes(4, "big")
    return head + _checksum(head, content) + content


def _checksum(head: bytes, content: bytes) -> bytes:
    return sha256(head + content).digest()[:CHECKSUM]


def _parts(data: bytes) -> Iterator[Part]:
    offset, last, number = len(MAGIC), Kind.CALL, 0
    while offset < len(data):
        head, start = data[offset : offset + HEAD], offset + HEAD + CHECKSUM
        content = data[start : start + int.from_bytes(head[1:], "big")]
        if data[offset + HEAD : start] != _checksum(head, content):
            raise FlawError(f"part after {last.name.lower()} {number}", offset, "damaged; its checksum does not hold")
        if head[0] == last:
            number += 1
        elif last < head[0] <= Kind.RESULT:
            last, number = Kind(head[0]), 1
        else:
            raise FlawError(
                f"part after {last.name.lower()} {number}", offset, "is of an unknown kind, or out of order"
            )
        yield Part(last, number, offset, content)
        offset = start + len(content)
