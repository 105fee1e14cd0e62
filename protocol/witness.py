"""What a witness is asked (C2SP tlog-witness), whether it cosigns, and the evidence when a log shows two histories."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from protocol import merkle
from protocol.checkpoint import Checkpoint, read_note
from protocol.errors import RejectError
from protocol.ids import Digest, PeerId
from protocol.params import HASH_BYTES, MAX_NOTE_BYTES, MAX_PROOF


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A log asks a witness to cosign a checkpoint: the body of an ``add-checkpoint`` request."""

    old: int
    """Number of entries in the checkpoint that the witness is thought to have cosigned last; 0 before the first."""

    proof: tuple[Digest, ...]
    """RFC 9162 consistency proof from there."""

    note: bytes
    """The signed checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """A provider shows everybody the newest head of its log (gossip topic ``head/1``)."""

    note: bytes
    """The checkpoint with its cosignatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitView:
    """Proof that a log showed two histories; anybody can check it, and it names its culprit.

    Both notes are signed by the same log. The tree of the second begins with another tree than the first note says.
    """

    first: bytes
    second: bytes
    other: Digest
    """Root of the first ``first``-many entries of the second tree."""

    proof: tuple[Digest, ...]
    """RFC 9162 consistency proof from ``other`` to the second root; empty when both trees have one size."""


class StaleError(RejectError):
    """The log is wrong about the checkpoint that was cosigned last; ``size`` is its size, so that it can ask again."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the checkpoint cosigned last has {size} entries")
        self.size = size


class SplitError(RejectError):
    """The log signed two histories; ``evidence`` shows it to anybody."""

    def __init__(self, evidence: SplitView) -> None:
        super().__init__("the log signed two histories")
        self.evidence = evidence


def write_addition(addition: Addition) -> bytes:
    """The request's text: old size, proof, empty line, note."""
    proof = "".join(f"{base64.b64encode(digest).decode()}\n" for digest in addition.proof)
    return f"old {addition.old}\n{proof}\n".encode() + addition.note


def read_addition(content: bytes) -> Addition:
    """Inverse of ``write_addition``.

    Raises:
        RejectError: not such a request, or more than ``MAX_PROOF`` hashes.
    """
    head, separator, note = content.partition(b"\n\n")
    lines = head.split(b"\n", MAX_PROOF + 1)
    if not separator or len(note) > MAX_NOTE_BYTES or len(lines) > MAX_PROOF + 1:
        raise RejectError("not a request to cosign")
    word, _, size = lines[0].partition(b" ")
    if word != b"old" or not size.isdigit() or len(size) > 19:
        raise RejectError("not a request to cosign")
    addition = Addition(old=int(size), proof=tuple(_digest(line) for line in lines[1:]), note=note)
    if write_addition(addition) != content:
        raise RejectError("the request to cosign is not in canonical form")
    return addition


def accept_head(head: LogHead, *, signer: PeerId) -> Checkpoint:
    """Decide whether a head is worth comparing with what is known of its log.

    Raises:
        RejectError: the note is not signed by its log, or the log is not the signer's.
    """
    checkpoint = read_note(head.note).checkpoint
    if checkpoint.provider != signer:
        raise RejectError("a head is not announced by its own log")
    return checkpoint


def judge_addition(addition: Addition, latest: bytes | None) -> Checkpoint:
    """Whether a witness cosigns; ``latest`` is the note of this log that it cosigned last.

    Raises:
        RejectError: the note is not signed by its log, or the proof does not hold.
        StaleError: the log is wrong about what was cosigned last.
        SplitError: it contradicts what was cosigned last.
    """
    checkpoint = read_note(addition.note).checkpoint
    known = None if latest is None else read_note(latest).checkpoint
    size = 0 if known is None else known.size
    if known is not None and latest is not None:
        compare(latest, addition.note, addition.proof if addition.old == size else ())
    if addition.old != size:
        raise StaleError(size)
    if addition.old > checkpoint.size:
        raise RejectError("the log has shrunk")
    root = merkle.root([]) if known is None else known.root
    merkle.verify_consistency(size, root, checkpoint.size, checkpoint.root, addition.proof)
    return checkpoint


def compare(first: bytes, second: bytes, proof: Sequence[Digest] = ()) -> None:
    """Look for a split view in two notes of one log; ``proof`` may lead from the smaller tree to the larger.

    Raises:
        RejectError: a note is not signed by its log, or they are of different logs.
        SplitError: the notes contradict each other.
    """
    one, two = read_note(first).checkpoint, read_note(second).checkpoint
    if one.provider != two.provider:
        raise RejectError("the notes are of different logs")
    if one.size > two.size:
        first, second, one, two = second, first, two, one
    other = two.root if one.size == two.size else _earlier_root(one, two, proof)
    if other is not None and other != one.root:
        kept = () if one.size == two.size else tuple(proof)
        raise SplitError(SplitView(first=first, second=second, other=other, proof=kept))


def check_growth(first: bytes, second: bytes, proof: Sequence[Digest]) -> None:
    """Whether the larger of two notes continues the smaller, as ``proof`` says.

    Raises:
        RejectError: a note is not signed by its log, they are of different logs, or the proof does not hold.
        SplitError: the notes contradict each other.
    """
    compare(first, second, proof)
    one, two = sorted((read_note(first).checkpoint, read_note(second).checkpoint), key=lambda c: c.size)
    merkle.verify_consistency(one.size, one.root, two.size, two.root, proof)


def check_split(evidence: SplitView) -> PeerId:
    """The provider whose log signed two histories, once the evidence shows that.

    Raises:
        RejectError: it does not.
    """
    one, two = read_note(evidence.first).checkpoint, read_note(evidence.second).checkpoint
    if one.provider != two.provider:
        raise RejectError("the notes are of different logs")
    if one.root == evidence.other:
        raise RejectError("the notes do not contradict each other")
    merkle.verify_consistency(one.size, evidence.other, two.size, two.root, evidence.proof)
    return one.provider


def _earlier_root(one: Checkpoint, two: Checkpoint, proof: Sequence[Digest]) -> Digest | None:
    """The root that ``proof`` gives the first entries of the larger tree, if it leads to that tree at all."""
    if one.size == 0:
        return merkle.root([])
    return merkle.proven_earlier_root(one.size, two.size, two.root, proof)


def _digest(line: bytes) -> Digest:
    try:
        found = base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise RejectError("a hash in the request is not base64") from error
    if len(found) != HASH_BYTES:
        raise RejectError("a hash in the request does not have 32 bytes")
    return Digest(found)
