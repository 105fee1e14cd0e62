"""An order as the ledger holds it: its terms, its assignments, its bonded bids, and what each of them is worth.

Nothing here moves; ``protocol.order_machine`` says what may, and refuses the rest.
"""

from dataclasses import dataclass
from enum import Enum

from protocol.ids import Address, Digest
from protocol.params import DAY, WHOLE_BPS
from protocol.units import NOTHING, BasisPoints, Cents, Seconds, UnixSeconds

NEVER = UnixSeconds(0)
NO_DIGEST = Digest(bytes(32))

EDGES = frozenset(
    {
        "order: none -> open by Open",
        "order: open -> awarded by PostAward",
        "order: open -> cancelled by Cancel",
        "order: open -> expired by Expire",
        "order: awarded -> settled by Approve",
        "order: awarded -> settled by Rule",
        "order: awarded -> settled by Expire",
        "work: none -> assigned by PostAward",
        "work: assigned -> accepted by Accept",
        "work: assigned -> declined by Decline",
        "work: accepted -> declined by Decline",
        "work: assigned -> assigned by Reaward",
        "work: accepted -> assigned by Reaward",
        "work: declined -> assigned by Reaward",
        "work: accepted -> attested by Attest",
        "work: attested -> accepted by Approve",
        "work: attested -> approved by Approve",
        "work: attested -> disputed by Dispute",
        "work: disputed -> accepted by Rule",
        "work: disputed -> ruled by Rule",
        "work: assigned -> refunded by Expire",
        "work: accepted -> refunded by Expire",
        "work: declined -> refunded by Expire",
        "bid: none -> sealed by SealBid",
        "bid: sealed -> revealed by RevealBid",
        "bid: sealed -> forfeited by Forfeit",
        "bid: sealed -> returned by ReturnBid",
    }
)
"""All there are: a state changes along one of these or not at all."""


class OrderState(Enum):
    """Where an order stands; the ledger numbers these from 0, in this order."""

    NONE = "none"
    OPEN = "open"
    AWARDED = "awarded"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class WorkState(Enum):
    """Where an assignment stands; the ledger numbers these from 0, in this order."""

    NONE = "none"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    ATTESTED = "attested"
    DISPUTED = "disputed"
    DECLINED = "declined"
    APPROVED = "approved"
    REFUNDED = "refunded"
    RULED = "ruled"

    @property
    def is_waiting(self) -> bool:
        """Whether nothing of it was attested that is not paid."""
        return self in (WorkState.ASSIGNED, WorkState.ACCEPTED, WorkState.DECLINED)

    @property
    def is_terminal(self) -> bool:
        """Whether all its money has gone."""
        return self in (WorkState.APPROVED, WorkState.REFUNDED, WorkState.RULED)


class BidState(Enum):
    """Where a bonded bid stands; the ledger numbers these from 0, in this order."""

    NONE = "none"
    SEALED = "sealed"
    REVEALED = "revealed"
    FORFEITED = "forfeited"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What an order was opened under; nothing changes it afterwards."""

    customer: Address
    deadline: UnixSeconds
    """From then on only what is attested keeps its way to payment."""

    late: BasisPoints
    """Agreed damages: of a milestone, for each day begun after its due time."""

    fee: BasisPoints
    review: Seconds
    dispute: Seconds
    dispute_fee: Cents
    bid_bond: Cents
    """Zero when bids need none."""

    reveal_by: UnixSeconds
    """Last second in which bonded bids may be revealed; zero when bids need no bond."""

    call: Digest
    """Leaf hash of the signed call's payload."""

    design: Digest
    pack: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Win:
    """What one assignment is awarded under."""

    provider: Address
    price: Cents
    due: UnixSeconds
    milestones: int = 1
    """Equal parts that the price is paid in."""

    inspection: int = 0
    """Which assignment's provider measures what this one makes, counted from 1; zero for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One assignment and what became of it."""

    win: Win
    state: WorkState
    since: UnixSeconds
    """When it came into its state."""

    attested_at: UnixSeconds = NEVER
    approved: int = 0
    """Milestones that are paid."""

    round: int = 0
    """How often it was re-awarded."""

    inspection_round: int = 0
    """The inspecting assignment's round when this one was accepted."""

    evidence: Digest = NO_DIGEST
    """Root over the records of the latest milestone; zero before the first attestation."""

    @property
    def milestone(self) -> Cents:
        """What the present milestone comes to; what does not divide falls to the later ones."""
        return Cents(self._paid_by(self.approved + 1) - self._paid_by(self.approved))

    @property
    def left(self) -> Cents:
        """What of the price is not paid."""
        return Cents(self.win.price - self._paid_by(self.approved))

    @property
    def is_last(self) -> bool:
        """Whether the present milestone is the last."""
        return self.approved + 1 == self.win.milestones

    def stake(self, late: BasisPoints) -> Cents:
        """What the attested milestone pays, less the damages for being late; zero when none is attested."""
        if self.state not in (WorkState.ATTESTED, WorkState.DISPUTED):
            return NOTHING
        days_begun = -(-max(0, self.attested_at - self.win.due) // DAY)
        return Cents(self.milestone - self.milestone * min(WHOLE_BPS, days_begun * late) // WHOLE_BPS)

    def _paid_by(self, milestones: int) -> int:
        return self.win.price * milestones // self.win.milestones


@dataclass(frozen=True, slots=True, kw_only=True)
class BondedBid:
    """One bonded bid."""

    bidder: Address
    state: BidState
    seal: Digest
    """SHA-256 of what has to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order."""

    terms: OrderTerms
    state: OrderState
    budget: Cents
    """With what re-awards added."""

    locked: Cents
    """What of the budget nobody is owed yet; bids' bonds are not in it."""

    transcript: Digest = NO_DIGEST
    """Root over everything that the award follows from; zero before it."""

    works: tuple[Work, ...] = ()
    bids: tuple[BondedBid, ...] = ()
    """In order of sealing."""

    def work(self, index: int) -> Work | None:
        """Assignment ``index``, or None."""
        return self.works[index] if 0 <= index < len(self.works) else None

    def bid_of(self, bidder: Address) -> BondedBid | None:
        """The bonded bid of ``bidder``, or None."""
        return next((bid for bid in self.bids if bid.bidder == bidder), None)

    @property
    def bonds(self) -> Cents:
        """What waits for bids to be revealed."""
        return Cents(self.terms.bid_bond * sum(bid.state is BidState.SEALED for bid in self.bids))
