"""Opens a direct way where a relayed one stands (DCUtR, hole punching by TCP); refuses to dial far and wide for it.

Both ends tell each other over the relayed connection where the world sees them, and dial at the same moment from the
port on which they listen, so that each one's router takes the other's packets for answers. It works between routers
that keep the port (most at home and in shops do), and does not where a router gives every connection another one; the
relayed way stays then. The library's own driver dials with the library's connector, past our gates.
"""

import contextlib
import logging
from ipaddress import ip_address
from typing import Any, Final

import trio
from libp2p.custom_types import TProtocol
from libp2p.identity.identify.identify import ID as IDENTIFY
from libp2p.identity.identify.pb.identify_pb2 import Identify
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.relay.circuit_v2.pb.dcutr_pb2 import HolePunch
from libp2p.transport.tcp.tcp import TCP
from multiaddr import Multiaddr

from federation.network.libp2p_admission import Admission
from federation.network.libp2p_circuit import Circuits, give_up, relayed
from federation.network.libp2p_frames import Frames, varint_frame
from federation.network.libp2p_identity import identifier, peer_of
from federation.standing import Standing

log = logging.getLogger("guildmark.network")

DCUTR: Final = TProtocol("/libp2p/dcutr")

MESSAGE_BYTES: Final = 4096
"""Of one message (specification of DCUtR)."""

IDENTIFY_BYTES: Final = 64 * 1024
"""Of what a peer tells about itself; the library takes as much."""

TALK_SECONDS: Final = 5.0
"""For one message to arrive."""

DIAL_SECONDS: Final = 5.0
"""For the packets to meet; the kernel sends a second one after one second and a third after three."""

PLAIN_SECONDS: Final = 3.0
"""For a dial without ado to succeed; a router that drops it says nothing."""

MAX_TRIES: Final = 3
"""Attempts on one relayed connection (specification of DCUtR)."""

MAX_ADDRESSES: Final = 2
"""Addresses dialled at the other's word; it is a member, yet it could name anybody's."""

LOOK_SECONDS: Final = 0.5
"""Between looks at who is connected through a relay only."""

GRACE_SECONDS: Final = 5.0
"""Until a relayed connection is ended that a direct one has taken the place of; requests on it come to their end."""


