"""Who is registered, as the ledger last said: answers at once, and asks the ledger behind; never waits."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import trio

from node.errors import UnavailableError
from protocol.ids import Address, PeerId

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
    account: Address | None
    at: float


class Members:
    """A view of the registry that gossip can ask without waiting; who is not yet looked up gets credit."""

    def __init__(self, look_up: Callable[[PeerId], Awaitable[Address | None]]) -> None:
        self._look_up = look_up
        self._known: dict[PeerId, _Known] = {}
        self._waiting: set[PeerId] = set()
        self._send, self._receive = trio.open_memory_channel[PeerId](MAX_WAITING)

    def account_of(self, peer: PeerId) -> Address | None:
        """The account that registered ``peer``, as far as is known."""
        known = self._known.get(peer)
        if known is None or trio.current_time() - known.at > (
            ASK_STRANGER_AGAIN_SECONDS if known.account is None else ASK_AGAIN_SECONDS
        ):
            self._ask(peer)
        return None if known is None else known.account

    def member(self, peer: PeerId) -> bool:
        """Whether ``peer`` is registered; who is being looked up gets credit until then."""
        return self.account_of(peer) is not None or (peer in self._waiting and peer not in self._known)

    def registered(self, peer: PeerId, account: Address) -> None:
        """The ledger says so: nothing that was heard before counts any more."""
        self._learn(peer, account)

    async def run(self) -> None:
        """Look up who was asked for; never returns."""
        async for peer in self._receive:
            try:
                self._learn(peer, await self._look_up(peer))
            except UnavailableError as error:
                log.debug("the registry does not answer: %s", error)
                if peer in self._known:
                    self._learn(peer, self._known[peer].account)
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

    def _learn(self, peer: PeerId, account: Address | None) -> None:
        self._known.pop(peer, None)
        self._known[peer] = _Known(account, trio.current_time())
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
