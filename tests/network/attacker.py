"""A peer with a valid identity that writes what no protocol allows."""

import contextlib
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio
from libp2p.host.ping import ID as PING
from libp2p.identity.identify.identify import ID as IDENTIFY
from libp2p.identity.identify_push.identify_push import ID_PUSH as IDENTIFY_PUSH
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11 as MESHSUB
from libp2p.pubsub.pb import rpc_pb2
from multiaddr import Multiaddr

from federation.network.libp2p_containment import new_contained_host
from federation.standing import Standing, everybody

BUILT_IN = (MESHSUB, IDENTIFY, IDENTIFY_PUSH, PING)
"""What every node speaks, whether it likes to or not."""


class Attacker:
    """A connected peer; its streams are raw."""

    def __init__(self, host: Any, victim: ID) -> None:
        self._host = host
        self._victim = victim

    @property
    def identity(self) -> bytes:
        """Its own identity in libp2p's binary notation."""
        return bytes(self._host.get_id().to_bytes())

    @property
    def public_key(self) -> bytes:
        """Its key in libp2p's notation."""
        return bytes(self._host.get_public_key().serialize())

    async def throw(self, protocol: str, frames: Iterable[bytes]) -> int:
        """Write each of ``frames`` on a stream of its own under ``protocol``; how many the victim let us write."""
        sent = 0
        for content in frames:
            with contextlib.suppress(Exception), trio.fail_after(5):
                stream = await self._host.new_stream(self._victim, [protocol])
                await stream.write(content)
                sent += 1
                await stream.close()
        return sent

    async def subscribe_and_read_nothing(self, topic: str) -> None:
        """Become a neighbour in the mesh of ``topic`` that lets everything pile up."""
        self._host.set_stream_handler(MESHSUB, _read_nothing)
        graft = rpc_pb2.ControlMessage(graft=[rpc_pb2.ControlGraft(topicID=topic)])
        hello = rpc_pb2.RPC.SubOpts(subscribe=True, topicid=topic)
        stream = await self._host.new_stream(self._victim, [MESHSUB])
        while True:
            await stream.write(gossip_frame(subscriptions=[hello], control=graft))
            await trio.sleep(1)

    async def hold(self, protocol: str, streams: int) -> int:
        """Open ``streams`` under ``protocol`` and say nothing on them; how many stay open."""
        opened = []
        for _ in range(streams):
            with contextlib.suppress(Exception), trio.fail_after(5):
                opened.append(await self._host.new_stream(self._victim, [protocol]))
        return sum(not stream.muxed_stream.reset_received for stream in opened)

    async def pour(self, protocol: str, frames: Sequence[bytes], *, reset: bool) -> int:
        """Write all of ``frames`` on one stream under ``protocol`` and wait for its end; how many were taken."""
        sent = 0
        with contextlib.suppress(Exception), trio.fail_after(5):
            stream = await self._host.new_stream(self._victim, [protocol])
            for content in frames:
                await stream.write(content)
                sent += 1
            await (stream.reset() if reset else stream.close())
        return sent

    async def mux(self, frames: Sequence[bytes]) -> int:
        """Write ``frames`` where Yamux has its own; how many before the victim hung up."""
        (connection, *_) = self._host.get_network().get_connections(self._victim)
        sent = 0
        with contextlib.suppress(Exception), trio.fail_after(5):
            for content in frames:
                if connection.is_closed:
                    break
                await connection.muxed_conn._write_frame(content)  # what no stream would write
                await trio.lowlevel.checkpoint()
                sent += 1
        return sent

    async def speak_in_the_clear(self, content: bytes) -> int:
        """Write ``content`` where the victim expects ciphertext; whether it could be written."""
        with contextlib.suppress(Exception), trio.fail_after(5):
            (connection, *_) = self._host.get_network().get_connections(self._victim)
            wire = connection.muxed_conn.secured_conn._wire
            while True:
                try:
                    await wire.send_all(content)
                except trio.BusyResourceError:  # the connection itself is saying something
                    await trio.sleep(0.01)
                else:
                    return 1
        return 0

    def signed(self, topic: str, payload: bytes) -> Any:
        """A gossip message in its own name with a signature that holds."""
        message = rpc_pb2.Message(data=payload, topicIDs=[topic], from_id=self.identity, seqno=random.randbytes(8))
        message.signature = self._host.get_private_key().sign(b"libp2p-pubsub:" + message.SerializeToString())
        return message


async def _read_nothing(_stream: Any) -> None:
    await trio.sleep_forever()


@asynccontextmanager
async def attack(address: str, *, seed: bytes = b"an attacker".ljust(32)) -> AsyncIterator[Attacker]:
    """An attacker that is connected to ``address``."""
    nowhere = Multiaddr("/ip4/127.0.0.1/tcp/0")
    host, _ = new_contained_host(seed, nowhere, Standing(trio.current_time, everybody))
    async with host.run(listen_addrs=[nowhere]):
        try:
            victim = info_from_p2p_addr(Multiaddr(address))
            with trio.fail_after(10):
                await host.connect(victim)
            yield Attacker(host, victim.peer_id)
        finally:
            with trio.CancelScope(deadline=trio.current_time() + 5, shield=True):
                await host.close()


async def throw_garbage(address: str, protocols: Sequence[str]) -> int:
    """Connect to ``address`` and write garbage on each of ``protocols`` and on every built-in one; frames written."""
    async with attack(address) as attacker:
        return sum([await attacker.throw(protocol, garbage()) for protocol in (*protocols, *BUILT_IN)])


def garbage() -> tuple[bytes, ...]:
    """Frames that fit neither of the two framings, or fit one and hold nonsense; the same at every call."""
    dice = random.Random(1)
    noise = dice.randbytes(100)
    return (
        b"\x00",
        b"\xff" * 40,
        noise,
        b"GET / HTTP/1.1\r\n\r\n",
        varint_frame(noise),
        varint_frame(b""),
        len(noise).to_bytes(4, "big") + noise,
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff" + noise,
        b"\x80\x80\x80\x80\x80\x80\x01" + noise,
        dice.randbytes(60_000),
    )


def varint_frame(content: bytes) -> bytes:
    """``content`` with its length in front as an unsigned varint."""
    length, prefix = len(content), bytearray()
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*prefix, length]) + content


def gossip_frame(*messages: Any, **fields: Any) -> bytes:
    """One gossip frame, well formed whatever it holds."""
    return varint_frame(rpc_pb2.RPC(publish=messages, **fields).SerializeToString())