class Puncher:
    """Both ends of hole punching on one host."""

    def __init__(self, host: Any, admission: Admission, circuits: Circuits, standing: Standing) -> None:
        self._host = host
        self._swarm = host.get_network()
        self._admission = admission
        self._circuits = circuits
        self._standing = standing
        self._tried: dict[Any, int] = {}
        self._direct_since: dict[Any, float] = {}
        self._nursery: trio.Nursery | None = None
        host.set_stream_handler(DCUTR, self._answer)

    async def keep(self) -> None:
        """Look for direct ways to whoever came by a relay, and leave the relays that are needed no more; never returns.

        The end that was dialled begins, as the specification says, for it is the one that cannot be dialled.
        """
        async with trio.open_nursery() as self._nursery:
            while True:
                ways = {identity: self._open_to(identity) for identity in list(self._swarm.connections)}
                self._tried = {c: n for c, n in self._tried.items() if not c.is_closed}
                self._direct_since = {c: since for c, since in self._direct_since.items() if not c.is_closed}
                for identity, (direct, by_relay) in ways.items():
                    for connection in by_relay:
                        if direct:
                            await self._leave(connection)
                        elif not connection.muxed_conn.is_initiator and connection not in self._tried:
                            self._tried[connection] = 0
                            self._nursery.start_soon(self._begin, identity, connection)
                await trio.sleep(LOOK_SECONDS)

    async def _leave(self, connection: Any) -> None:
        """End a relayed connection once a direct one has stood beside it for a while."""
        since = self._direct_since.setdefault(connection, trio.current_time())
        if trio.current_time() - since > GRACE_SECONDS:
            with trio.move_on_after(1), contextlib.suppress(Exception):
                await connection.close()

    async def _begin(self, identity: Any, connection: Any) -> None:
        for _ in range(MAX_TRIES):
            with contextlib.suppress(Exception):  # the border: a broken stream has a dozen unrelated types
                await self._try(identity)
            if connection.is_closed or self._open_to(identity)[0]:
                return
            await trio.sleep(LOOK_SECONDS)
        log.info("no direct way to %s; it stays with the relay", identity)

    async def _try(self, identity: Any) -> None:
        ours = await self._seen_at()
        stream = None
        try:
            with trio.fail_after(2 * TALK_SECONDS):
                stream = await self._host.new_stream(identity, [DCUTR])
                frames = Frames(stream)
                asked = trio.current_time()
                await _say(stream, HolePunch.CONNECT, ours)
                theirs = await _hear(frames, HolePunch.CONNECT)
                way = (trio.current_time() - asked) / 2
                if await self._dial_plainly(identity, theirs):
                    return
                await _say(stream, HolePunch.SYNC)
            await trio.sleep(way)
            await self._dial_all(identity, theirs, client=False)
        finally:
            await give_up(stream)

    async def _answer(self, stream: Any) -> None:
        """The other end asks us to dial it at its signal."""
        peer = peer_of(stream.muxed_conn.peer_id.to_bytes())
        if peer is None or not relayed(stream) or self._standing.stranger(peer) or self._standing.barred(peer):
            await stream.reset()
            return
        frames = Frames(stream)
        with trio.fail_after(TALK_SECONDS):
            theirs = await _hear(frames, HolePunch.CONNECT)
        await _say(stream, HolePunch.CONNECT, await self._seen_at())
        with trio.fail_after(TALK_SECONDS):
            await _hear(frames, HolePunch.SYNC)
        await self._dial_all(stream.muxed_conn.peer_id, theirs, client=True)

    async def _dial_plainly(self, identity: Any, addresses: list[Multiaddr]) -> bool:
        """Whether the other end can simply be dialled; to meet halfway with its listener would leave none to begin."""
        with trio.move_on_after(PLAIN_SECONDS):
            for address in addresses:
                with contextlib.suppress(Exception):  # the border: a failed dial has a dozen unrelated types
                    await self._swarm.upgrade_outbound_raw_conn(await TCP().dial(address), identity)
                    return True
        return False

    async def _dial_all(self, identity: Any, addresses: list[Multiaddr], *, client: bool) -> None:
        """Dial ``addresses`` at once; of a connection that both ends opened, the ``client`` begins the handshake."""
        async with trio.open_nursery() as nursery:
            for address in addresses:
                nursery.start_soon(self._dial, identity, address, client)

    async def _dial(self, identity: Any, address: Multiaddr, client: bool) -> None:  # noqa: FBT001  # started by name
        try:
            with trio.fail_after(DIAL_SECONDS):
                source = self._listening()
                raw = await TCP().dial_with_source(address, source)
                if client:
                    await self._swarm.upgrade_outbound_raw_conn(raw, identity)
                    log.info("a direct way to %s at %s", identity, address)
        except Exception as error:  # noqa: BLE001  # the border: a failed dial has a dozen unrelated types
            log.debug("no direct way to %s at %s: %r", identity, address, error)
            return
        if not client and self._nursery is not None:
            # It was we who asked, and the other who dials: its handshake passes our gates as any that comes in.
            self._nursery.start_soon(self._admission.secure, RawConnection(raw.stream, False), address)  # noqa: FBT003

    async def _seen_at(self) -> list[Multiaddr]:
        """Where the world sees us, as a relay or another direct peer tells; the port is our own."""
        _, port = self._listening()
        peers = [*map(identifier, self._circuits.reserved), *list(self._swarm.connections)]
        for identity in dict.fromkeys(peers):
            if self._open_to(identity)[0]:
                with contextlib.suppress(Exception), trio.fail_after(TALK_SECONDS):
                    host = await self._observed(identity)
                    return [Multiaddr(f"/ip{ip_address(host).version}/{host}/tcp/{port}")]
        return []

    async def _observed(self, identity: Any) -> str:
        """The host that we come from, as the peer sees it (libp2p identify)."""
        stream = await self._host.new_stream(identity, [IDENTIFY])
        try:
            told = Identify.FromString(await Frames(stream).read_varint_frame(IDENTIFY_BYTES))
            return str(next(iter(Multiaddr(told.observed_addr).values())))
        finally:
            await give_up(stream)

    def _listening(self) -> tuple[str, int]:
        """The host and port of our first TCP listener."""
        host, port = next(iter(self._host.get_transport_addrs())).values()
        return str(host), int(port)

    def _open_to(self, identity: Any) -> tuple[list[Any], list[Any]]:
        """The live connections with a peer: direct ones, and those through relays."""
        live = [one for one in self._swarm.get_connections(identity) if not one.is_closed]
        return [one for one in live if not relayed(one)], [one for one in live if relayed(one)]


async def _say(stream: Any, kind: Any, addresses: list[Multiaddr] | None = None) -> None:
    message = HolePunch(type=kind, ObsAddrs=[address.to_bytes() for address in addresses or ()])
    await stream.write(varint_frame(message.SerializeToString()))


async def _hear(frames: Frames, kind: Any) -> list[Multiaddr]:
    """The addresses in the next message, which must be of ``kind``: such as can be dialled, and not many.

    Raises:
        ValueError: it is not of that kind.
    """
    message = HolePunch.FromString(await frames.read_varint_frame(MESSAGE_BYTES))
    if message.type != kind:
        raise ValueError("not the message that was due")
    told = []
    for address in message.ObsAddrs[:MAX_ADDRESSES]:
        with contextlib.suppress(Exception):  # the border: types of three packages for a malformed address
            parsed = Multiaddr(address)
            host = ip_address(next(iter(parsed.values())))
            if [p.name for p in parsed.protocols()][1:] == ["tcp"] and not (host.is_multicast or host.is_unspecified):
                told.append(parsed)
    return told
