"""Gossip that lasts: what is published stays on every node's board until it expires, whoever was away meanwhile.

A network around another: the inner one's gossip is the fast path, its requests carry the anti-entropy that repairs
what gossip lost. Refuses to publish under a sequence that is not yet on disk, so that a restart repeats none.
"""

import heapq
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Protocol

import trio
from typing_extensions import override

from federation.anti_entropy import AntiEntropy
from federation.board import Board, Held, Mark, Slot
from federation.errors import SizeError
from federation.gate import check_message
from federation.network import MAX_GOSSIP, Answer, Judge, Message, Network
from federation.network.inbox import Verdict, judged
from protocol.bulletin import TOPICS, Bulletin, renews
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, PeerId
from protocol.params import MAX_MESSAGE_BYTES
from protocol.signed import Signed, sign
from protocol.topics import BULLETIN
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.network")

LIFETIME: Final = 600
"""Seconds that a bulletin lives when its author does not say; published again, it is renewed at half of them."""

GOSSIP_BUFFER: Final = 1024
"""Bulletins that gossip brought and the board has not looked at; what is dropped beyond is pulled later."""

KEEP_SECONDS: Final = 1.0
"""Between two writes of what others said; what a crash takes is pulled again."""

FIRST_AGAIN_SECONDS: Final = 0.5
LAST_AGAIN_SECONDS: Final = 30.0
"""Until a listener hears a bulletin again, doubling: what came too early for it is so heard in time."""


class Keeper(Protocol):
    """Where a board outlives its process."""

    async def load(self) -> tuple[Sequence[Signed], dict[Slot, Mark], int, UnixSeconds]:
        """The bulletins and marks kept, our own last sequence, and the horizon."""

    async def keep(self, change: "Change") -> None:
        """Put ``change`` on disk; returns once it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has changed on a board since it was last kept."""

    added: tuple[Signed, ...]
    removed: tuple[Digest, ...]
    moved: dict[Slot, Mark]
    sequence: int
    horizon: UnixSeconds


