"""The port to other peers: gossip by topic, one request and one answer; refuses what is too large to carry."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from protocol.ids import PeerId
from protocol.params import MAX_MESSAGE_BYTES

MAX_GOSSIP: Final = MAX_MESSAGE_BYTES
"""Bytes of one gossiped payload; what peers agreed on, for every member pays for every message."""

MAX_REQUEST: Final = 1024 * 1024
"""Bytes of one request: a question with its proofs. Every stranger can make us hold this much."""

MAX_RESPONSE: Final = 8 * 1024 * 1024
"""Bytes of one answer: a chunk of a transfer or a page of records, twice over; what is larger goes by transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One gossiped payload and who published it."""

    author: PeerId
    """The publishing peer, proven by its signature; not the neighbour that passed the message on."""

    payload: bytes
    """What was published, 1 to ``MAX_GOSSIP`` bytes."""


Judge = Callable[[PeerId, bytes], None]
"""Stateless acceptance of (author, payload) at the border: fast, no I/O.

Returns to accept. ``RejectError``: not delivered, not passed on, and the neighbour that passed it on loses credit.
``IgnoreError``: not delivered, not passed on, and nobody is blamed. Anything else counts as ignored and is logged.
"""

Answer = Callable[[PeerId, bytes], Awaitable[bytes]]
"""The server side of a protocol: (asking peer, request) to answer. What it raises becomes a ``RefusedError`` there."""


class Network(Protocol):
    """One node's way to its peers. Gossip is best effort: repeat what matters; duplicates by content can arrive."""

    @property
    def peer(self) -> PeerId:
        """Our own identity."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Multiaddresses under which others can dial us, each with our peer id."""

    @property
    def dropped(self) -> int:
        """Messages lost since start because a subscriber's buffer was full."""

    def peers(self) -> tuple[PeerId, ...]:
        """Who is connected now, in order of identity."""

    def subscribe(
        self, topic: str, judge: Judge, *, buffer: int
    ) -> AbstractAsyncContextManager[trio.MemoryReceiveChannel[Message]]:
        """Hear ``topic`` inside the block; one subscription per topic and node.

        ``buffer`` is the number of accepted messages that may wait; a later one is dropped and counted, so that a
        slow listener costs others nothing. Our own messages are not delivered to us.
        """

    async def publish(self, topic: str, payload: bytes) -> None:
        """Sign and hand ``payload`` to the neighbours. The same payload twice is two messages.

        Raises:
            SizeError: larger than ``MAX_GOSSIP``.
        """

    def serve(self, protocol: str, answer: Answer) -> None:
        """Answer requests under ``protocol``, such as ``/guildmark/package/1``, until the network closes."""

    async def request(self, peer: PeerId, protocol: str, payload: bytes, *, deadline: float) -> bytes:
        """Ask ``peer``, dialling it first if need be, and return its answer within ``deadline`` seconds.

        Raises:
            SizeError: the request is larger than ``MAX_REQUEST``.
            RefusedError: the peer says no.
            UnreachableError: no way to the peer, or it broke off.
            DeadlineError: no complete answer in time.
        """

    async def introduce(self, peer: PeerId, addresses: Sequence[str]) -> None:
        """Remember where ``peer`` says it can be dialled; addresses that are not its own are passed over."""
