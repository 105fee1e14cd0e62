"""What a customer asks for: the requirement bidders see, without geometry, and the call that carries it."""

from dataclasses import dataclass
from typing import Final

from protocol.ids import Address, Digest, EncryptionKey, JobId, MaterialCode, PeerId, ProcessCode
from protocol.params import MAX_GRADE
from protocol.units import (
    NOTHING,
    BasisPoints,
    Cents,
    CubicMillimetres,
    Grams,
    GramsCo2,
    Metres,
    Micrometres,
    UnixSeconds,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An axis-aligned box; as a requirement the smallest box around the part, edges in descending order."""

    length: Micrometres
    width: Micrometres
    height: Micrometres

    def fits(self, outer: "Envelope") -> bool:
        """Whether this box goes into ``outer`` in one of the six axis-aligned orientations."""
        inner = sorted((self.length, self.width, self.height))
        return all(a <= b for a, b in zip(inner, sorted((outer.length, outer.width, outer.height)), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place on the federation's plane grid, coarse enough to hide a street address."""

    easting: Metres
    northing: Metres

    def distance(self, other: "Site") -> Metres:
        """Length of the way between two sites along the grid's axes, an upper bound of the straight line."""
        return Metres(abs(self.easting - other.easting) + abs(self.northing - other.northing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A round hole (ISO 14649 ``round_hole``) and how many of its kind the part has."""

    diameter: Micrometres
    depth: Micrometres
    through: bool
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BidView:
    """All that a bidder learns of a part: measures to price by, no geometry and no name."""

    envelope: Envelope
    """Smallest box around the finished part."""

    volume: CubicMillimetres
    """Of the finished part."""

    mass: Grams
    """Of one finished part in ``material``."""

    material: MaterialCode
    """Designation under its standard."""

    holes: tuple[Hole, ...]
    """Largest groups first, at most ``MAX_HOLES``."""

    tolerance: Micrometres
    """Tightest tolerance asked for, full width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One step of the routing and what a machine must be able to do to take it; quantities are per part."""

    index: int
    """Position in the routing, from 0."""

    process: ProcessCode
    """Which process; see ``protocol.params.PROCESSES``."""

    envelope: Envelope
    """What has to fit into the machine."""

    tolerance: Micrometres
    """Full width that the operation has to hold."""

    removed: CubicMillimetres
    """Material to take away (subtractive) or to build up (additive); 0 for others."""

    mass: Grams
    """Of one part when it enters the operation."""

    features: int
    """Features to make, or characteristics to measure."""

    after: tuple[int, ...] | None = None
    """Operations that must be finished before, ascending; None stands for the one before it in the routing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How the customer trades price against time and carbon; integers, hashed into the call before any bid."""

    hour: Cents
    """What one hour earlier is worth."""

    co2_tonne: Cents
    """What one tonne of CO2 equivalent less is worth; at least the rule pack's carbon price."""

    grade: Cents = NOTHING
    """What one quality class better is worth, for each operation."""

    kilometre: Cents = NOTHING
    """What one kilometre less between makers is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Who may make the part at all; a bid that does not pass is excluded with its reason, whatever its price."""

    jurisdictions: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2 codes, ascending; empty lets all pass."""

    classification: int = 0
    """Of the design (``Classification``): a provider must be cleared for at least this level."""

    grade: int = MAX_GRADE
    """Worst quality class that an offer may have."""

    distance: Metres | None = None
    """Farthest that a maker may stand from the customer."""

    invited: tuple[PeerId, ...] = ()
    """Who may hear of the call and bid, ascending; empty for a public one, which is everybody's."""


OPEN: Final = Filters()
"""Lets everybody pass."""


AS_BID: Final = BasisPoints(0)
"""Winners are paid what they bid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call for bids. Its RFC 9162 leaf hash stands in the order on the ledger, so nobody can change it afterwards."""

    chain: int
    """Chain id of the ledger that holds the order (EIP-155)."""

    orders: Address
    """The contract that holds the order and its escrow."""

    job: JobId
    """The order's single-use identifier."""

    customer: PeerId
    """Who calls, and who must have signed the call."""

    encryption_key: EncryptionKey
    """Where reveals may be sealed to."""

    addresses: tuple[str, ...]
    """Where the customer's node can be dialled (multiaddr)."""

    rule_pack: Digest
    """Hash of the rules that this auction runs under; nodes refuse any other than the one in force."""

    design: Digest
    """Commitment to the sealed design."""

    part: BidView
    operations: tuple[Operation, ...]
    """The routing: a chain, or one that forks and joins; see ``Operation.after``."""

    quantity: int
    site: Site
    """Where the finished parts go."""

    budget: Cents
    """Escrow ceiling for all operations together."""

    weights: Weights
    earliest: UnixSeconds
    """When work may begin, in plant time."""

    due: UnixSeconds
    """When the finished parts must be at ``site``, in plant time."""

    commit_by: UnixSeconds
    """Last moment for a commitment, wall time."""

    reveal_by: UnixSeconds
    """Last moment for opening it, wall time."""

    witnesses: tuple[PeerId, ...] = ()
    """Who signs what arrived in time, ascending, never the customer; a majority of them decides."""

    filters: Filters = OPEN
    co2_cap: GramsCo2 | None = None
    """Most that making and moving may emit together; None sets no cap."""

    premium: BasisPoints = AS_BID
    """Most that the winners are paid above their bids together, of these (``protocol.payment``); 0 pays as bid."""