class LastingNetwork(Network):
    """The port whose gossip lasts; see ``open_lasting``."""

    def __init__(
        self,
        inner: Network,
        board: Board,
        *,
        seed: bytes,
        wall: Callable[[], UnixSeconds],
        keeper: Keeper | None,
        convicted: Callable[[PeerId], None],
    ) -> None:
        self.board = board
        self.wall = wall
        self._inner = inner
        self._seed = seed
        self._keeper = keeper
        self._convicted = convicted
        self._sequence = 0
        self._added: list[Signed] = []
        self._judges: dict[str, Judge] = {}
        self._listeners: dict[str, _Listener] = {}
        self._changed = trio.Event()
        self._keeping = trio.Lock()

    @property
    @override
    def peer(self) -> PeerId:
        return self._inner.peer

    @property
    @override
    def addresses(self) -> tuple[str, ...]:
        return self._inner.addresses

    @property
    @override
    def dropped(self) -> int:
        return self._inner.dropped

    @override
    def peers(self) -> tuple[PeerId, ...]:
        return self._inner.peers()

    @override
    def serve(self, protocol: str, answer: Answer) -> None:
        self._inner.serve(protocol, answer)

    @override
    async def request(self, peer: PeerId, protocol: str, payload: bytes, *, deadline: float) -> bytes:
        return await self._inner.request(peer, protocol, payload, deadline=deadline)

    @override
    async def introduce(self, peer: PeerId, addresses: Sequence[str]) -> None:
        await self._inner.introduce(peer, addresses)

    @override
    @asynccontextmanager
    async def subscribe(
        self, topic: str, judge: Judge, *, buffer: int
    ) -> AsyncIterator[trio.MemoryReceiveChannel[Message]]:
        """As the port says, and more: hear what is on the board already, and again until it expires or is settled.

        Nothing is dropped; a slow listener is waited for.
        """
        if topic in self._listeners:
            raise ValueError(f"already subscribed to {topic}")
        send, receive = trio.open_memory_channel[Message](buffer)
        listener = _Listener(self, send)
        self._judges[topic], self._listeners[topic] = judge, listener
        for held in self.board.on(topic):
            self._tell(held)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(listener.speak)
            try:
                with receive:
                    yield receive
            finally:
                del self._listeners[topic], self._judges[topic]
                nursery.cancel_scope.cancel()

    @override
    async def publish(self, topic: str, payload: bytes, *, until: UnixSeconds | None = None) -> None:
        """Keep ``payload`` as our bulletin until ``until`` and gossip it; what stands so long is not repeated."""
        now = self.wall()
        standing = self.board.saying(self.peer, topic, payload)
        wanted = UnixSeconds(now + LIFETIME) if until is None else until
        enough = now + LIFETIME // 2 if until is None else until
        if standing is not None and standing.bulletin.expires >= enough:
            return
        self._sequence = max(self._sequence, self.board.last_sequence(self.peer), now * 1000) + 1
        bulletin = Bulletin(topic=topic, sequence=self._sequence, expires=wanted, message=payload)
        signed = sign(self._seed, BULLETIN, encode(bulletin))
        wire = encode(signed)
        if len(wire) > MAX_GOSSIP:
            raise SizeError(f"a message of {len(payload)} bytes; a bulletin of at most {MAX_GOSSIP} is carried")
        try:
            self._added.append(self.board.admit(signed, now).signed)
        except IgnoreError as error:
            log.info("our bulletin on %s is not kept: %s", topic, error)
            return
        await self.keep()
        await self._inner.publish(topic, wire)

    def settle(self, topic: str, message: Message) -> None:
        """The listener of ``topic`` has done all with ``message`` that it ever will: it is not heard again."""
        if topic in self._listeners:
            self._listeners[topic].settle(message)

    def take(self, signed: Signed) -> Held:
        """Put another's bulletin on the board and tell its listener.

        Raises:
            IgnoreError, RejectError: as ``Board.admit``.
        """
        innocent = not self.board.convicted(signed.author)
        held = self.board.admit(signed, self.wall())
        if innocent and self.board.convicted(signed.author):
            log.warning("%s says two different things at once; the proof is kept", signed.author.hex()[:8])
            self._convicted(signed.author)
        self._added.append(signed)
        self._changed.set()
        self._tell(held)
        return held

    async def keep(self) -> None:
        """Put what changed on disk."""
        async with self._keeping:
            change = Change(
                added=tuple(self._added),
                removed=tuple(self.board.removed),
                moved=dict(self.board.moved),
                sequence=self._sequence,
                horizon=self.board.horizon,
            )
            self._added.clear()
            self.board.removed.clear()
            self.board.moved.clear()
            if self._keeper is not None:
                await self._keeper.keep(change)

    async def restore(self) -> None:
        """Take over what an earlier run kept."""
        if self._keeper is None:
            return
        bulletins, marks, self._sequence, horizon = await self._keeper.load()
        self.board.horizon = horizon
        for slot, mark in marks.items():
            self.board.restore_mark(slot, mark)
        for signed in bulletins:
            try:
                self.board.admit(signed, self.wall())
            except (IgnoreError, RejectError):
                self.board.removed.append(signed.digest)

    def judge(self, _neighbour_author: PeerId, payload: bytes) -> None:
        """Take what gossip brings; its verdict decides whether it is passed on. Cheap checks first.

        Raises:
            IgnoreError, RejectError: as ``take``; RejectError also when it is no signed envelope.
        """
        if self.board.knows(Digest(sha256(payload).digest())):
            raise IgnoreError("known")
        self.take(decode(Signed, payload, limit=MAX_MESSAGE_BYTES))

    async def keep_changes(self) -> None:
        """Put others' bulletins on disk soon after they come; never returns."""
        while True:
            await self._changed.wait()
            self._changed = trio.Event()
            await self.keep()
            await trio.sleep(KEEP_SECONDS)

    def _tell(self, held: Held) -> None:
        topic = held.bulletin.topic
        listener = self._listeners.get(topic)
        if listener is None or held.author == self.peer or self.board.convicted(held.author):
            return
        message = Message(author=held.author, payload=held.bulletin.message)
        if judged(self._judges[topic], topic, message) is Verdict.ACCEPT:
            listener.expect(held, message)


