"""How an auction's outcome is told (gossip topic ``award/1``), how winners answer it, and who may tell it."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from protocol.auction import Bid
from protocol.award import Award, NoAward, Standing, award, standings
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Call
from protocol.opening import Exclusion, ExclusionReason
from protocol.params import HASH_BYTES, SILENCE
from protocol.units import UnixSeconds
from protocol.wire import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of an auction; exactly one of ``award`` and ``no_award`` is given."""

    job: JobId
    award: Award | None
    no_award: NoAward | None
    standings: tuple[Standing, ...]
    """Every bidder's place in numbers; empty without an award."""

    excluded: tuple[Exclusion, ...] = ()
    """Sealed bids that do not count, and why."""

    @property
    def digest(self) -> Digest:
        """SHA-256 of the wire form; what winners answer to."""
        return Digest(sha256(encode(self)).digest())

    @property
    def declined(self) -> tuple[PeerId, ...]:
        """Winners of earlier rounds that did not stand by their bid."""
        return tuple(e.provider for e in self.excluded if e.reason is ExclusionReason.DECLINED)

    @property
    def winners(self) -> frozenset[PeerId]:
        """Who makes something."""
        return frozenset() if self.award is None else frozenset(a.provider for a in self.award.assignments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A winner's word on a result (gossip topic ``reply/1``); the award stands when all winners accept."""

    job: JobId
    provider: PeerId
    result: Digest
    """Which one; see ``Result.digest``."""

    accepted: bool
    """False: another job took the time; the award is made again without this bid."""


def decide(call: Call, bids: tuple[Bid, ...], transcript: Digest, excluded: Iterable[Exclusion] = ()) -> Result:
    """The result that follows from the bids that count; ``excluded`` tells of the others."""
    outcome = award(call, bids, transcript)
    if isinstance(outcome, NoAward):
        return Result(job=call.job, award=None, no_award=outcome, standings=(), excluded=tuple(excluded))
    return Result(
        job=call.job,
        award=outcome,
        no_award=None,
        standings=standings(call, bids, outcome),
        excluded=tuple(excluded),
    )


def accept_result(result: Result, *, signer: PeerId, call: Call | None, now: UnixSeconds) -> None:
    """Decide whether ``result`` is told by somebody who may tell it.

    That is the customer; and when it stays silent for ``SILENCE`` after the last moment to reveal, any witness, for
    the outcome follows from what everybody has.

    Raises:
        IgnoreError: unknown job, or a witness that tells it too early.
        RejectError: signed by neither, or not exactly one outcome for this job.
    """
    if call is None:
        raise IgnoreError("unknown job")
    if signer != call.customer and signer not in call.witnesses:
        raise RejectError("result is signed neither by the customer nor by a witness")
    outcome = result.award or result.no_award
    if outcome is None or (result.award and result.no_award) or not result.job == outcome.job == call.job:
        raise RejectError("result names no outcome, two, or another job's")
    if signer != call.customer and now <= call.reveal_by + SILENCE:
        raise IgnoreError("a witness tells the result while the customer may still do so")


def accept_reply(reply: Reply, *, signer: PeerId, result: Result | None) -> None:
    """Decide whether ``reply`` answers ``result``.

    Raises:
        IgnoreError: no result yet, or another one.
        RejectError: not signed by its provider, malformed, or its provider has won nothing.
    """
    if reply.provider != signer or len(reply.result) != HASH_BYTES:
        raise RejectError("reply is not signed by its provider, or names no result")
    if result is None or reply.result != result.digest or reply.job != result.job:
        raise IgnoreError("reply answers another result")
    if reply.provider not in result.winners:
        raise RejectError("reply comes from somebody who has won nothing")
