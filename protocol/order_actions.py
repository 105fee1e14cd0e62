"""What people do to an order; each is one call of the order contract, and there is no other."""

from dataclasses import dataclass

from protocol.ids import Address, Digest
from protocol.order import Win
from protocol.units import BasisPoints, Cents, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open the order and put its budget into escrow."""

    budget: Cents
    deadline: UnixSeconds
    late: BasisPoints
    reveal_by: UnixSeconds
    call: Digest
    design: Digest
    pack: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SealBid:
    """Stake the bid bond on opening ``seal`` in time."""

    seal: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealBid:
    """Show what the actor's seal is the SHA-256 of."""

    opening: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Forfeit:
    """Give the customer the bond of a bid that was not revealed in time."""

    bidder: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnBid:
    """Give a bidder the bond back whose order was cancelled."""

    bidder: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAward:
    """Name the winners."""

    transcript: Digest
    wins: tuple[Win, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """Take an assignment of the actor's on."""

    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """Give an assignment of the actor's back."""

    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaward:
    """Put another provider into the place of one that declined, did not accept, or is late."""

    index: int
    transcript: Digest
    win: Win


@dataclass(frozen=True, slots=True, kw_only=True)
class Attest:
    """Say that a milestone of an assignment of the actor's is done."""

    index: int
    evidence: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Pay a milestone."""

    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """Object to a milestone."""

    index: int
    evidence: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Divide what is at stake, as the court decided."""

    index: int
    to_provider: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Take an order back that was not awarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """Refund what was not attested by the deadline."""


OrderAction = (
    Open
    | SealBid
    | RevealBid
    | Forfeit
    | ReturnBid
    | PostAward
    | Accept
    | Decline
    | Reaward
    | Attest
    | Approve
    | Dispute
    | Rule
    | Cancel
    | Expire
)
