"""How an auction's outcome is told (gossip topic ``award/1``), and how a witness checks it."""

from dataclasses import dataclass

from protocol.auction import Bid
from protocol.award import Award, NoAward, Standing, award, standings
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, JobId, PeerId
from protocol.job import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The customer's announcement; exactly one of ``award`` and ``no_award`` is given."""

    job: JobId
    award: Award | None
    no_award: NoAward | None
    standings: tuple[Standing, ...]
    """Every bidder's place in numbers; empty without an award."""


def decide(call: Call, bids: tuple[Bid, ...], transcript: Digest) -> Result:
    """The result that follows from the revealed bids."""
    outcome = award(call, bids, transcript)
    if isinstance(outcome, NoAward):
        return Result(job=call.job, award=None, no_award=outcome, standings=())
    return Result(job=call.job, award=outcome, no_award=None, standings=standings(call, bids, outcome))


def accept_result(result: Result, *, signer: PeerId, call: Call | None) -> None:
    """Decide whether ``result`` is the customer's word.

    Raises:
        IgnoreError: unknown job.
        RejectError: not signed by the customer, or not exactly one outcome for this job.
    """
    if call is None:
        raise IgnoreError("unknown job")
    if call.customer != signer:
        raise RejectError("result is not signed by the customer")
    outcome = result.award or result.no_award
    if outcome is None or (result.award and result.no_award) or not result.job == outcome.job == call.job:
        raise RejectError("result names no outcome, two, or another job's")
