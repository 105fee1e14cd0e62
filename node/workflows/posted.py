"""A customer's job: its events, its state, and what can be read from it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from node.access.guests import Barred
from node.design.reading import Options
from node.workflows.bonds import Bond, is_opened
from node.workflows.events import (
    RecordsArrived,
    UnitsRecorded,
)
from protocol.auction import Reveal
from protocol.award import Assignment, transcript_root
from protocol.certificate import open_certificates
from protocol.checkpoint import read_note
from protocol.errors import RejectError
from protocol.facts import StepFacts, conforming
from protocol.ids import Address, Digest, PeerId
from protocol.job import Call
from protocol.merkle import leaf_hash
from protocol.opening import Opened, open_bids
from protocol.params import INSPECTION
from protocol.production import check_logged, check_operation, evidence_root
from protocol.record import open_record
from protocol.result import Result
from protocol.roll import Roll
from protocol.seal import SealedDesign
from protocol.signed import Signed
from protocol.topics import AWARD, ROLL
from protocol.transcript import Transcript
from protocol.units import NOTHING, Cents, UnixSeconds
from protocol.wire import decode, encode

NAME = "post"
"""Prefix of a posted job's stream."""


class Phase(Enum):
    """Where a job stands."""

    OPENING = "opening"
    BIDDING = "bidding"
    REVEALING = "revealing"
    AWARDING = "awarding"
    MAKING = "making"
    SETTLED = "settled"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether nothing follows any more."""
        return self in (Phase.SETTLED, Phase.CANCELLED)


class Stage(Enum):
    """Where one assignment stands."""

    ASSIGNED = "assigned"
    ATTESTED = "attested"
    VERIFIED = "verified"
    APPROVED = "approved"
    DISPUTED = "disputed"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """One assignment as the customer sees it."""

    provider: Address
    price: Cents
    stage: Stage = Stage.ASSIGNED
    evidence: Digest | None = None
    arrived: RecordsArrived | None = None
    """Its verified records."""

    facts: tuple[StepFacts, ...] = ()
    """What they say, by operation, then by part."""

    round: int = 0
    """How often it was re-awarded."""

    objection: "ObjectionRaised | None" = None
    """Of the present round."""

    paid: Cents = NOTHING
    fee: Cents = NOTHING
    damages: Cents = NOTHING
    """What of it came back for lateness."""

    refunded: Cents = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPosted:
    """A customer posted a job; everything the workflow needs of it."""

    title: str
    """The customer's own name for it; never leaves the node."""

    owner: Address
    """The customer's ledger account: owns the design and the order."""

    call: Signed
    reading: Options
    """How the file was read, for machine code is made from it again after the award."""

    sealed: SealedDesign
    deadline: UnixSeconds
    """When the order expires on the ledger, wall time."""

    min_commit: int
    """Seconds that must be left for commitments once the order stands."""

    notes: tuple[str, ...]
    """Why the routing is as it is, and what the design check found."""

    bond: Cents = NOTHING
    """What each bidder stakes on opening its bid; the order's own terms."""

    barred: tuple[Barred, ...] = ()
    """Providers that may not hear of the job, and why; nobody but the customer learns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentArrived:
    """A provider sealed a bid in time, and the ledger knows its account."""

    commitment: Signed
    account: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealArrived:
    """A provider opened its bid in time; it has been accepted under ``accept_reveal``."""

    reveal: Signed
    bid: bytes
    """Wire form of the ``Reveal``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyArrived:
    """A winner stands by its bid, or does not; accepted under ``accept_reply``."""

    reply: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionRaised:
    """The customer will not pay assignment ``index``: disputed now, or as soon as it is attested."""

    index: int
    reason: str
    """The customer's own words; the ledger holds ``evidence`` only."""

    evidence: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """Machine code as it left this node, so that a leaked file leads to whom it was issued to."""

    files: tuple[Digest, ...]
    """SHA-256 of each program."""

    mark: int
    """The fingerprint in them (``node.machine_code.mark``)."""

    exposure: int
    reason: str
    """What the code still reveals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReleased:
    """A winner received its package; who has what of a design is never a question."""

    operation: int
    provider: bytes
    at: UnixSeconds
    request: Signed
    """The winner's own request, with its release key and its machine: it cannot deny having asked."""

    issued: Issued | None
    """The machine code that went out; None when the sealed package did."""

    note: str
    """Why there was no machine code for the winner's machine; empty when none was asked for, or there was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """State of one posted job."""

    posted: JobPosted
    call: Call
    phase: Phase = Phase.OPENING
    commitments: tuple[CommitmentArrived, ...] = ()
    reveals: tuple[RevealArrived, ...] = ()
    bonds: tuple[Bond, ...] = ()
    result: Result | None = None
    declined: tuple[PeerId, ...] = ()
    """Winners of earlier results that did not stand by their bid, in that order."""

    replies: tuple[Signed, ...] = ()
    """Refusals of earlier results, and acceptances of the latest."""

    assigned: tuple[Assigned, ...] = ()
    released: tuple[PackageReleased, ...] = ()
    minted: tuple[UnitsRecorded, ...] = ()
    gas: int = 0
    problem: str = ""
    """What went wrong, in words; empty when nothing did."""

    @property
    def roll(self) -> Roll:
        """The commitments that count, once bidding is over."""
        entries = sorted(leaf_hash(c.commitment.payload) for c in self.commitments)
        return Roll(job=self.call.job, entries=tuple(entries))

    @property
    def shown(self) -> tuple[RevealArrived, ...]:
        """The reveals that count: where bids are bonded, those that their bidder has shown to the ledger too."""
        if not self.posted.bond:
            return self.reveals
        return tuple(r for r in self.reveals if is_opened(self.bonds, self.account_of(r.reveal.author)))

    @property
    def opened(self) -> Opened:
        """The bids that count, and why the others do not."""
        reveals = {r.reveal.author: decode(Reveal, r.bid) for r in self.reveals}
        return open_bids(self.call, (c.commitment.author for c in self.commitments), reveals, self.declined)

    @property
    def accepted(self) -> frozenset[PeerId]:
        """Winners that stand by their bid."""
        return frozenset(reply.author for reply in self.replies) - frozenset(self.declined)

    @property
    def awarded(self) -> tuple[Assignment, ...]:
        """The winners, once decided; none without an award."""
        return () if self.result is None or self.result.award is None else self.result.award.assignments

    @property
    def transcript(self) -> Digest:
        """Root over everything that the award was computed from."""
        return transcript_root(
            encode(self.posted.call),
            [encode(c.commitment) for c in self.commitments],
            [r.reveal.payload for r in self.reveals],
        )

    def account_of(self, peer: bytes) -> Address:
        """Ledger account of a bidder."""
        return next(c.account for c in self.commitments if c.commitment.author == peer)


def stream_of(job: bytes) -> str:
    """The stream that a posted job is logged under."""
    return f"{NAME}/{job.hex()}"


def operations_of(state: Post, index: int) -> range:
    """The operations that assignment ``index`` covers."""
    if state.result is None or state.result.award is None:
        raise AssertionError("no award, no assignments")
    offer = state.result.award.assignments[index].offer
    return range(offer.first, offer.last + 1)


def heads(state: Post, index: int) -> tuple[Digest, ...]:
    """Per part, the digest that the records of assignment ``index`` must continue.

    Raises:
        RejectError: the assignment before has no verified records yet.
    """
    if index == 0:
        return (state.call.design,) * state.call.quantity
    before = state.assigned[index - 1].arrived
    if before is None:
        raise RejectError(f"assignment {index - 1} has no verified records yet")
    return tuple(logged.record.digest for logged in before.records[-state.call.quantity :])


def check_records(state: Post, event: RecordsArrived) -> tuple[StepFacts, ...]:
    """What the records of one assignment say, once they are attested, logged and continue every part's chain.

    Raises:
        RejectError: they are not.
    """
    if evidence_root([logged.record for logged in event.records]) != state.assigned[event.index].evidence:
        raise RejectError("records are not those that were attested")
    if state.result is None or state.result.award is None:
        raise RejectError("nothing was awarded")
    provider = state.result.award.assignments[event.index].provider
    check_logged(event.records, read_note(event.note), provider)
    certificates = open_certificates(event.certificates)
    opened = [open_record(logged.record, certificates) for logged in event.records]
    quantity, previous = state.call.quantity, heads(state, event.index)
    told: list[StepFacts] = []
    for step, operation in enumerate(operations_of(state, event.index)):
        part_records = opened[step * quantity : (step + 1) * quantity]
        told += check_operation(
            part_records,
            job=state.call.job,
            operation=operation,
            provider=provider,
            previous=previous,
        )
        previous = tuple(record.digest for record in part_records)
    return tuple(told)


def verdicts(state: Post) -> tuple[tuple[int, bool], ...]:
    """Which verified assignments can be decided now, and whether they are to be paid.

    A maker waits for the inspection that follows it in the routing, if there is one; an inspector is paid for
    inspecting, whatever it finds.
    """
    inspections = [o.index for o in state.call.operations if o.process == INSPECTION]
    decided = []
    for index, assigned in enumerate(state.assigned):
        if assigned.stage is not Stage.VERIFIED or assigned.objection is not None:
            continue
        last = operations_of(state, index)[-1]
        following = [o for o in inspections if o > last]
        if not following:
            decided.append((index, True))
            continue
        measured = _facts_of(state, following[0])
        if measured:
            decided.append((index, all(conforming(facts) for facts in measured)))
    return tuple(decided)


def _facts_of(state: Post, operation: int) -> tuple[StepFacts, ...]:
    return tuple(facts for assigned in state.assigned for facts in assigned.facts if facts.operation == operation)


def transcript_of(state: Post, say: Callable[[str, bytes], Signed]) -> Transcript:
    """The auction as everybody may verify it; ``say`` signs as the customer, deterministically.

    Raises:
        RejectError: there is no result yet.
    """
    if state.result is None:
        raise RejectError("the auction has no result yet")
    return Transcript(
        call=state.posted.call,
        commitments=tuple(c.commitment for c in state.commitments),
        roll=say(ROLL, encode(state.roll)),
        reveals=tuple(r.reveal.payload for r in state.reveals),
        replies=state.replies,
        result=say(AWARD, encode(state.result)),
    )
