"""What each bidder stakes on opening its sealed bid, as the ledger tells it; sends nothing itself."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from node.workflows.events import BidBonded, BondEnded
from protocol.ids import Address, Digest

STAKED = "staked"
REVEALED = "revealed"
"""The bidder opened its seal on the ledger in time, and has its bond back."""

REFUSED = "refused"
"""The ledger never took the bond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """One bidder's bond in one order."""

    bidder: Address
    seal: Digest
    stands: str = STAKED
    """``staked``, ``revealed``, ``forfeited`` or ``returned``."""


def noted(bonds: Iterable[Bond], event: BidBonded | BondEnded) -> tuple[Bond, ...]:
    """The bonds after what the ledger said of one."""
    if isinstance(event, BidBonded):
        return (*bonds, Bond(bidder=event.bidder, seal=event.seal))
    return tuple(replace(bond, stands=event.how) if bond.bidder == event.bidder else bond for bond in bonds)


def is_bonded(bonds: Iterable[Bond], bidder: Address, seal: Digest) -> bool:
    """Whether ``bidder`` staked a bond on just this seal."""
    return any((bond.bidder, bond.seal) == (bidder, seal) for bond in bonds)


def is_opened(bonds: Iterable[Bond], bidder: Address) -> bool:
    """Whether ``bidder`` opened its seal on the ledger."""
    return any(bond.bidder == bidder and bond.stands == REVEALED for bond in bonds)


def unopened(bonds: Iterable[Bond]) -> tuple[Address, ...]:
    """Those whose bond is still at stake."""
    return tuple(bond.bidder for bond in bonds if bond.stands == STAKED)
