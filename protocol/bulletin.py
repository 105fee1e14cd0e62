"""What lasts of gossip: numbered, expiring bulletins; refuses replays, other topics' words and two words for one thing.

A bulletin is *about* a subject, which follows from its message. On a topic that is said once, a second and different
bulletin about the same subject is an equivocation; on one that renews, the highest sequence replaces the others. So is
the same sequence given twice. Both proofs are portable: the two signed bulletins and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from protocol.auction import Commitment, Reveal
from protocol.capability import Card
from protocol.capacity import Capacity
from protocol.classification import check_gossiped
from protocol.errors import IgnoreError, RejectError
from protocol.ids import PeerId
from protocol.job import Call
from protocol.params import BULLETIN_LIFETIME, MAX_CLOCK_SKEW, MAX_MESSAGE_BYTES, MAX_TEXT
from protocol.result import Reply, Result
from protocol.roll import Roll
from protocol.signed import Signed, verify
from protocol.topics import AWARD, BULLETIN, CALL, CAPACITY, CARD, COMMITMENT, LOG_HEAD, REPLY, REVEAL, ROLL
from protocol.units import UnixSeconds
from protocol.wire import decode
from protocol.witness import LogHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """One utterance that every node keeps until it expires (signed under ``bulletin/1``)."""

    topic: str
    """Where it was gossiped."""

    sequence: int
    """Higher than in every earlier bulletin of its author, across restarts; the wall time in milliseconds serves."""

    expires: UnixSeconds
    """Wall time; afterwards nobody keeps it."""

    message: bytes
    """What is said, in ``topic``'s wire form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivocation:
    """Two signed bulletins that no honest author made both of ; it proves itself, whoever shows it."""

    first: Signed
    second: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a topic carries, and what its bulletins are about."""

    kind: type
    subject: Callable[[Any], bytes]
    check: Callable[[Any], None] = lambda _message: None
    """Raises RejectError for a message that must not be gossiped, well formed as it may be."""

    renews: bool = False
    """Whether a later bulletin about the same subject replaces an earlier one; otherwise it is said once."""


TOPICS: dict[str, Topic] = {
    CARD: Topic(kind=Card, subject=lambda _card: b"", renews=True),
    CAPACITY: Topic(kind=Capacity, subject=lambda capacity: capacity.machine.encode(), renews=True),
    CALL: Topic(kind=Call, subject=lambda call: call.job, check=check_gossiped),
    COMMITMENT: Topic(kind=Commitment, subject=lambda commitment: commitment.job),
    REVEAL: Topic(kind=Reveal, subject=lambda reveal: reveal.bid.job),
    ROLL: Topic(kind=Roll, subject=lambda roll: roll.job),
    AWARD: Topic(kind=Result, subject=lambda result: b"".join((result.job, *result.declined))),
    REPLY: Topic(kind=Reply, subject=lambda reply: reply.result),
    LOG_HEAD: Topic(kind=LogHead, subject=lambda _head: b"", renews=True),
}
"""The topics whose messages are signed envelopes around one kind; about other topics only their size is known."""


def open_bulletin(signed: Signed) -> Bulletin:
    """The bulletin in ``signed``.

    Raises:
        RejectError: the signature does not hold, it is no bulletin, or its topic or sequence is out of bounds.
    """
    bulletin = decode(Bulletin, verify(signed, BULLETIN))
    if not 0 < len(bulletin.topic) <= MAX_TEXT or not 0 < bulletin.sequence < 2**63:
        raise RejectError("bulletin has no topic, or no sequence of 63 bits")
    return bulletin


def accept_bulletin(bulletin: Bulletin, *, now: UnixSeconds, horizon: UnixSeconds) -> None:
    """Decide whether ``bulletin`` may be kept; ``now`` is wall time.

    Args:
        horizon: the latest wall time at which expired bulletins were thrown away; it never goes back, so that a clock
            that does brings no bulletin back to life.

    Raises:
        IgnoreError: expired, or before the horizon.
        RejectError: lives longer than ``BULLETIN_LIFETIME`` from now, or its message is too large.
    """
    if len(bulletin.message) > MAX_MESSAGE_BYTES:
        raise RejectError(f"bulletin carries {len(bulletin.message)} bytes")
    if bulletin.expires > now + BULLETIN_LIFETIME + MAX_CLOCK_SKEW:
        raise RejectError(f"bulletin lives until {bulletin.expires}, too long after {now}")
    if bulletin.expires <= max(now, horizon):
        raise IgnoreError("bulletin is expired")


def subject_of(bulletin: Bulletin) -> bytes:
    """What ``bulletin`` is about; on a topic that this version does not know, about its own message.

    Raises:
        RejectError: the message is not what its topic carries.
    """
    topic = TOPICS.get(bulletin.topic)
    if topic is None:
        return sha256(bulletin.message).digest()
    envelope = decode(Signed, bulletin.message, limit=MAX_MESSAGE_BYTES)
    return bytes(topic.subject(decode(topic.kind, envelope.payload)))


def renews(topic: str) -> bool:
    """Whether a later bulletin on ``topic`` replaces an earlier one about the same subject."""
    return topic in TOPICS and TOPICS[topic].renews


def contradict(first: Bulletin, second: Bulletin) -> bool:
    """Whether no honest author signs both ``first`` and ``second``, which differ."""
    if first.sequence == second.sequence:
        return True
    if first.topic != second.topic or first.message == second.message or renews(first.topic):
        return False
    return first.topic in TOPICS and subject_of(first) == subject_of(second)


def check_equivocation(evidence: Equivocation) -> PeerId:
    """The author that ``evidence`` convicts, whoever brings it.

    Raises:
        RejectError: two authors, twice the same bulletin, a signature that does not hold, or no contradiction.
    """
    if evidence.first.author != evidence.second.author or evidence.first == evidence.second:
        raise RejectError("evidence shows two authors, or one bulletin twice")
    if not contradict(open_bulletin(evidence.first), open_bulletin(evidence.second)):
        raise RejectError("evidence shows two bulletins that go together")
    return evidence.first.author
