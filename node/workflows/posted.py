"""A customer's job: how it is posted and bid for, its state, and what can be read from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from ledger.orders import NO_DAMAGES
from node.access.guests import Barred
from node.design.finish import AS_USUAL, Finish
from node.design.reading import Options
from node.errors import RequestError
from node.workflows.asked import Asking
from node.workflows.assigned import Assigned
from node.workflows.bonds import Bond, is_opened
from node.workflows.events import LONG_AGO, PassportIssued, UnitsRecorded
from node.workflows.released import DesignCopied, KeysEntrusted, LicencesRevoked, PackageReleased, PackageTaken
from node.workflows.setbacks import SetbackTold
from node.workflows.tendered import TenderFor, Trial
from protocol.auction import Reveal
from protocol.award import Assignment, transcript_root
from protocol.errors import RejectError
from protocol.facts import conforming
from protocol.flow import before
from protocol.ids import Address, Digest, JobId, PeerId, ProcessCode
from protocol.job import Call
from protocol.merkle import leaf_hash
from protocol.opening import Opened, open_bids
from protocol.production import continuing
from protocol.replacement import Replacement, replaced
from protocol.result import Result
from protocol.roll import Roll
from protocol.seal import SealedDesign
from protocol.signed import Signed
from protocol.topics import AWARD, ROLL
from protocol.transcript import Transcript
from protocol.units import NOTHING, BasisPoints, Cents, GramsCo2, Seconds, UnixSeconds
from protocol.wire import decode, encode

NAME = "post"
"""Prefix of a posted job's stream."""

NO_TIME = Seconds(0)


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

    expected: tuple[Cents, ...]
    """What the rate card alone said of each operation, against which the awards are compared later."""

    notes: tuple[str, ...]
    """Why the routing is as it is, and what the design check found."""

    bond: Cents = NOTHING
    """What each bidder stakes on opening its bid; the order's own terms."""

    barred: tuple[Barred, ...] = ()
    """Providers that may not hear of the job, and why; nobody but the customer learns it."""

    review: Seconds = NO_TIME
    """How long a provider may take to accept before another is asked; the order's own terms."""

    late: BasisPoints = NO_DAMAGES
    """Agreed damages for each day begun after an assignment is due."""

    due: UnixSeconds = LONG_AGO
    """Wall time of the call's due date."""

    factor: int = 1
    """Seconds of plant time in a second."""

    slack: Seconds = NO_TIME
    """After the promised end of an assignment until it is due on the ledger, wall time."""

    process: ProcessCode | None = None
    """That the customer insisted on."""

    finish: Finish = AS_USUAL
    """What the customer asked for after shaping."""

    embodied: GramsCo2 | None = None
    """The customer's figure for a material that has none, grams of CO2 per kilogram."""

    again: JobId | None = None
    """The job whose missing parts this one makes."""

    tender: TenderFor | None = None
    """What it is auctioned for, if it is no order of its own: it ends with its award, which changes another order."""


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
class MakeAgain:
    """Order the parts anew that this job did not bring about, if that is the customer's policy."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked:
    """The customer takes the job back before anybody is awarded anything."""


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
    asking: tuple[Asking, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    """Those that the ledger holds, in that order."""

    setbacks: tuple[SetbackTold, ...] = ()
    """What makers said of machines that broke and of work that they gave back."""

    trial: Trial | None = None
    """The search for somebody better that is under way."""

    tried: tuple[str, ...] = ()
    """What earlier ones came to that changed nothing."""

    released: tuple[PackageReleased, ...] = ()
    taken: tuple[PackageTaken, ...] = ()
    copied: tuple[DesignCopied, ...] = ()
    revoked: LicencesRevoked | None = None
    custody: KeysEntrusted | None = None
    """Who holds the packages' keys, should their work be disputed."""

    minted: tuple[UnitsRecorded, ...] = ()
    passports: tuple[PassportIssued, ...] = ()
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
    def missing(self) -> int:
        """Parts that nobody finished within tolerance."""
        last = len(self.call.operations) - 1
        told = (facts for assigned in self.assigned for facts in assigned.facts)
        finished = {facts.part for facts in told if facts.operation == last and conforming(facts)}
        return self.call.quantity - len(finished)

    @property
    def awarded(self) -> tuple[Assignment, ...]:
        """Who makes what, once decided and as it stands; nothing without an award."""
        if self.result is None or self.result.award is None:
            return ()
        return replaced(self.result.award.assignments, self.replacements)

    def asking_for(self, index: int) -> Asking | None:
        """The search for another maker of an assignment, if there is one."""
        return next((asking for asking in self.asking if asking.index == index), None)

    def makers_before(self, index: int) -> tuple[PeerId, ...]:
        """Who had the assignment and has it no more."""
        return tuple(replacement.failed for replacement in self.replacements if replacement.index == index)

    def due_of(self, assignment: Assignment) -> UnixSeconds:
        """When an assignment is due on the ledger, wall time: a while after its promised end, in the order's time."""
        if not self.posted.due:
            return self.posted.deadline
        return UnixSeconds(min(self.posted.deadline - 1, self.wall_of(assignment.finish) + self.posted.slack))

    def wall_of(self, plant: UnixSeconds) -> UnixSeconds:
        """Wall time of a moment in plant time."""
        return UnixSeconds(self.posted.due - (self.call.due - plant) // self.posted.factor)

    def plant_at(self, wall: UnixSeconds) -> UnixSeconds:
        """Plant time of a moment in wall time."""
        return UnixSeconds(self.call.due - (self.posted.due - wall) * self.posted.factor)

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


def with_assigned(state: Post, index: int, **changes: object) -> Post:
    """The job after one of its assignments changed.

    Raises:
        RequestError: there is no such assignment.
    """
    if not 0 <= index < len(state.assigned):
        raise RequestError("unknown-assignment", f"the ledger names assignment {index}, which was never awarded")
    assigned = list(state.assigned)
    assigned[index] = replace(assigned[index], **changes)  # type: ignore[arg-type]  # names are checked by replace
    return replace(state, assigned=tuple(assigned))


def stream_of(job: bytes) -> str:
    """The stream that a posted job is logged under."""
    return f"{NAME}/{job.hex()}"


def operations_of(state: Post, index: int) -> range:
    """The operations that assignment ``index`` covers."""
    if not state.awarded:
        raise AssertionError("no award, no assignments")
    offer = state.awarded[index].offer
    return range(offer.first, offer.last + 1)


def heads(state: Post, index: int) -> tuple[Digest, ...]:
    """Per part, the digest that the records of assignment ``index`` must continue.

    Raises:
        RejectError: an assignment before has no verified records yet.
    """
    each: list[list[Digest]] = []
    for at in before(state.call, state.awarded, index):
        arrived = state.assigned[at].arrived
        if arrived is None:
            raise RejectError(f"assignment {at} has no verified records yet")
        each.append([logged.record.digest for logged in arrived.records[-state.call.quantity :]])
    return continuing(state.call, each)


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
