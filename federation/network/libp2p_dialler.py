"""Who is dialled where: an address book and the task that stays connected; refuses to dial what nobody vouched for."""

import contextlib
import logging
import random
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, Protocol

import trio
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo
from multiaddr import Multiaddr
from multiaddr.protocols import P_P2P

from federation.errors import UnreachableError
from federation.network.libp2p_circuit import Circuits
from federation.network.libp2p_identity import identifier, parse_address, peer_of, relay_of
from protocol.ids import PeerId

log = logging.getLogger("guildmark.network")

DIAL_SECONDS: Final = 5.0
"""For one address to answer with a finished handshake."""

LOOK_SECONDS: Final = 0.5
"""Between looks at who is missing."""

TOLD_SECONDS: Final = 10.0
"""After which a connected peer's own addresses are looked at again."""

FIRST_PAUSE_SECONDS: Final = 0.25
LAST_PAUSE_SECONDS: Final = 2.0
"""Between attempts, doubling from the first to the last. The last is short, since members of a federation come back."""

YIELD_SECONDS: Final = 0.5
"""By how much the peer with the larger identity waits for the other to dial, so that two do not become four."""

WANTED: Final = 8
"""Connections that we see to ourselves; as many as a gossip mesh takes, and no more, for nobody is pruned from it."""

WIDEN_SECONDS: Final = 2.0
"""Between two dials to that end."""

CROWDED: Final = 64
"""Connections above which those are ended that we dialled for a question or two, so that lookups leave none behind."""

UNUSED_SECONDS: Final = 90.0
"""Without a question of ours until such a connection may be ended; longer than any answer takes."""

BOOK_SECONDS: Final = 5.0
"""Between two looks whether the address book has changed."""

MAX_ADDRESSES: Final = 4
"""Addresses kept of one peer."""

MAX_NEARBY: Final = 256
"""Peers that the LAN told of; the one that was heard of longest ago is forgotten first."""

MAX_NEARBY_PER_HOST: Final = 16
"""Of these, on one host: a devnet's worth, and not enough that one machine of the LAN fills our neighbourhood."""

MAX_PEERS: Final = 4096
"""Peers in the address book; the eldest introduction is forgotten first."""


class PeerBook(Protocol):
    """Where the addresses of those who were introduced outlive the process."""

    async def load(self) -> dict[PeerId, tuple[str, ...]]:
        """What was kept last."""

    async def keep(self, book: dict[PeerId, tuple[str, ...]]) -> None:
        """Keep ``book`` in place of what was kept."""