@dataclass(slots=True)
class _Again:
    """A bulletin that is to be heard, and how long after that again."""

    id: Digest
    message: Message
    pause: float
    settled: bool = False


class _Listener:
    """Hands a topic's bulletins to its subscriber, and again while they last, since some come before their time."""

    def __init__(self, network: LastingNetwork, send: trio.MemorySendChannel[Message]) -> None:
        self._network = network
        self._send = send
        self._due: list[tuple[float, int, _Again]] = []
        self._again: dict[Message, _Again] = {}
        self._count = 0
        self._news = trio.Event()

    def expect(self, held: Held, message: Message) -> None:
        """Let ``message`` be heard at once."""
        self._push(trio.current_time(), _Again(held.id, message, FIRST_AGAIN_SECONDS))
        self._news.set()

    def settle(self, message: Message) -> None:
        """Do not let ``message`` be heard again."""
        if (again := self._again.pop(message, None)) is not None:
            again.settled = True
        while self._due and self._due[0][2].settled:
            heapq.heappop(self._due)

    async def speak(self) -> None:
        """Deliver what is due until the subscriber leaves."""
        with self._send:
            while True:
                self._news = trio.Event()
                with trio.CancelScope(deadline=self._due[0][0] if self._due else float("inf")):
                    await self._news.wait()
                while self._due and self._due[0][0] <= trio.current_time():
                    _, _, one = heapq.heappop(self._due)
                    held = self._network.board.get(one.id)
                    self._again.pop(one.message, None)
                    if one.settled or held is None or held.bulletin.expires <= self._network.wall():
                        continue
                    if not renews(held.bulletin.topic):
                        self._again[one.message] = again = replace(one, pause=min(LAST_AGAIN_SECONDS, one.pause * 2))
                        self._push(trio.current_time() + one.pause, again)
                    try:
                        await self._send.send(one.message)
                    except trio.BrokenResourceError:
                        return

    def _push(self, when: float, one: _Again) -> None:
        self._count += 1
        heapq.heappush(self._due, (when, self._count, one))


@asynccontextmanager
async def open_lasting(
    inner: Network,
    *,
    seed: bytes,
    wall: Callable[[], UnixSeconds],
    dice: random.Random,
    member: Callable[[PeerId], bool] = lambda _peer: True,
    keeper: Keeper | None = None,
    convicted: Callable[[PeerId], None] = lambda _peer: None,
) -> AsyncIterator[LastingNetwork]:
    """A network whose gossip lasts, around ``inner``, inside the block.

    Args:
        seed: Ed25519 seed that bulletins are signed with; ``inner``'s own.
        dice: whom to compare bulletins with.
        member: who is registered; strangers get the small room that a newcomer needs.
        convicted: told once of every author that is found to equivocate.
        keeper: where bulletins outlive the process; without one they do not.
    """
    network = LastingNetwork(
        inner, Board(member, check_message), seed=seed, wall=wall, keeper=keeper, convicted=convicted
    )
    await network.restore()
    exchange = AntiEntropy(inner, network, dice)
    async with AsyncExitStack() as stack, trio.open_nursery() as nursery:
        for topic in TOPICS:
            messages = await stack.enter_async_context(inner.subscribe(topic, network.judge, buffer=GOSSIP_BUFFER))
            nursery.start_soon(_drain, messages)
        nursery.start_soon(network.keep_changes)
        nursery.start_soon(exchange.run)
        try:
            yield network
        finally:
            nursery.cancel_scope.cancel()


async def _drain(messages: trio.MemoryReceiveChannel[Message]) -> None:
    """Take what the judge has already put on the board."""
    async for _ in messages:
        pass
