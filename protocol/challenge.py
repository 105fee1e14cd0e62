"""What anybody can prove about an auction; each proof stands by itself.

A check takes signed messages and returns who is guilty. It raises ``RejectError`` when the messages do not prove it,
which clears the accused of this charge and of no other.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from protocol.auction import Bid, Commitment, Reveal, check_bid, seal_of
from protocol.award import Assignment, Award, Terms
from protocol.errors import RejectError
from protocol.ids import PeerId
from protocol.job import Call
from protocol.merkle import leaf_hash
from protocol.recheck import recheck
from protocol.result import Reply, Result
from protocol.roll import Roll, witnessed
from protocol.scoring import weigh
from protocol.signed import Signed, verify
from protocol.topics import AWARD, CALL, COMMITMENT, REPLY, REVEAL, ROLL
from protocol.transcript import FlawError, Kind, Transcript, write
from protocol.wire import decode

T = TypeVar("T")


def omitted(call: Signed, roll: Signed, commitment: Signed, receipts: Iterable[Signed]) -> PeerId:
    """The customer left a commitment out of its roll that a majority of witnesses saw in time.

    Raises:
        RejectError: it did not, or the messages do not show it.
    """
    asked = _customers_call(call)
    told = _open(Roll, roll, ROLL)
    sealed = _open(Commitment, commitment, COMMITMENT)
    if roll.author != asked.customer or not told.job == sealed.job == asked.job:
        raise RejectError("call, roll and commitment do not belong together")
    if sealed.provider != commitment.author:
        raise RejectError("commitment is not signed by its provider")
    if leaf_hash(commitment.payload) in told.entries:
        raise RejectError("the roll lists the commitment")
    if not witnessed(asked, commitment.payload, receipts, by=asked.commit_by):
        raise RejectError("no majority of the call's witnesses saw the commitment in time")
    return asked.customer


def withheld(transcript: Transcript, reveal: Signed, receipts: Iterable[Signed]) -> PeerId:
    """Whoever told the result left out a reveal that a majority of witnesses saw in time.

    Raises:
        RejectError: it did not, or the messages do not show it.
    """
    asked = _customers_call(transcript.call)
    opened = _open(Reveal, reveal, REVEAL)
    seals = {c.author: _open(Commitment, c, COMMITMENT).seal for c in transcript.commitments}
    if opened.bid.job != asked.job or seals.get(opened.bid.provider) != seal_of(opened.bid, opened.salt):
        raise RejectError("the reveal opens no commitment of this transcript")
    check_bid(opened.bid, asked)
    if reveal.payload in transcript.reveals:
        raise RejectError("the transcript has the reveal")
    if not witnessed(asked, reveal.payload, receipts, by=asked.reveal_by):
        raise RejectError("no majority of the call's witnesses saw the reveal in time")
    return transcript.result.author


def wrong_result(transcript: Transcript) -> PeerId:
    """The signed result does not follow from what it was made of.

    Raises:
        RejectError: it does follow, or something else in the transcript is wrong, which proves nothing.
    """
    try:
        recheck(write(transcript))
    except FlawError as flaw:
        if flaw.part != Kind.RESULT.name.lower():
            raise RejectError(f"the transcript proves nothing: {flaw}") from flaw
        _open(Result, transcript.result, AWARD)
        return transcript.result.author
    raise RejectError("the result follows from the transcript")


def equivocated(one: Signed, two: Signed, topic: str) -> PeerId:
    """Somebody said two things where only one can be meant: commitments, rolls, results of a round, or replies.

    Raises:
        RejectError: it did not, or the messages do not show it.
    """
    if one.author != two.author or one.payload == two.payload:
        raise RejectError("the messages are by two authors, or say the same")
    if _meant(one, topic) != _meant(two, topic):
        raise RejectError("the messages are about different things")
    return one.author


def outdone(terms: Terms, award: Award, plan: Sequence[Assignment], bids: Iterable[Bid]) -> int:
    """By how many micro-cents ``plan``, made of the revealed bids, beats the award; takes a few steps and no search.

    Raises:
        RejectError: it does not, or it is no plan of these bids.
    """
    offered = {(bid.provider, bid.site, offer) for bid in bids for offer in bid.offers}
    if any((a.provider, a.site, a.offer) not in offered for a in plan):
        raise RejectError("the plan takes an offer that nobody made")
    gain = award.score - weigh(terms, plan).breakdown.total
    if gain <= 1:  # both sums are rounded down
        raise RejectError("the plan is no better than the award")
    return gain


def _meant(signed: Signed, topic: str) -> tuple[object, ...]:
    """What a message is about, whatever it says of it."""
    match topic:
        case _ if topic == COMMITMENT:
            return (_open(Commitment, signed, topic).job,)
        case _ if topic == ROLL:
            return (_open(Roll, signed, topic).job,)
        case _ if topic == AWARD:
            result = _open(Result, signed, topic)
            return result.job, result.declined
        case _ if topic == REPLY:
            reply = _open(Reply, signed, topic)
            return reply.job, reply.result
    raise RejectError(f"under {topic} anybody may say several things")


def _customers_call(signed: Signed) -> Call:
    call = _open(Call, signed, CALL)
    if call.customer != signed.author:
        raise RejectError("call is not signed by its customer")
    return call


def _open(kind: type[T], signed: Signed, topic: str) -> T:
    return decode(kind, verify(signed, topic))
