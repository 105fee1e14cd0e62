"""What is said in an auction that is not public: told one by one to those who may hear it, instead of gossiped."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

import trio

from federation.errors import FederationError, RefusedError
from federation.network import Network
from node.errors import UnavailableError
from node.identity import Identity
from node.workflows.events import Announce
from protocol.errors import IgnoreError
from protocol.ids import PeerId
from protocol.requests import Told
from protocol.signed import sign
from protocol.topics import AWARD, CALL, COMMITMENT, REPLY, REVEAL, ROLL, TELL
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.telling")

TELL_AGAIN = 0.5
TELL_AGAIN_MOST = 30.0
"""Seconds until a peer is told again, doubling; as long as a board waits before it lets a bulletin be heard again."""

TOLD = (CALL, COMMITMENT, REVEAL, ROLL, AWARD, REPLY)
"""What is told one by one when its auction is not public."""

ANSWER_DEADLINE = 10.0
"""Seconds that a peer has to hear what it is told."""

Hear = Callable[[bytes], Awaitable[bool]]
"""Takes a signed message in its wire form; whether to hear it again would change nothing."""


class Telling:
    """One node's side of it."""

    def __init__(self, *, network: Network, identity: Identity, wall: Callable[[], UnixSeconds]) -> None:
        self._network = network
        self._identity = identity
        self._wall = wall
        self._hears: Mapping[str, Hear] = {}

    def serve(self, hears: Mapping[str, Hear]) -> None:
        """Hear what others tell, on the topics of ``hears``."""
        self._hears = hears
        self._network.serve(TELL, self._answer)

    async def tell(self, peers: Iterable[PeerId], effect: Announce, until: UnixSeconds) -> None:
        """Tell each of ``peers`` again and again, as gossip does: some hear it too early, and some are away."""
        message = sign(self._identity.signing, effect.topic, effect.message)
        payload = encode(Told(topic=effect.topic, message=message))

        async def keep_telling(peer: PeerId) -> None:
            pause = TELL_AGAIN
            while True:
                try:
                    await self._network.request(peer, TELL, payload, deadline=ANSWER_DEADLINE)
                except FederationError as error:
                    log.debug("%s was not told on %s: %s", peer.hex()[:8], effect.topic, error)
                if self._wall() + pause > until:
                    return
                await trio.sleep(pause)
                pause = min(TELL_AGAIN_MOST, pause * 2)

        async with trio.open_nursery() as nursery:
            for peer in peers:
                nursery.start_soon(keep_telling, peer)

    async def _answer(self, peer: PeerId, payload: bytes) -> bytes:
        told = decode(Told, payload)
        hear = self._hears.get(told.topic)
        if hear is None or told.message.author != peer:
            raise RefusedError("not-yours", "this node hears only authors themselves, on topics that it listens to")
        try:
            await hear(encode(told.message))
        except (IgnoreError, UnavailableError) as error:
            raise RefusedError("not-now", str(error)) from error
        return b""
