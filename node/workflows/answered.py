"""A provider's answer to a call: its events and effects, its state, and what can be read from it."""

from dataclasses import dataclass, replace
from enum import Enum

from ledger.orders import NO_DAMAGES
from node.planner.pricing import Basis
from node.planner.relief import moved_offer
from node.workflows.events import OperationAttested, RecordsArrived
from node.workflows.setbacks import WorkMoved
from protocol.auction import Bid, Offer
from protocol.award import Assignment, Standing
from protocol.certificate import open_certificates
from protocol.ids import Address, Digest, MachineId
from protocol.job import Call
from protocol.production import continuing
from protocol.record import Record, open_record
from protocol.replacement import Replacement, replaced
from protocol.result import Result
from protocol.routing import predecessors
from protocol.seal import PackageLeaf
from protocol.signed import Signed
from protocol.units import NOTHING, BasisPoints, Cents, Seconds, UnixSeconds

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

    bond: Cents = NOTHING
    """What a bidder stakes on opening its bid; nothing when the order asks for none."""

    late: BasisPoints = NO_DAMAGES
    """What each day begun after the due time takes off a milestone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BidComputed:
    """The planner priced the call and reserved its windows; ``salt`` blinds the seal."""

    bid: Bid
    salt: bytes
    refusals: tuple[str, ...]
    bases: tuple[Basis, ...]
    """Why each offer costs what it costs; nobody but the owner sees them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BidDeclined:
    """No bid, and why."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultArrived:
    """The customer's signed result, accepted under ``accept_result``."""

    result: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptsArrived:
    """Witnesses' receipts of what we said under ``topic``; they prove it should the customer deny it."""

    topic: str
    receipts: tuple[Signed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Whether the machines still have the time that ``result`` awards us."""

    result: Digest
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageArrived:
    """The package of ``operation`` is in the vault and is what was sealed."""

    operation: int
    leaf: PackageLeaf
    code: bool
    """Whether machine code came in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMade:
    """One finished step: what the workflow needs of it, and the signed record with all its fields shown."""

    operation: int
    part: int
    machine: MachineId
    finished: UnixSeconds
    """Plant time."""

    conforms: bool
    certificate: Digest
    """Of the machine's key."""

    entry: int
    """Number of the record in our log."""

    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationMade:
    """All parts of ``operation`` are done."""

    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogClosed:
    """Our log has a witnessed head over every record of assignment ``index``."""

    index: int
    note: bytes
    """The checkpoint with its cosignatures."""

    grown: int
    """Entries since the head that was anchored before; 0 when it is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeBid:
    """Price the call and reserve what is offered."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherReceipts:
    """Show what we said under ``topic`` to the call's witnesses until a majority has signed, or ``until``."""

    key: str
    topic: str
    message: bytes
    until: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Look whether the machines can keep what the latest result awards us."""

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
class CloseLog:
    """Have the log's head witnessed, now that assignment ``index`` is made."""

    key: str
    index: int


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
    bond: Cents = NOTHING
    late: BasisPoints = NO_DAMAGES

    phase: Phase = Phase.PRICING
    bid: Bid | None = None
    salt: bytes = b""
    staked: str = ""
    """What became of our bond, see ``node.workflows.bonds``; empty before the ledger holds it."""

    reasons: tuple[str, ...] = ()
    """Why there is no bid, or none for some operation."""

    bases: tuple[Basis, ...] = ()
    """Why each offer of the bid costs what it costs."""

    receipts: tuple[ReceiptsArrived, ...] = ()
    roll: Signed | None = None
    result: Result | None = None
    awarded: bool = False
    """Whether the ledger holds the award, ours or others'."""

    replacements: tuple[Replacement, ...] = ()
    """Who stands in for whom, in the order in which we learned it."""

    attested: tuple[OperationAttested, ...] = ()
    """What the ledger holds as done, ours or others'."""

    won: tuple[int, ...] = ()
    """Indices of the assignments that the ledger holds for this node."""

    lost: tuple[int, ...] = ()
    """Indices of the assignments that were this node's and are no more, or were given back to the customer."""

    moved: tuple[WorkMoved, ...] = ()
    """What other machines of ours make than was promised."""

    packages: tuple[PackageArrived, ...] = ()
    arrived: tuple[RecordsArrived, ...] = ()
    """Verified records of other providers' assignments that ours continue."""

    made: tuple[PartMade, ...] = ()
    """Our own work, in order of making."""

    making: tuple[int, ...] = ()
    """Operations that have been started."""

    closed: tuple[LogClosed, ...] = ()
    """Own assignments that are made and attested, each with the log's head over its records."""

    disputed: tuple[int, ...] = ()
    """Own assignments that the customer has objected to."""

    ended: tuple[int, ...] = ()
    """Own assignments that are paid or refunded."""

    paid: Cents = NOTHING
    gas: int = 0
    problem: str = ""

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """Who makes what, once known and as it stands."""
        if self.result is None or self.result.award is None:
            return ()
        return replaced(self.result.award.assignments, self.replacements)

    @property
    def standing(self) -> Standing | None:
        """Our own place in the auction, in numbers."""
        if self.result is None or self.bid is None:
            return None
        mine = self.bid.provider
        return next((s for s in self.result.standings if s.provider == mine), None)

    @property
    def won_assignments(self) -> tuple[Assignment, ...]:
        """What of ours won, and is ours still, as it was promised."""
        return tuple(self.assignments[index] for index in held(self))


def stream_of(job: bytes) -> str:
    """The stream that an answer is logged under."""
    return f"{NAME}/{job.hex()}"


def own_work(state: Answer, index: int) -> tuple[PartMade, ...]:
    """What we made of assignment ``index``, by operation, then by part."""
    offer = state.assignments[index].offer
    made = [part for part in state.made if offer.first <= part.operation <= offer.last]
    return tuple(sorted(made, key=lambda part: (part.operation, part.part)))


def heads(state: Answer, operation: int) -> tuple[Digest, ...] | None:
    """Per part, what the records of ``operation`` continue; None while that is not known."""
    each = [_digests(state, one) for one in predecessors(state.call.operations)[operation]]
    if any(len(digests) != state.call.quantity for digests in each):
        return None
    return continuing(state.call, each)


def _digests(state: Answer, operation: int) -> list[Digest]:
    """Of the records of ``operation``, ours or another's, by part; as many as are known."""
    arrived = _arrived(state, operation)
    if arrived is not None:
        return [logged.record.digest for logged in arrived.records[-state.call.quantity :]]
    return [digest for _, digest in sorted((p.part, p.record.digest) for p in state.made if p.operation == operation)]


def finished(state: Answer, operation: int) -> UnixSeconds:
    """When the last part was done with ``operation``, ours or another's (plant time)."""
    event = _arrived(state, operation)
    if event is None:
        return max(part.finished for part in state.made if part.operation == operation)
    certificates = open_certificates(event.certificates)
    last = event.records[-state.call.quantity :]
    return max(UnixSeconds(open_record(logged.record, certificates).value("finished")) for logged in last)


def _arrived(state: Answer, operation: int) -> RecordsArrived | None:
    """The records of the other provider whose last operation was ``operation``."""
    return next((e for e in state.arrived if state.assignments[e.index].offer.last == operation), None)


def tenure(state: Answer, index: int) -> int:
    """Which replacement brought assignment ``index`` to its present maker, as far as we know; 0 is the award."""
    return max((one.round for one in state.replacements if one.index == index), default=0)


def in_force(state: Answer, index: int) -> Assignment:
    """Assignment ``index``, which is ours, on the machine and at the time that our own plan has for it now."""
    one, round_ = state.assignments[index], tenure(state, index)
    moves = [move for move in state.moved if (move.index, move.tenure) == (index, round_)]
    if not moves:
        return one
    last = moves[-1]
    return replace(one, offer=moved_offer(one.offer, last.machine, last.start, last.finish), start=last.start)


def held(state: Answer) -> dict[int, Assignment]:
    """What is ours, or will be once the ledger holds the award, as ``in_force``, by its index."""
    return {
        index: in_force(state, index)
        for index, one in enumerate(state.assignments)
        if state.bid is not None and one.provider == state.bid.provider and index not in state.lost
    }


def covers_operation(state: Answer, index: int, operation: int) -> bool:
    """Whether assignment ``index`` is about ``operation``."""
    offer = state.assignments[index].offer
    return offer.first <= operation <= offer.last
