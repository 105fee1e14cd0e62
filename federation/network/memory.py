"""A network inside one process, with faults from a seed; refuses nothing that the real one lets through.

Verified by the suite that also verifies the libp2p network. Under trio's virtual clock, what happens to a message
depends on the seed and on what its author said before.
"""

import heapq
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import trio

from federation.errors import DeadlineError, RefusedError, SizeError, UnreachableError
from federation.network import MAX_GOSSIP, MAX_REQUEST, Answer, Judge, Message, Network
from federation.network.answers import answer_or_refusal
from federation.network.inbox import Inbox, Verdict
from protocol.ids import PeerId

LONGEST_STALL: Final = 30.0
"""Seconds; as long as TCP retransmits before most programs lose patience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How a hub treats what passes through it; all zero is a perfect network. Chances are between 0 and 1."""

    drop: float = 0.0
    """Chance that one peer misses a message, or that a request is never heard."""

    duplicate: float = 0.0
    """Chance that a message arrives twice, as a replay does."""

    garbage: float = 0.0
    """Chance that a message is accompanied by random bytes from a stranger with a valid identity."""

    forge: float = 0.0
    """Chance that a message is accompanied by a copy of it with one bit flipped, from the same stranger."""

    reset: float = 0.0
    """Chance that a request or its answer breaks off on the way."""

    stall: float = 0.0
    """Chance that a way from one peer to another stalls for up to thirty seconds and then delivers all at once."""

    delay: float = 0.0
    """Most seconds on the way, drawn evenly for each arrival; what is sent close together is thereby reordered."""


class Hub:
    """Where the nodes of one process meet."""

    def __init__(self, seed: int, faults: Faults | None = None) -> None:
        self.faults = faults if faults is not None else Faults()
        self.carried = 0
        """Bytes of payload that arrived or were answered so far."""

        self._seed = seed
        self._random: dict[PeerId, random.Random] = {}
        self._nodes: dict[PeerId, _Node] = {}
        self._groups: tuple[frozenset[PeerId], ...] = ()
        self._stalled: dict[tuple[PeerId, PeerId], float] = {}

    @asynccontextmanager
    async def join(self, peer: PeerId) -> AsyncIterator[Network]:
        """``peer``'s network inside the block; leaving and joining again is a restart.

        Raises:
            ValueError: the peer is there already.
        """
        if peer in self._nodes:
            raise ValueError(f"{peer.hex()[:8]} has joined already")
        async with trio.open_nursery() as nursery:
            node = _Node(self, peer, nursery)
            self._nodes[peer] = node
            nursery.start_soon(node.receive)
            try:
                yield node
            finally:
                del self._nodes[peer]
                nursery.cancel_scope.cancel()

    def partition(self, *groups: Iterable[PeerId]) -> None:
        """Let only members of the same group reach each other; whoever is in none reaches nobody."""
        self._groups = tuple(frozenset(group) for group in groups)

    def heal(self) -> None:
        """End the partition. What was said meanwhile stays lost."""
        self._groups = ()

    def inject(self, payload: bytes, topic: str) -> None:
        """Publish as a stranger with an identity of its own; in no member's name, for no signature would hold."""
        stranger = PeerId(b"a stranger without a name".ljust(32))
        for peer in sorted(self._nodes):
            seconds = self._dice(stranger).uniform(0, self.faults.delay)
            self._nodes[peer].expect(topic, Message(author=stranger, payload=payload), seconds)

    def reachable(self, one: PeerId) -> tuple[PeerId, ...]:
        """Who is connected with ``one``, in order of identity."""
        return tuple(sorted(other for other in self._nodes if other != one and self._linked(one, other)))

    def find(self, one: PeerId, other: PeerId) -> "_Node | None":
        """The node of ``other``, if ``one`` can reach it."""
        return self._nodes.get(other) if self._linked(one, other) else None

    def spread(self, topic: str, message: Message) -> None:
        """Send ``message`` to everyone that its author can reach, with this hub's faults."""
        dice = self._dice(message.author)
        for peer in self.reachable(message.author):
            copies = 0 if dice.random() < self.faults.drop else 1 + (dice.random() < self.faults.duplicate)
            for _ in range(copies):
                self.carried += len(message.payload)
                self._nodes[peer].expect(topic, message, self._seconds(message.author, peer, dice))
        if dice.random() < self.faults.forge:
            forged = bytearray(message.payload)
            forged[dice.randrange(len(forged))] ^= 1 << dice.randrange(8)
            self.inject(bytes(forged), topic)
        if dice.random() < self.faults.garbage:
            self.inject(dice.randbytes(dice.randrange(1, 256)), topic)

    async def carry(self, asker: PeerId, peer: PeerId) -> None:
        """Take the time of one way of ``asker``'s request to ``peer``, which is for ever if it is lost.

        Raises:
            UnreachableError: the connection was reset.
        """
        dice = self._dice(asker)
        await trio.sleep(self._seconds(asker, peer, dice))
        if dice.random() < self.faults.reset:
            raise UnreachableError(f"the connection to {peer.hex()[:8]} was reset")
        if dice.random() < self.faults.drop:
            await trio.sleep_forever()

    def _seconds(self, one: PeerId, other: PeerId, dice: random.Random) -> float:
        """How long something takes from ``one`` to ``other``."""
        seconds = dice.uniform(0, self.faults.delay)
        if dice.random() < self.faults.stall:
            self._stalled[one, other] = trio.current_time() + dice.uniform(0, LONGEST_STALL)
        return max(seconds, self._stalled.get((one, other), 0.0) - trio.current_time())

    def _dice(self, peer: PeerId) -> random.Random:
        """Chance for what ``peer`` sends; one each, so that no peer's fate depends on when another speaks."""
        return self._random.setdefault(peer, random.Random(f"{self._seed} {peer.hex()}"))  # noqa: S311  # no secret

    def _linked(self, one: PeerId, other: PeerId) -> bool:
        return not self._groups or any(one in group and other in group for group in self._groups)


