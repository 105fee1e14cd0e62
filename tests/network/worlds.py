"""Two worlds in which nodes meet, in memory and over libp2p, and how a test waits in them."""

import random
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

import trio

from federation.network import Judge, Message, Network
from federation.network.libp2p import Libp2pConfig, dial_address, open_libp2p
from federation.network.memory import Hub
from protocol.errors import RejectError
from protocol.ids import PeerId
from protocol.signed import public_key

TOPIC = "hello/1"
PROBE = b"are you there?"
PATIENCE = 15.0
"""Seconds until a test gives up on what must happen; what it waits for takes one or two."""


Member = tuple[Network, trio.MemoryReceiveChannel[Message]]
"""A node and what it hears on ``TOPIC``."""


class World(Protocol):
    """Where nodes meet. A seed is an identity: joining again with the same seed is a restart."""

    def join(self, seed: bytes, *, knows: Sequence[bytes] | None = None) -> AbstractAsyncContextManager[Network]:
        """A node that is told of ``knows``, or of everyone who ever joined."""


class MemoryWorld:
    def __init__(self) -> None:
        self.hub = Hub(0)

    def join(self, seed: bytes, *, knows: Sequence[bytes] | None = None) -> AbstractAsyncContextManager[Network]:
        return self.hub.join(public_key(seed))


class Libp2pWorld:
    def __init__(self) -> None:
        self._ports: dict[bytes, int] = {}

    @asynccontextmanager
    async def join(self, seed: bytes, *, knows: Sequence[bytes] | None = None) -> AsyncIterator[Network]:
        others = [s for s in (self._ports if knows is None else knows) if s != seed]
        bootstrap = tuple(dial_address(public_key(s), "127.0.0.1", self._ports[s]) for s in others)
        port = self._ports.setdefault(seed, free_port())
        config = Libp2pConfig(seed=seed, listen=f"/ip4/127.0.0.1/tcp/{port}", bootstrap=bootstrap)
        async with open_libp2p(config) as network:
            yield network


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def seed_of(name: str) -> bytes:
    """The identity of a person in a test."""
    return name.encode().ljust(32, b".")


def accept_all(author: PeerId, payload: bytes) -> None:
    """A judge without objections."""


def accept_hello(author: PeerId, payload: bytes) -> None:
    """A judge that knows one honest thing to say."""
    if not payload.startswith((b"hello", PROBE)):
        raise RejectError("no honest peer says that")


async def until(condition: Callable[[], bool]) -> None:
    """Wait for ``condition``; a TooSlowError names the test that waited in vain."""
    with trio.fail_after(PATIENCE):
        while not condition():
            await trio.sleep(0.01)


async def hear(messages: trio.MemoryReceiveChannel[Message]) -> Message:
    """The next message that is not a probe."""
    with trio.fail_after(PATIENCE):
        async for message in messages:
            if not message.payload.startswith(PROBE):
                return message
    raise AssertionError("the subscription ended")


@asynccontextmanager
async def circle(world: World, *seeds: bytes, judge: Judge = accept_all) -> AsyncIterator[list[Member]]:
    """Members that hear each other on ``TOPIC``; all know the first, and only the first knows all."""
    async with AsyncExitStack() as stack:
        members: list[Member] = []
        for seed in seeds:
            network = await stack.enter_async_context(world.join(seed, knows=seeds[:1]))
            heard = await stack.enter_async_context(network.subscribe(TOPIC, judge, buffer=1000))
            members.append((network, heard))
        await meet(*members)
        yield members


async def meet(*members: Member) -> None:
    """Return when gossip on ``TOPIC`` flows from each of ``members`` to every other."""
    probe = PROBE + random.randbytes(4)
    awaited = {(a.peer, b.peer) for a, _ in members for b, _ in members if a.peer != b.peer}

    async def listen(listener: PeerId, messages: trio.MemoryReceiveChannel[Message]) -> None:
        while any(there == listener for _, there in awaited):
            message = await messages.receive()
            if message.payload == probe:
                awaited.discard((message.author, listener))

    async def speak(network: Network) -> None:
        while any(speaker == network.peer for speaker, _ in awaited):
            await network.publish(TOPIC, probe)
            await trio.sleep(0.1)

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            for network, messages in members:
                nursery.start_soon(listen, network.peer, messages)
                nursery.start_soon(speak, network)
