"""A provider's answer to a call: its events and effects, its state, and what can be read from it."""

from dataclasses import dataclass
from enum import Enum

from node.workflows.events import (
    RecordsArrived,
)
from protocol.auction import Bid, Offer
from protocol.award import Assignment, Standing
from protocol.errors import RejectError
from protocol.ids import Address, Digest
from protocol.job import Call
from protocol.production import evidence_root, open_record
from protocol.result import Result
from protocol.seal import PackageLeaf
from protocol.signed import Signed
from protocol.units import NOTHING, Cents, Seconds, UnixSeconds

NAME = "answer"
"""Prefix of an answer's stream."""


class Phase(Enum):
    """Where an answer stands."""

    PRICING = "pricing"
    DECLINED = "declined"
    COMMITTED = "committed"
    REVEALED = "revealed"
    LOST = "lost"
    WON = "won"
    PAID = "paid"
    RELEASED = "released"

    @property
    def terminal(self) -> bool:
        """Whether nothing is held any more."""
        return self in (Phase.DECLINED, Phase.LOST, Phase.PAID, Phase.RELEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeard:
    """A call passed the gate and the rules in force, and the ledger knows who called."""

    call: Signed
    customer: Address
    deadline: UnixSeconds
    """When the order expires on the ledger, wall time."""

    review: Seconds
    """After this long an attested operation may be approved by its provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BidComputed:
    """The planner priced the call and reserved its windows; ``salt`` blinds the seal."""

    bid: Bid
    salt: bytes
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BidDeclined:
    """No bid, and why."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultArrived:
    """The customer's signed result, accepted under ``accept_result``."""

    result: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageArrived:
    """The package of ``operation`` is in the vault and is what was sealed."""

    operation: int
    leaf: PackageLeaf


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMade:
    """One finished step: the signed record of one part in one operation."""

    record: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationMade:
    """All parts of ``operation`` are done."""

    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeBid:
    """Price the call and reserve what is offered."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """Ask the customer how the auction ended until it says."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPackage:
    """Ask the customer for the package of ``operation`` until it comes."""

    key: str
    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeParts:
    """Run ``operation`` on ``machine``, part by part, continuing each part's chain."""

    key: str
    operation: int
    offer: Offer
    not_before: UnixSeconds
    """Plant time at which the parts are here."""

    previous: tuple[Digest, ...]
    """Per part, what its record continues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Delete the job's packages; a used-up licence leaves no design behind."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """State of one answer."""

    signed_call: Signed
    call: Call
    customer: Address
    """The customer's ledger account: it owns the order and the sealed design."""

    review: Seconds

    phase: Phase = Phase.PRICING
    bid: Bid | None = None
    salt: bytes = b""
    reasons: tuple[str, ...] = ()
    """Why there is no bid, or none for some operation."""

    result: Result | None = None
    won: tuple[int, ...] = ()
    """Indices of the assignments that the ledger holds for this node."""

    packages: tuple[PackageArrived, ...] = ()
    arrived: tuple[RecordsArrived, ...] = ()
    """Verified records of other providers' assignments that ours continue."""

    records: tuple[Signed, ...] = ()
    """Our own, in order of making."""

    making: tuple[int, ...] = ()
    """Operations that have been started."""

    attested: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()
    """Own assignments that are paid or refunded."""

    paid: Cents = NOTHING
    gas: int = 0
    problem: str = ""

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """All winners, once known."""
        return () if self.result is None or self.result.award is None else self.result.award.assignments

    @property
    def standing(self) -> Standing | None:
        """Our own place in the auction, in numbers."""
        if self.result is None or self.bid is None:
            return None
        mine = self.bid.provider
        return next((s for s in self.result.standings if s.provider == mine), None)

    @property
    def won_assignments(self) -> tuple[Assignment, ...]:
        """What of ours won."""
        return tuple(a for a in self.assignments if self.bid is not None and a.provider == self.bid.provider)


def stream_of(job: bytes) -> str:
    """The stream that an answer is logged under."""
    return f"{NAME}/{job.hex()}"


def own_records(state: Answer, index: int) -> tuple[Signed, ...]:
    """Our records of assignment ``index``, by operation, then by part."""
    offer = state.assignments[index].offer
    opened = [(open_record(signed), signed) for signed in state.records]
    wanted = [(r.operation, r.part, s) for r, s in opened if offer.first <= r.operation <= offer.last]
    return tuple(signed for _operation, _part, signed in sorted(wanted, key=lambda row: row[:2]))


def heads(state: Answer, operation: int) -> tuple[Digest, ...] | None:
    """Per part, what the records of ``operation`` continue; None while that is not known."""
    quantity = state.call.quantity
    if operation == 0:
        return (state.call.design,) * quantity
    before = records_before(state, operation)
    return tuple(signed.digest for signed in before) if len(before) == quantity else None


def check_arrival(state: Answer, event: RecordsArrived, evidence: Digest) -> None:
    """Whether another provider's records are what it attested, one per part and signed by it.

    Raises:
        RejectError: they are not.
    """
    if evidence_root(event.records) != evidence:
        raise RejectError("records are not those that were attested")
    provider = state.assignments[event.index].provider
    if any(open_record(signed).provider != provider for signed in event.records):
        raise RejectError("a record is not signed by the provider of its operation")


def records_before(state: Answer, operation: int) -> tuple[Signed, ...]:
    """The records of the operation before, in order of part, ours or another's."""
    known = [*state.records, *(signed for event in state.arrived for signed in event.records)]
    opened = [(open_record(signed), signed) for signed in known]
    before = [(record.part, signed) for record, signed in opened if record.operation == operation - 1]
    return tuple(signed for _part, signed in sorted(before, key=lambda row: row[0]))


def covers_operation(state: Answer, index: int, operation: int) -> bool:
    """Whether assignment ``index`` is about ``operation``."""
    offer = state.assignments[index].offer
    return offer.first <= operation <= offer.last
