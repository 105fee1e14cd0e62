"""What lasts of gossip: numbered, expiring notices; refuses replays, other topics' words and two words for one thing.

A notice is *about* a subject, which follows from its message. On a topic that is said once, a second and different
notice about the same subject is an equivocation; on one that renews, the highest sequence replaces the others. So is
the same sequence given twice. Both proofs are portable: the two signed notices and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from protocol.auction import Commitment, Reveal
from protocol.capability import Card
from protocol.errors import IgnoreError, RejectError
from protocol.ids import PeerId
from protocol.job import Call
from protocol.params import MAX_CLOCK_SKEW, MAX_MESSAGE_BYTES, MAX_TEXT, NOTICE_LIFETIME
from protocol.result import Result
from protocol.signed import Signed, verify
from protocol.topics import AWARD, CALL, CARD, COMMITMENT, NOTICE, REVEAL
from protocol.units import UnixSeconds
from protocol.wire import decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One utterance that every node keeps until it expires (signed under ``notice/1``)."""

    topic: str
    """Where it was gossiped."""

    sequence: int
    """Higher than in every earlier notice of its author, across restarts; the wall time in milliseconds serves."""

    expires: UnixSeconds
    """Wall time; afterwards nobody keeps it."""

    message: bytes
    """What is said, in ``topic``'s wire form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivocation:
    """Two signed notices that no honest author made both of ; it proves itself, whoever shows it."""

    first: Signed
    second: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a topic carries, and what its notices are about."""

    kind: type
    subject: Callable[[Any], bytes]
    renews: bool = False
    """Whether a later notice about the same subject replaces an earlier one; otherwise it is said once."""


TOPICS: dict[str, Topic] = {
    CARD: Topic(kind=Card, subject=lambda _card: b"", renews=True),
    CALL: Topic(kind=Call, subject=lambda call: call.job),
    COMMITMENT: Topic(kind=Commitment, subject=lambda commitment: commitment.job),
    REVEAL: Topic(kind=Reveal, subject=lambda reveal: reveal.bid.job),
    AWARD: Topic(kind=Result, subject=lambda result: result.job),
}
"""The topics whose messages are signed envelopes around one kind; about other topics only their size is known."""


def open_notice(signed: Signed) -> Notice:
    """The notice in ``signed``.

    Raises:
        RejectError: the signature does not hold, it is no notice, or its topic or sequence is out of bounds.
    """
    notice = decode(Notice, verify(signed, NOTICE))
    if not 0 < len(notice.topic) <= MAX_TEXT or not 0 < notice.sequence < 2**63:
        raise RejectError("notice has no topic, or no sequence of 63 bits")
    return notice


def accept_notice(notice: Notice, *, now: UnixSeconds, horizon: UnixSeconds) -> None:
    """Decide whether ``notice`` may be kept; ``now`` is wall time.

    Args:
        horizon: the latest wall time at which expired notices were thrown away; it never goes back, so that a clock
            that does brings no notice back to life.

    Raises:
        IgnoreError: expired, or before the horizon.
        RejectError: lives longer than ``NOTICE_LIFETIME`` from now, or its message is too large.
    """
    if len(notice.message) > MAX_MESSAGE_BYTES:
        raise RejectError(f"notice carries {len(notice.message)} bytes")
    if notice.expires > now + NOTICE_LIFETIME + MAX_CLOCK_SKEW:
        raise RejectError(f"notice lives until {notice.expires}, too long after {now}")
    if notice.expires <= max(now, horizon):
        raise IgnoreError("notice is expired")


def subject_of(notice: Notice) -> bytes:
    """What ``notice`` is about; on a topic that this version does not know, about its own message.

    Raises:
        RejectError: the message is not what its topic carries.
    """
    topic = TOPICS.get(notice.topic)
    if topic is None:
        return sha256(notice.message).digest()
    envelope = decode(Signed, notice.message, limit=MAX_MESSAGE_BYTES)
    return bytes(topic.subject(decode(topic.kind, envelope.payload)))


def renews(topic: str) -> bool:
    """Whether a later notice on ``topic`` replaces an earlier one about the same subject."""
    return topic in TOPICS and TOPICS[topic].renews


def contradict(first: Notice, second: Notice) -> bool:
    """Whether no honest author signs both ``first`` and ``second``, which differ."""
    if first.sequence == second.sequence:
        return True
    if first.topic != second.topic or first.message == second.message or renews(first.topic):
        return False
    return first.topic in TOPICS and subject_of(first) == subject_of(second)


def check_equivocation(evidence: Equivocation) -> PeerId:
    """The author that ``evidence`` convicts, whoever brings it.

    Raises:
        RejectError: two authors, twice the same notice, a signature that does not hold, or no contradiction.
    """
    if evidence.first.author != evidence.second.author or evidence.first == evidence.second:
        raise RejectError("evidence shows two authors, or one notice twice")
    if not contradict(open_notice(evidence.first), open_notice(evidence.second)):
        raise RejectError("evidence shows two notices that go together")
    return evidence.first.author