class Dialler:
    """Connects one host to the peers that it must know and to those that it is asked for."""

    def __init__(
        self,
        host: Any,
        peer: PeerId,
        bootstrap: Iterable[str],
        store: PeerBook | None,
        dice: random.Random,
        circuits: Circuits,
    ) -> None:
        """Take ``bootstrap`` as the peers to stay connected with.

        Raises:
            ValueError: one of its addresses is not one.
        """
        self._host = host
        self._swarm = host.get_network()
        self._peer = peer
        self._store = store
        self._dice = dice
        self._circuits = circuits
        self._introduced: dict[PeerId, tuple[str, ...]] = {}
        self._changed = False
        self._book: dict[PeerId, tuple[Multiaddr, ...]] = {}
        self._kept: dict[PeerId, tuple[Multiaddr, ...]] = {}
        self._nearby: dict[PeerId, str] = {}
        self._asked: dict[PeerId, float] = {}
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
        told = tuple(str(where) + f"/p2p/{identifier(peer)}" for where in known[:MAX_ADDRESSES])
        if told and self._introduced.get(peer) != told:
            self._introduced.pop(peer, None)
            self._introduced[peer] = told
            self._changed = True
            if len(self._introduced) > MAX_PEERS:
                del self._introduced[next(iter(self._introduced))]

    def meet(self, address: str) -> None:
        """Take note of what the LAN says; who answers at ``address`` must prove to be whom it names."""
        try:
            peer, where = parse_address(address)
        except ValueError:
            return
        if relay_of(where) is not None:
            return  # a LAN knows its own ways
        host = next(iter(where.values()))
        there = sum(other == host for other in self._nearby.values())
        if peer == self._peer or (peer not in self._nearby and there >= MAX_NEARBY_PER_HOST):
            return
        self._nearby.pop(peer, None)
        self._nearby[peer] = host
        if len(self._nearby) > MAX_NEARBY:
            del self._nearby[next(iter(self._nearby))]
        if peer not in self._introduced:  # the peer's own word, where we have it, counts more than its LAN's
            self._remember(peer, [where])

    def nearby(self) -> tuple[PeerId, ...]:
        """Whom the LAN has told of, in order of identity."""
        return tuple(sorted(self._nearby))

    async def recall(self) -> None:
        """Take over the addresses that an earlier run kept."""
        if self._store is not None:
            for peer, addresses in (await self._store.load()).items():
                self.introduce(peer, addresses)

    async def reach(self, peer: PeerId) -> None:
        """Connect to ``peer`` unless it is connected, trying each known address in turn.

        Raises:
            UnreachableError: no address is known, or none answers.
        """
        if self._is_connected(identifier(peer)):
            if peer in self._asked:
                self._asked[peer] = trio.current_time()
            return
        addresses = dict.fromkeys((*self._book.get(peer, ()), *self._kept.get(peer, ())))
        if peer == self._peer or not addresses:
            raise UnreachableError(f"no address of {peer.hex()[:8]} is known")
        for address in addresses:
            if await self._dial(identifier(peer), address):
                self._asked[peer] = trio.current_time()
                return
        raise UnreachableError(f"{peer.hex()[:8]} answers at none of {len(addresses)} addresses")

    async def reach_at(self, address: str) -> PeerId:
        """Connect to whom ``address`` names, at that address, which the operator vouches for.

        Raises:
            ValueError: it is no address.
            UnreachableError: nobody answers there, or somebody else.
        """
        peer, where = parse_address(address)
        self._remember(peer, [where])
        await self.reach(peer)
        return peer

    async def keep(self) -> None:
        """Dial bootstrap peers whenever they are missing, and learn addresses from whoever is there; never returns."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._widen)
            nursery.start_soon(self._keep_book)
            sought: set[PeerId] = set()
            told: dict[PeerId, float] = {}
            while True:
                now, here = trio.current_time(), self.connected()
                for peer in self._kept.keys() - sought.union(here):
                    sought.add(peer)
                    nursery.start_soon(self._bring_back, peer, sought)
                told = {peer: told[peer] for peer in here if now - told.get(peer, -TOLD_SECONDS) < TOLD_SECONDS}
                for peer in here:
                    if peer not in told and (addresses := self._told_by(peer)):
                        self._remember(peer, addresses)
                        told[peer] = now
                await trio.sleep(LOOK_SECONDS)

    async def _widen(self) -> None:
        """Stay connected with a few of those who were introduced or are nearby: nobody chooses our neighbours."""
        while True:
            await trio.sleep(WIDEN_SECONDS)
            connected = set(self.connected())
            await self._thin_out(connected)
            known = dict.fromkeys((*self._introduced, *self._nearby))
            others = [peer for peer in known if peer not in connected and peer != self._peer]
            if others and len(connected) < WANTED:
                with contextlib.suppress(UnreachableError):
                    await self.reach(self._dice.choice(others))

    async def _thin_out(self, connected: set[PeerId]) -> None:
        """End connections that we dialled and have not used for long, while there are too many."""
        self._asked = {peer: at for peer, at in self._asked.items() if peer in connected}
        before = trio.current_time() - UNUSED_SECONDS
        unused = sorted((at, peer) for peer, at in self._asked.items() if at < before and peer not in self._kept)
        for _, peer in unused[: max(0, len(connected) - CROWDED)]:
            del self._asked[peer]
            with trio.move_on_after(1), contextlib.suppress(Exception):
                await self._swarm.close_peer(identifier(peer))

    async def _keep_book(self) -> None:
        while True:
            await trio.sleep(BOOK_SECONDS)
            if self._changed and self._store is not None:
                self._changed = False
                await self._store.keep(dict(self._introduced))

    async def _bring_back(self, peer: PeerId, sought: set[PeerId]) -> None:
        """Try until ``peer`` is there again, and is sought no longer."""
        pause = FIRST_PAUSE_SECONDS
        if self._peer > peer:
            await trio.sleep(YIELD_SECONDS)
        while not self._is_connected(identifier(peer)):
            try:
                await self.reach(peer)
            except UnreachableError as error:
                log.debug("%s; next try in %.2g s", error, pause)
                await trio.sleep(pause)
                pause = min(LAST_PAUSE_SECONDS, pause * 2)
        sought.discard(peer)

    async def _dial(self, whom: ID, address: Multiaddr) -> bool:
        """Whether ``address`` answers and proves to be ``whom``."""
        self._swarm.unblock_peer(whom)  # after one failed dial the library refuses the peer for a minute
        self._host.get_peerstore().clear_addrs(whom)  # it would try one of all addresses it ever heard
        try:
            with trio.fail_after(DIAL_SECONDS):
                if self._swarm.get_connections(whom):
                    # All of them are closed; while the library still lists one, it takes us for connected.
                    await self._swarm.close_peer(whom)
                way = relay_of(address)
                if way is None:
                    await self._host.connect(PeerInfo(whom, [address]))
                else:
                    await self._dial_through(*way, whom, address)
        except Exception as error:  # noqa: BLE001  # the border: a failed dial has a dozen unrelated types
            log.debug("dialling %s: %r", address, error)
            return False
        return self._is_connected(whom)

    async def _dial_through(self, relay: PeerId, where: Multiaddr, whom: ID, address: Multiaddr) -> None:
        if not self._is_connected(identifier(relay)) and not await self._dial(identifier(relay), where):
            raise UnreachableError(f"the relay {relay.hex()[:8]} does not answer")
        await self._circuits.open(relay, whom, address)

    def _is_connected(self, whom: ID) -> bool:
        return any(not connection.is_closed for connection in self._swarm.get_connections(whom))

    def _told_by(self, peer: PeerId) -> list[Multiaddr]:
        """Where a connected peer says that it listens (libp2p identify), as far as we see it come from there.

        A peer could name any host of ours or of others for us to dial; it is believed about its port only.
        """
        told = []
        seen = self._seen_from(peer)
        with contextlib.suppress(Exception):  # the library raises when it knows nothing or has forgotten it
            for address in self._host.get_peerstore().addrs(identifier(peer)):
                where = _direct(address.to_bytes())
                told += [where] if where is not None and next(iter(where.values())) in seen else []
        return told

    def _seen_from(self, peer: PeerId) -> set[str]:
        """The hosts that the live connections of ``peer`` come from."""
        seen = set()
        for connection in self._swarm.get_connections(identifier(peer)):
            remote = connection.muxed_conn.get_remote_address()
            seen |= {str(remote[0])} if remote else set()
        return seen

    def _remember(self, peer: PeerId, addresses: list[Multiaddr]) -> None:
        if addresses and peer != self._peer:
            self._book.pop(peer, None)
            self._book[peer] = tuple(dict.fromkeys(addresses))[:MAX_ADDRESSES]
            if len(self._book) > MAX_PEERS:
                del self._book[next(iter(self._book))]


@lru_cache(maxsize=MAX_PEERS)
def _direct(address: bytes) -> Multiaddr | None:
    """The host and TCP port of a binary address that names them and no more than a peer; reading one takes long."""
    where = Multiaddr(address)
    match [protocol.name for protocol in where.protocols()]:
        case [_, "tcp"]:
            return where
        case [_, "tcp", "p2p"]:
            return where.decapsulate_code(P_P2P)
        case _:
            return None
