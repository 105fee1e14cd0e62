"""The network on py-libp2p (TCP, Noise, Yamux, GossipSub 1.1); refuses to start where it cannot listen."""

import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import trio
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from federation.errors import DeadlineError, ListenError, SizeError
from federation.network import MAX_GOSSIP, MAX_REQUEST, Answer, Judge, Message, Network
from federation.network.inbox import Inbox
from federation.network.libp2p_containment import new_contained_host, within
from federation.network.libp2p_dialler import Dialler
from federation.network.libp2p_gossip import Gossip
from federation.network.libp2p_identity import dial_address
from federation.network.libp2p_requests import Requests
from protocol.ids import PeerId
from protocol.params import HASH_BYTES
from protocol.signed import public_key

__all__ = ["Libp2pConfig", "dial_address", "open_libp2p"]

log = logging.getLogger("guildmark.network")

CLOSE_SECONDS: Final = 5.0
"""For leaving the topics and closing every connection; a frozen peer must not keep us from ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Libp2pConfig:
    """What one node is told about its network."""

    seed: bytes
    """Ed25519 seed of the identity, 32 bytes."""

    listen: str = "/ip4/127.0.0.1/tcp/0"
    """Multiaddress to listen on; port 0 takes any free one."""

    bootstrap: tuple[str, ...] = ()
    """Whom to stay connected with: ``/ip4/…/tcp/…/p2p/…``; our own address among them is passed over."""


@asynccontextmanager
async def open_libp2p(config: Libp2pConfig) -> AsyncIterator[Network]:
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
            background_trio_service(network.gossip.router),
            background_trio_service(network.gossip),
            trio.open_nursery() as nursery,
        ):
            await network.gossip.wait_until_ready()
            nursery.start_soon(network.dialler.keep)
            try:
                yield network
            finally:
                nursery.cancel_scope.cancel()
                await _close(network)


class _Libp2pNetwork:
    """The port on one host."""

    def __init__(self, host: Any, peer: PeerId, dialler: Dialler) -> None:
        self.host = host
        self.dialler = dialler
        self._peer = peer
        self._inbox = Inbox()
        self._requests = Requests(host)
        self.gossip: Any = Gossip(host, self._inbox)

    @property
    def peer(self) -> PeerId:
        return self._peer

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(str(address) for address in self.host.get_addrs())

    @property
    def dropped(self) -> int:
        return self._inbox.dropped

    def peers(self) -> tuple[PeerId, ...]:
        return self.dialler.connected()

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

    async def publish(self, topic: str, payload: bytes) -> None:
        if len(payload) > MAX_GOSSIP:
            raise SizeError(f"a message of {len(payload)} bytes; at most {MAX_GOSSIP} are carried")
        await self.gossip.publish(topic, payload)

    def serve(self, protocol: str, answer: Answer) -> None:
        self._requests.serve(protocol, answer)

    async def request(self, peer: PeerId, protocol: str, payload: bytes, *, deadline: float) -> bytes:
        if len(payload) > MAX_REQUEST:
            raise SizeError(f"a request of {len(payload)} bytes; at most {MAX_REQUEST} are carried")
        try:
            with trio.fail_after(deadline):
                await self.dialler.reach(peer)
                return await self._requests.ask(peer, protocol, payload)
        except trio.TooSlowError as error:
            raise DeadlineError(f"{peer.hex()[:8]} gave no answer within {deadline:g} s") from error

    async def introduce(self, peer: PeerId, addresses: Sequence[str]) -> None:
        self.dialler.introduce(peer, addresses)
        await trio.lowlevel.checkpoint()


def _new_network(config: Libp2pConfig) -> _Libp2pNetwork:
    if len(config.seed) != HASH_BYTES:
        raise ListenError(f"an identity's seed has {HASH_BYTES} bytes, not {len(config.seed)}")
    peer = public_key(config.seed)
    try:
        listen = Multiaddr(config.listen)
        _check_free(listen)
        host = new_contained_host(config.seed, listen)
        return _Libp2pNetwork(host, peer, Dialler(host, peer, config.bootstrap))
    except Exception as error:  # the border: what the library raises for a wrong address is not one type
        raise ListenError(f"cannot listen on {config.listen}: {error}") from error


def _check_free(listen: Multiaddr) -> None:
    """Raise OSError if another listener has the port; the library would share it and get half of the connections."""
    (network, host), (_, port) = listen.items()
    family = socket.AF_INET6 if network.name == "ip6" else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, int(port)))


async def _close(network: _Libp2pNetwork) -> None:
    """Free the port and end every connection, in bounded time; the library leaves both to the end of the process."""
    with within(CLOSE_SECONDS) as scope, contextlib.suppress(Exception):
        await network.host.close()
    if scope.cancelled_caught:
        log.warning("the network did not close within %g s; its connections were abandoned", CLOSE_SECONDS)
