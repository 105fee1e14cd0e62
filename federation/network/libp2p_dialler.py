"""Who is dialled where: an address book and the task that stays connected; refuses to dial what nobody vouched for."""

import contextlib
import logging
from collections.abc import Iterable
from typing import Any, Final

import trio
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo
from multiaddr import Multiaddr

from federation.errors import UnreachableError
from federation.network.libp2p_identity import identifier, parse_address, peer_of
from protocol.ids import PeerId

log = logging.getLogger("guildmark.network")

DIAL_SECONDS: Final = 5.0
"""For one address to answer with a finished handshake."""

LOOK_SECONDS: Final = 0.25
"""Between looks at who is missing."""

FIRST_PAUSE_SECONDS: Final = 0.25
LAST_PAUSE_SECONDS: Final = 2.0
"""Between attempts, doubling from the first to the last. The last is short, since members of a federation come back."""

YIELD_SECONDS: Final = 0.5
"""By how much the peer with the larger identity waits for the other to dial, so that two do not become four."""

MAX_ADDRESSES: Final = 4
"""Addresses kept of one peer."""

MAX_PEERS: Final = 4096
"""Peers in the address book; the eldest introduction is forgotten first."""


class Dialler:
    """Connects one host to the peers that it must know and to those that it is asked for."""

    def __init__(self, host: Any, peer: PeerId, bootstrap: Iterable[str]) -> None:
        """Take ``bootstrap`` as the peers to stay connected with.

        Raises:
            ValueError: one of its addresses is not one.
        """
        self._host = host
        self._swarm = host.get_network()
        self._peer = peer
        self._book: dict[PeerId, tuple[Multiaddr, ...]] = {}
        self._kept: dict[PeerId, tuple[Multiaddr, ...]] = {}
        for whom, where in map(parse_address, bootstrap):
            if whom != peer:
                self._kept[whom] = (*self._kept.get(whom, ()), where)

    def connected(self) -> tuple[PeerId, ...]:
        """Who has a live connection to us, in order of identity."""
        peers = (peer_of(i.to_bytes()) for i in list(self._swarm.connections) if self._is_connected(i))
        return tuple(sorted(peer for peer in peers if peer is not None))

    def introduce(self, peer: PeerId, addresses: Iterable[str]) -> None:
        """Remember the addresses that are ``peer``'s own, in place of those remembered before."""
        known = []
        for address in addresses:
            with contextlib.suppress(ValueError):
                whom, where = parse_address(address)
                known += [where] if whom == peer else []
        self._remember(peer, known)

    async def reach(self, peer: PeerId) -> None:
        """Connect to ``peer`` unless it is connected, trying each known address in turn.

        Raises:
            UnreachableError: no address is known, or none answers.
        """
        if self._is_connected(identifier(peer)):
            return
        addresses = dict.fromkeys((*self._book.get(peer, ()), *self._kept.get(peer, ())))
        if peer == self._peer or not addresses:
            raise UnreachableError(f"no address of {peer.hex()[:8]} is known")
        for address in addresses:
            if await self._dial(identifier(peer), address):
                return
        raise UnreachableError(f"{peer.hex()[:8]} answers at none of {len(addresses)} addresses")

    async def keep(self) -> None:
        """Dial bootstrap peers whenever they are missing, and learn addresses from whoever is there; never returns."""
        async with trio.open_nursery() as nursery:
            for peer in self._kept:
                nursery.start_soon(self._keep_one, peer)
            while True:
                for peer in self.connected():
                    self._remember(peer, self._told_by(peer))
                await trio.sleep(LOOK_SECONDS)

    async def _keep_one(self, peer: PeerId) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            if self._is_connected(identifier(peer)):
                pause = FIRST_PAUSE_SECONDS
                await trio.sleep(LOOK_SECONDS)
                continue
            if self._peer > peer and pause == FIRST_PAUSE_SECONDS:
                await trio.sleep(YIELD_SECONDS)
            try:
                await self.reach(peer)
            except UnreachableError as error:
                log.debug("%s; next try in %.2g s", error, pause)
                await trio.sleep(pause)
                pause = min(LAST_PAUSE_SECONDS, pause * 2)

    async def _dial(self, whom: ID, address: Multiaddr) -> bool:
        """Whether ``address`` answers and proves to be ``whom``."""
        self._swarm.unblock_peer(whom)  # after one failed dial the library refuses the peer for a minute
        self._host.get_peerstore().clear_addrs(whom)  # it would try one of all addresses it ever heard
        try:
            with trio.fail_after(DIAL_SECONDS):
                if self._swarm.get_connections(whom):
                    # All of them are closed; while the library still lists one, it takes us for connected.
                    await self._swarm.close_peer(whom)
                await self._host.connect(PeerInfo(whom, [address]))
        except Exception as error:  # noqa: BLE001  # the border: a failed dial has a dozen unrelated types
            log.debug("dialling %s: %r", address, error)
            return False
        return self._is_connected(whom)

    def _is_connected(self, whom: ID) -> bool:
        return any(not connection.is_closed for connection in self._swarm.get_connections(whom))

    def _told_by(self, peer: PeerId) -> list[Multiaddr]:
        """Where a connected peer says that it listens (libp2p identify)."""
        told = []
        with contextlib.suppress(Exception):  # the library raises when it knows nothing or has forgotten it
            for address in self._host.get_peerstore().addrs(identifier(peer)):
                with contextlib.suppress(ValueError):
                    told.append(parse_address(f"{address}/p2p/{identifier(peer)}")[1])
        return told

    def _remember(self, peer: PeerId, addresses: list[Multiaddr]) -> None:
        if addresses and peer != self._peer:
            self._book.pop(peer, None)
            self._book[peer] = tuple(dict.fromkeys(addresses))[:MAX_ADDRESSES]
            if len(self._book) > MAX_PEERS:
                del self._book[next(iter(self._book))]
