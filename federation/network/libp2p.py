"""The network on py-libp2p (TCP, Noise, Yamux, GossipSub 1.1); refuses to start where it cannot listen."""

import contextlib
import logging
import random
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import trio
from libp2p.host.ping import PingService
from libp2p.peer.peerstore import PeerStoreError
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr
from typing_extensions import override

from federation.errors import DeadlineError, ListenError, SizeError, UnreachableError
from federation.network import MAX_GOSSIP, MAX_REQUEST, Answer, Judge, Message, Network
from federation.network.inbox import Inbox
from federation.network.libp2p_admission import Admission
from federation.network.libp2p_circuit import Circuits, relayed
from federation.network.libp2p_containment import new_contained_host, within
from federation.network.libp2p_dialler import Dialler, PeerBook
from federation.network.libp2p_gossip import Gossip
from federation.network.libp2p_identity import dial_address, identifier
from federation.network.libp2p_punch import Puncher
from federation.network.libp2p_relay import Quota, Relay
from federation.network.libp2p_requests import Requests
from federation.network.links import Link, Relaying
from federation.network.mdns import Lan, Lookout, open_link
from federation.standing import Standing, everybody
from protocol.ids import PeerId
from protocol.params import HASH_BYTES
from protocol.signed import public_key

__all__ = ["Libp2pConfig", "Libp2pNetwork", "dial_address", "open_libp2p"]

log = logging.getLogger("guildmark.network")

CLOSE_SECONDS: Final = 5.0
"""For leaving the topics and closing every connection; a frozen peer must not keep us from ending."""


REACH_SECONDS: Final = 10.0
"""For connecting to an address that the operator names."""

