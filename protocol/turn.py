"""One turn in a state machine of the ledger: who acts when, and what it moves; money is moved here and nowhere kept."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from protocol.ids import Address
from protocol.units import NOTHING, Cents, UnixSeconds

S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who acts, and at what block time."""

    by: Address
    at: UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[S]):
    """What a turn leads to."""

    state: S
    owed: tuple[tuple[Address, Cents], ...] = ()
    """Who can withdraw how much by it; never nothing."""

    taken: Cents = NOTHING
    """What the actor pays into custody; the turn fails with the payment."""

    edges: tuple[str, ...] = ()
    """Which edges of the state machine it took, as ``what: from -> to by action``."""
