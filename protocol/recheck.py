"""Whether a transcript holds: recomputes the award from its file alone, and names the first part that is wrong.

Uses no network, no clock and no solver. It cannot know what is not in the file: that a bid was left out is for its
bidder to prove (``protocol.challenge``), and that the root stands on the ledger for whoever can ask a ledger.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import ParamSpec, TypeVar

from protocol.auction import Commitment, Reveal, accept_call, check_bid, seal_over
from protocol.award import Award, follows, standings, transcript_root
from protocol.errors import ProtocolError, RejectError
from protocol.ids import Digest, PeerId
from protocol.job import Call
from protocol.merkle import leaf_hash
from protocol.opening import Opened, open_bids
from protocol.params import HASH_BYTES, SILENCE
from protocol.result import Reply, Result, accept_result
from protocol.roll import Roll, accept_roll
from protocol.signed import Signed, verify
from protocol.topics import AWARD, CALL, COMMITMENT, REPLY, ROLL
from protocol.transcript import Kind, Part, Transcript, decoded, parts_of, transcript_of
from protocol.units import UnixSeconds
from protocol.wire import decode

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A transcript that holds, opened."""

    call: Call
    opened: Opened
    result: Result
    root: Digest
    """What must stand on the ledger with the award."""

    told_by: PeerId
    """The customer, or the witness that told the result in its stead."""

    accepted: frozenset[PeerId]
    """Winners whose acceptance is in the file."""


def recheck(data: bytes, *, places: bool = True) -> Verified:
    """Verify a transcript file.

    Args:
        places: recompute every bidder's standing too, which takes longer than all the rest together.

    Raises:
        FlawError: the first part that does not hold.
    """
    parts = parts_of(data)
    transcript = transcript_of(parts)
    kinds = {kind: [part for part in parts if part.kind is kind] for kind in Kind}
    call = _held(kinds[Kind.CALL][0], _call, transcript.call)
    seals = _seals(kinds[Kind.COMMITMENT], transcript, call)
    _held(kinds[Kind.ROLL][0], _roll, transcript, call)
    reveals = {r.bid.provider: r for r in _reveals(kinds[Kind.REVEAL], call, seals)}
    told = kinds[Kind.RESULT][0]
    result = _held(told, _result, transcript.result, call)
    # Parts are in their one wire form, so neither result nor root needs a second one.
    digest = Digest(sha256(transcript.result.payload).digest())
    accepted = frozenset(_acceptances(kinds[Kind.REPLY], transcript.replies, result, digest))
    opened = open_bids(call, seals, reveals, result.declined)
    commitments, shown = ([part.content for part in kinds[kind]] for kind in (Kind.COMMITMENT, Kind.REVEAL))
    root = transcript_root(kinds[Kind.CALL][0].content, commitments, shown)
    _held(told, _check_outcome, call, opened, result, root, places=places)
    return Verified(
        call=call, opened=opened, result=result, root=root, told_by=transcript.result.author, accepted=accepted
    )


def _held(part: Part, judge: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``judge`` makes of ``part``; its refusal becomes the part's flaw."""
    try:
        return judge(*args, **kwargs)
    except ProtocolError as error:
        raise part.flaw(error) from error


def _call(signed: Signed) -> Call:
    call = decode(Call, verify(signed, CALL))
    accept_call(call, signer=signed.author, now=call.commit_by)
    return call


def _seals(parts: list[Part], transcript: Transcript, call: Call) -> dict[PeerId, Digest]:
    seals: dict[PeerId, Digest] = {}
    before = b""
    sealed = decoded(Commitment, parts, [signed.payload for signed in transcript.commitments])
    for part, signed, commitment in zip(parts, transcript.commitments, sealed, strict=True):
        _held(part, _check_commitment, signed, commitment, call)
        leaf = leaf_hash(signed.payload)
        if leaf <= before or commitment.provider in seals:
            raise part.flaw("commitments are not in order, or its provider sealed two bids")
        seals[commitment.provider], before = commitment.seal, leaf
    return seals


def _check_commitment(signed: Signed, commitment: Commitment, call: Call) -> None:
    verify(signed, COMMITMENT)
    if commitment.provider != signed.author or commitment.job != call.job:
        raise RejectError("it is not signed by its provider, or is for another job")
    if commitment.provider == call.customer:
        raise RejectError("a customer does not bid for its own job")


def _roll(transcript: Transcript, call: Call) -> None:
    roll = decode(Roll, verify(transcript.roll, ROLL))
    accept_roll(roll, signer=transcript.roll.author, call=call, now=call.reveal_by)
    entries = tuple(leaf_hash(signed.payload) for signed in transcript.commitments)
    if roll.entries != entries:
        raise RejectError(f"it lists {len(roll.entries)} commitments, and not exactly the {len(entries)} of this file")


def _reveals(parts: list[Part], call: Call, seals: dict[PeerId, Digest]) -> Iterator[Reveal]:
    before = b""
    for part, reveal in zip(parts, decoded(Reveal, parts, [part.content for part in parts]), strict=True):
        _held(part, _check_reveal, part.content, reveal, call, seals)
        if reveal.bid.provider <= before:
            raise part.flaw("reveals are not in order of provider")
        before = reveal.bid.provider
        yield reveal


def _check_reveal(content: bytes, reveal: Reveal, call: Call, seals: dict[PeerId, Digest]) -> None:
    bid = reveal.bid
    # A reveal is an array of two, the bid and 32 bytes of salt with their header: the bid need not be encoded again.
    seal = seal_over(content[1 : -HASH_BYTES - 2], reveal.salt)
    if bid.job != call.job or len(reveal.salt) != HASH_BYTES or seals.get(bid.provider) != seal:
        raise RejectError("it opens no commitment of this file")
    check_bid(bid, call)


def _result(signed: Signed, call: Call) -> Result:
    result = decode(Result, verify(signed, AWARD))
    accept_result(result, signer=signed.author, call=call, now=UnixSeconds(call.reveal_by + SILENCE + 1))
    return result


def _reply(signed: Signed) -> Reply:
    return decode(Reply, verify(signed, REPLY))


def _acceptances(parts: list[Part], replies: tuple[Signed, ...], result: Result, digest: Digest) -> Iterator[PeerId]:
    before = b""
    for part, signed in zip(parts, replies, strict=True):
        reply = _held(part, _reply, signed)
        if part.content <= before:
            raise part.flaw("replies are not in order, or one is there twice")
        before = part.content
        if reply.provider != signed.author or reply.job != result.job:
            raise part.flaw("it is not signed by its provider, or is for another job")
        if reply.accepted and reply.result == digest and reply.provider in result.winners:
            yield reply.provider
        elif reply.accepted or reply.provider not in result.declined:
            raise part.flaw("it neither accepts this result nor is a refusal that the result tells of")


def _check_outcome(call: Call, opened: Opened, result: Result, root: Digest, *, places: bool) -> None:
    if result.excluded != opened.excluded:
        raise RejectError("other bids are excluded than the rules exclude")
    outcome = result.award or result.no_award
    if outcome is None or not follows(outcome, call, opened.bids, root):
        raise RejectError("the award does not follow from the revealed bids")
    if not isinstance(outcome, Award):
        if result.standings:
            raise RejectError("there are standings without an award")
    elif tuple(s.provider for s in result.standings) != tuple(bid.provider for bid in opened.bids):
        raise RejectError("standings are not those of the bidders")
    elif places and result.standings != standings(call, opened.bids, outcome):
        raise RejectError("a standing does not follow from the revealed bids")