class _Node:
    """The port of one peer on a hub."""

    def __init__(self, hub: Hub, peer: PeerId, nursery: trio.Nursery) -> None:
        self._hub = hub
        self._peer = peer
        self._nursery = nursery
        self._inbox = Inbox()
        self._answers: dict[str, Answer] = {}
        self._due: list[tuple[float, int, str, Message]] = []
        self._expected = 0
        self._news = trio.Event()

    @property
    def peer(self) -> PeerId:
        return self._peer

    @property
    def addresses(self) -> tuple[str, ...]:
        return (f"/memory/{self._peer.hex()}",)

    @property
    def dropped(self) -> int:
        return self._inbox.dropped

    def peers(self) -> tuple[PeerId, ...]:
        return self._hub.reachable(self._peer)

    @asynccontextmanager
    async def subscribe(
        self, topic: str, judge: Judge, *, buffer: int
    ) -> AsyncIterator[trio.MemoryReceiveChannel[Message]]:
        with self._inbox.subscription(topic, judge, buffer) as messages:
            await trio.lowlevel.checkpoint()
            yield messages

    async def publish(self, topic: str, payload: bytes) -> None:
        if len(payload) > MAX_GOSSIP:
            raise SizeError(f"a message of {len(payload)} bytes; at most {MAX_GOSSIP} are carried")
        self._hub.spread(topic, Message(author=self._peer, payload=payload))
        await trio.lowlevel.checkpoint()

    def serve(self, protocol: str, answer: Answer) -> None:
        self._answers[protocol] = answer

    async def request(self, peer: PeerId, protocol: str, payload: bytes, *, deadline: float) -> bytes:
        if len(payload) > MAX_REQUEST:
            raise SizeError(f"a request of {len(payload)} bytes; at most {MAX_REQUEST} are carried")
        try:
            with trio.fail_after(deadline):
                outcome = await self._ask(peer, protocol, payload)
        except trio.TooSlowError as error:
            raise DeadlineError(f"{peer.hex()[:8]} gave no answer within {deadline:g} s") from error
        if isinstance(outcome, RefusedError):
            raise outcome
        return outcome

    async def introduce(self, peer: PeerId, addresses: Sequence[str]) -> None:  # noqa: ARG002  # all on a hub are known
        await trio.lowlevel.checkpoint()

    def expect(self, topic: str, message: Message, seconds: float) -> None:
        """Let ``message`` arrive after ``seconds``."""
        self._expected += 1
        heapq.heappush(self._due, (trio.current_time() + seconds, self._expected, topic, message))
        self._news.set()

    async def receive(self) -> None:
        """Judge and deliver what is due, in order of time, until cancelled."""
        while True:
            self._news = trio.Event()
            with trio.CancelScope(deadline=self._due[0][0] if self._due else float("inf")):
                await self._news.wait()
            while self._due and self._due[0][0] <= trio.current_time():
                _, _, topic, message = heapq.heappop(self._due)
                if self._inbox.judge(topic, message) is Verdict.ACCEPT:
                    self._inbox.deliver(topic, message)

    async def _ask(self, peer: PeerId, protocol: str, payload: bytes) -> bytes | RefusedError:
        await self._hub.carry(self._peer, peer)
        there = self._hub.find(self._peer, peer)
        if there is None or there is self:
            raise UnreachableError(f"no way to {peer.hex()[:8]}")
        send, receive = trio.open_memory_channel[bytes | RefusedError](1)
        there._nursery.start_soon(there._answer, self._peer, protocol, payload, send)  # noqa: SLF001  # the same class
        with receive:
            try:
                outcome = await receive.receive()
            except trio.EndOfChannel as error:
                raise UnreachableError(f"{peer.hex()[:8]} went away") from error
        await self._hub.carry(self._peer, peer)
        self._hub.carried += len(payload) + (len(outcome) if isinstance(outcome, bytes) else 0)
        if self._hub.find(self._peer, peer) is None:
            raise UnreachableError(f"{peer.hex()[:8]} went away")
        return outcome

    async def _answer(
        self, asker: PeerId, protocol: str, payload: bytes, send: trio.MemorySendChannel[bytes | RefusedError]
    ) -> None:
        with send:
            answer = self._answers.get(protocol)
            outcome: bytes | RefusedError = RefusedError("unsupported", protocol)
            if answer is not None:
                outcome = await answer_or_refusal(answer, asker, payload)
            with suppress(trio.BrokenResourceError):  # the asker's deadline may have passed
                send.send_nowait(outcome)
