"""What an operator may ask of a network about its connections; decides nothing."""

from dataclasses import dataclass
from typing import Protocol

from protocol.ids import PeerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How one connected peer stands, for an operator to read."""

    peer: PeerId
    addresses: tuple[str, ...]
    """Where its connections come from or go to."""

    relayed: bool
    """Whether all its connections go by way of a relay."""

    outbound: bool
    """Whether we dialled it."""

    protocols: tuple[str, ...]
    """What it says that it speaks (libp2p identify)."""

    mesh: int
    """Topics on which we are its gossip neighbour."""

    points: float
    """Strikes against it."""

    stranger: bool
    """Whether nobody registered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaying:
    """What relays do for us, and we for others."""

    wanted: tuple[PeerId, ...]
    """Relays through which we are to be reached."""

    reserved: tuple[PeerId, ...]
    """Those of them that hold a place for us."""

    places: tuple[PeerId, ...] | None
    """Who is reached through us; None when we relay for nobody."""

    circuits: int
    """How many circuits go through us now."""


class Links(Protocol):
    """A network that can be looked into."""

    def links(self) -> tuple[Link, ...]:
        """Everybody who is connected, in order of identity."""

    def nearby(self) -> tuple[PeerId, ...]:
        """Whom the LAN has told of, connected or not, in order of identity."""

    def relaying(self) -> Relaying:
        """What relays do for us, and we for others."""

    async def ping(self, peer: PeerId) -> float:
        """Seconds until ``peer`` echoes.

        Raises:
            UnreachableError: no way to the peer, or it does not echo.
        """

    async def reach_at(self, address: str) -> PeerId:
        """Connect to whom ``address`` names.

        Raises:
            ValueError: it is no address.
            UnreachableError: nobody answers there, or somebody else.
        """