PING_SECONDS: Final = 5.0
"""For an echo; who takes longer is as good as gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Libp2pConfig:
    """What one node is told about its network."""

    seed: bytes
    """Ed25519 seed of the identity, 32 bytes."""

    listen: str = "/ip4/127.0.0.1/tcp/0"
    """Multiaddress to listen on; port 0 takes any free one."""

    standing: Standing | None = None
    """Who is barred and who is a stranger; without one, everybody is a member."""

    book: PeerBook | None = None
    """Where addresses outlive the process; without one a restart knows its bootstrap peers only."""

    private: bytes | None = None
    """Key of a private network, 32 bytes: who has another or none is not spoken to. Only between nodes of this kind."""

    dice: random.Random = field(default_factory=random.SystemRandom)
    """Whom of the known to dial."""

    relays: tuple[str, ...] = ()
    """Addresses of relays through which others reach us; for a node that cannot be dialled."""

    relaying: Quota | None = None
    """What we give to members that cannot be dialled, for a node with a public address; None relays for nobody."""

    punching: bool = False
    """Whether direct ways are looked for to whoever is connected by way of a relay."""

    wall: Callable[[], float] = time.time
    """Wall time, by which relays say how long they hold a place."""

    lans: tuple[Lan, ...] = ()
    """Where to look for peers nearby, and to be found by them."""

    bootstrap: tuple[str, ...] = ()
    """Whom to stay connected with: ``/ip4/…/tcp/…/p2p/…``; our own address among them is passed over."""


@asynccontextmanager
async def open_libp2p(config: Libp2pConfig) -> AsyncIterator["Libp2pNetwork"]:
    """A running network; inside the block it serves, and after it its port is free again.

    Raises:
        ListenError: the seed or an address is not one, or the address to listen on is taken or not ours.
    """
    network = _new_network(config)
    listen = Multiaddr(config.listen)
    async with network.host.run(listen_addrs=[listen]):
        if not network.host.get_transport_addrs():
            raise ListenError(f"cannot listen on {config.listen}")
        async with (
            AsyncExitStack() as stack,
            background_trio_service(network.gossip.router),
            background_trio_service(network.gossip),
            trio.open_nursery() as nursery,
        ):
            await network.gossip.wait_until_ready()
            await network.dialler.recall()
            for lan in config.lans:
                link = stack.enter_context(await open_link(lan))
                lookout = Lookout(lan, link, lambda: network.addresses, network.dialler.meet, config.dice)
                nursery.start_soon(lookout.run)
            nursery.start_soon(network.dialler.keep)
            nursery.start_soon(network.circuits.keep)
            if network.puncher is not None:
                nursery.start_soon(network.puncher.keep)
            nursery.start_soon(network.admission.sweep)
            try:
                yield network
            finally:
                nursery.cancel_scope.cancel()
                await _close(network)


class Libp2pNetwork(Network):
    """The port on one host."""

    def __init__(
        self,
        host: Any,
        admission: Admission,
        dialler: Dialler,
        standing: Standing,
        peer: PeerId,
        circuits: Circuits,
        relay: Relay | None,
        puncher: Puncher | None,
    ) -> None:
        self.host = host
        self.admission = admission
        self.dialler = dialler
        self.circuits = circuits
        self.relay = relay
        self.puncher = puncher
        self.standing = standing
        self._peer = peer
        self._inbox = Inbox()
        self._requests = Requests(host)
        self.gossip: Any = Gossip(host, self._inbox, standing)

    @property
    @override
    def peer(self) -> PeerId:
        return self._peer

    @property
    @override
    def addresses(self) -> tuple[str, ...]:
        return (*(str(address) for address in self.host.get_addrs()), *self.circuits.addresses)

    @property
    @override
    def dropped(self) -> int:
        return self._inbox.dropped

    @override
    def peers(self) -> tuple[PeerId, ...]:
        return self.dialler.connected()

    def nearby(self) -> tuple[PeerId, ...]:
        """Whom the LAN has told of, connected or not, in order of identity."""
        return self.dialler.nearby()

    @override
    @asynccontextmanager
    async def subscribe(
        self, topic: str, judge: Judge, *, buffer: int
    ) -> AsyncIterator[trio.MemoryReceiveChannel[Message]]:
        with self._inbox.subscription(topic, judge, buffer) as messages:
            await self.gossip.subscribe(topic)
            try:
                yield messages
            finally:
                with within(CLOSE_SECONDS):
                    await self.gossip.unsubscribe(topic)

    @override
    async def publish(self, topic: str, payload: bytes) -> None:
        if len(payload) > MAX_GOSSIP:
            raise SizeError(f"a message of {len(payload)} bytes; at most {MAX_GOSSIP} are carried")
        await self.gossip.publish(topic, payload)
        await trio.lowlevel.checkpoint()

    @override
    def serve(self, protocol: str, answer: Answer) -> None:
        self._requests.serve(protocol, answer)

    @override
    async def request(self, peer: PeerId, protocol: str, payload: bytes, *, deadline: float) -> bytes:
        if len(payload) > MAX_REQUEST:
            raise SizeError(f"a request of {len(payload)} bytes; at most {MAX_REQUEST} are carried")
        try:
            with trio.fail_after(deadline):
                await self.dialler.reach(peer)
                return await self._requests.ask(peer, protocol, payload)
        except trio.TooSlowError as error:
            raise DeadlineError(f"{peer.hex()[:8]} gave no answer within {deadline:g} s") from error

    async def ping(self, peer: PeerId) -> float:
        """Seconds until ``peer`` echoes 32 bytes (libp2p ping).

        Raises:
            UnreachableError: no way to the peer, or it does not echo.
        """
        await self.dialler.reach(peer)
        started = trio.current_time()
        try:
            with trio.fail_after(PING_SECONDS):
                await PingService(self.host).ping(identifier(peer), 1)
        except Exception as error:  # the border: a broken stream has a dozen unrelated types
            raise UnreachableError(f"{peer.hex()[:8]} does not echo: {error!r}") from error
        return trio.current_time() - started

    def protocols(self, peer: PeerId) -> tuple[str, ...]:
        """What ``peer`` says that it speaks."""
        try:
            return tuple(sorted(self.host.get_peerstore().get_protocols(identifier(peer))))
        except PeerStoreError:
            return ()

    async def reach_at(self, address: str) -> PeerId:
        """Connect to whom ``address`` names; the operator vouches for it."""
        with trio.move_on_after(REACH_SECONDS):
            return await self.dialler.reach_at(address)
        raise UnreachableError(f"nobody answers at {address}")

    def links(self) -> tuple[Link, ...]:
        """Everybody who is connected, in order of identity."""
        return tuple(map(self._link, self.peers()))

    def relaying(self) -> Relaying:
        """What relays do for us, and we for others."""
        return Relaying(
            wanted=self.circuits.wanted,
            reserved=self.circuits.reserved,
            places=None if self.relay is None else self.relay.places,
            circuits=0 if self.relay is None else self.relay.circuits,
        )

    def _link(self, peer: PeerId) -> Link:
        connections = self.host.get_network().get_connections(identifier(peer))
        remotes = (connection.muxed_conn.get_remote_address() for connection in connections)
        mesh = self.gossip.router.mesh
        return Link(
            peer=peer,
            addresses=tuple(f"{host}:{port}" for host, port in filter(None, remotes)),
            relayed=all(map(relayed, connections)),
            outbound=any(connection.muxed_conn.is_initiator for connection in connections),
            protocols=self.protocols(peer),
            mesh=sum(identifier(peer) in neighbours for neighbours in mesh.values()),
            points=self.standing.points(peer),
            stranger=self.standing.stranger(peer),
        )

    @override
    async def introduce(self, peer: PeerId, addresses: Sequence[str]) -> None:
        self.dialler.introduce(peer, addresses)
        await trio.lowlevel.checkpoint()


def _new_network(config: Libp2pConfig) -> Libp2pNetwork:
    if len(config.seed) != HASH_BYTES:
        raise ListenError(f"an identity's seed has {HASH_BYTES} bytes, not {len(config.seed)}")
    peer = public_key(config.seed)
    try:
        listen = Multiaddr(config.listen)
        _check_free(listen)
        standing = config.standing or Standing(trio.current_time, everybody)
        host, admission = new_contained_host(config.seed, listen, standing, config.private)
        circuits = Circuits(host, admission, peer, config.relays, config.wall)
        bootstrap = (*config.bootstrap, *config.relays)
        dialler = Dialler(host, peer, bootstrap, config.book, config.dice, circuits)
        puncher = Puncher(host, admission, circuits, standing) if config.punching else None
        relay = None if config.relaying is None else Relay(host, standing, config.wall, config.relaying)
        return Libp2pNetwork(host, admission, dialler, standing, peer, circuits, relay, puncher)
    except Exception as error:  # the border: what the library raises for a wrong address is not one type
        raise ListenError(f"cannot listen on {config.listen}: {error}") from error


def _check_free(listen: Multiaddr) -> None:
    """Raise OSError if another listener has the port; the library would share it and get half of the connections."""
    (network, host), (_, port) = listen.items()
    family = socket.AF_INET6 if network.name == "ip6" else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, int(port)))


async def _close(network: Libp2pNetwork) -> None:
    """Free the port and end every connection, in bounded time; the library leaves both to the end of the process."""
    with within(CLOSE_SECONDS) as scope, contextlib.suppress(Exception):
        await network.host.close()
    if scope.cancelled_caught:
        log.warning("the network did not close within %g s; its connections were abandoned", CLOSE_SECONDS)
