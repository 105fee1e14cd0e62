"""Who is registered, as the ledger last said: answers at once, and asks the ledger behind; never waits."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import trio

from ledger.errors import LedgerError
from node.errors import UnavailableError
from protocol.ids import PeerId

log = logging.getLogger("guildmark.members")

ASK_AGAIN_SECONDS: Final = 300.0
"""After this long a member's registration is looked up again."""

ASK_STRANGER_AGAIN_SECONDS: Final = 5.0
"""The same for who was none: a newcomer's registration is a few blocks away."""

MAX_KNOWN: Final = 16_384
"""Peers remembered; beyond that the eldest answer is forgotten."""

MAX_WAITING: Final = 256
"""Peers whose registration is being asked for; one more counts as a stranger meanwhile, for identities are free."""


@dataclass(frozen=True, slots=True)
class _Known:
    member: bool
    at: float


class Members:
    """A view of the registry that gossip can ask without waiting; who is not yet looked up gets credit."""

    def __init__(self, look_up: Callable[[PeerId], Awaitable[bool]]) -> None:
        self._look_up = look_up
        self._known: dict[PeerId, _Known] = {}
        self._waiting: set[PeerId] = set()
        self._send, self._receive = trio.open_memory_channel[PeerId](MAX_WAITING)

    def member(self, peer: PeerId) -> bool:
        """Whether ``peer`` is registered, as far as is known."""
        known = self._known.get(peer)
        if known is None or trio.current_time() - known.at > (
            ASK_AGAIN_SECONDS if known.member else ASK_STRANGER_AGAIN_SECONDS
        ):
            self._ask(peer)
        if known is not None:
            return known.member
        return peer in self._waiting

    async def run(self) -> None:
        """Look up who was asked for; never returns."""
        async for peer in self._receive:
            try:
                self._learn(peer, member=await self._look_up(peer))
            except (UnavailableError, LedgerError) as error:
                log.debug("the registry does not answer: %s", error)
                known = self._known.get(peer)
                if known is not None:
                    self._learn(peer, member=known.member)
            finally:
                self._waiting.discard(peer)

    def _ask(self, peer: PeerId) -> None:
        if peer in self._waiting:
            return
        try:
            self._send.send_nowait(peer)
        except trio.WouldBlock:
            return
        self._waiting.add(peer)

    def _learn(self, peer: PeerId, *, member: bool) -> None:
        self._known.pop(peer, None)
        self._known[peer] = _Known(member, trio.current_time())
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
