"""Finds providers that our board does not know, and lets others find us: for an operator, and for our own calls.

What a lookup brings enters the directory as any card does, and its provider is connected with, so that the boards
compare and it hears the call. Refuses nothing that the board would take.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

import trio

from federation.directory import Directory
from federation.lasting import LastingNetwork
from federation.lookup import PROVIDE_SECONDS, Lookup
from protocol.capability import Card
from protocol.ids import Digest, MaterialCode, ProcessCode
from protocol.job import Call
from protocol.lookup import ANY_MATERIAL, key_of
from protocol.params import CARD_LIFETIME
from protocol.signed import Signed
from protocol.topics import CALL
from protocol.units import Seconds, UnixSeconds
from protocol.wire import decode

log = logging.getLogger("guildmark.lookup")

FIRST_PROVIDE_SECONDS: Final = 10.0
"""Until our card is brought out a second time, doubling from then on: right after a start few members are known."""

LOOK_SECONDS: Final = 2.0
"""Between looks at our own calls; the shortest time for commitments is several of these."""


class Search:
    """One node's way beyond its board."""

    def __init__(self, lookup: Lookup, network: LastingNetwork, directory: Directory) -> None:
        self._lookup = lookup
        self._network = network
        self._directory = directory

    @property
    def known(self) -> int:
        """Members that lookups start from."""
        return len(self._lookup.table)

    @property
    def kept(self) -> int:
        """Cards that lie here for others."""
        return len(self._lookup.shelf)

    async def find(self, process: ProcessCode, material: MaterialCode = ANY_MATERIAL) -> tuple[Card, ...]:
        """Cards of those who work ``material`` by ``process``; the directory and the network know them from now on."""
        cards = await self._lookup.find(key_of(process, material))
        async with trio.open_nursery() as nursery:
            for card in cards:
                if card.provider == self._network.peer:
                    continue
                await self._network.introduce(card.provider, card.addresses)
                if self._directory.learn(card) or card.provider not in self._network.peers():
                    nursery.start_soon(self._lookup.visit, card.provider)
        return cards

    async def for_our_calls(self) -> None:
        """Look further for each operation of our calls that no machine of the directory fits; never returns."""
        done: set[Digest] = set()
        while True:
            for held in self._network.board.on(CALL):
                if held.author == self._network.peer and held.id not in done:
                    done.add(held.id)
                    await self._for_call(decode(Call, decode(Signed, held.bulletin.message).payload))
            await trio.sleep(LOOK_SECONDS)

    async def announce(self, card: Callable[[Seconds], Card]) -> None:
        """Bring our card, made anew for as long as it shall be valid, to where it is looked for; never returns."""
        pause = FIRST_PROVIDE_SECONDS
        while True:
            copies = await self._lookup.provide(card(CARD_LIFETIME))
            log.debug("our card lies in %d places", copies)
            await trio.sleep(pause)
            pause = min(PROVIDE_SECONDS, pause * 2)

    async def _for_call(self, call: Call) -> None:
        now = self._network.wall()
        if call.commit_by <= now:
            return
        for process in self._unmatched(call, now):
            cards = await self.find(process, call.part.material)
            log.info("nobody on the board works %s by %s; %d found beyond", call.part.material, process, len(cards))

    def _unmatched(self, call: Call, now: UnixSeconds) -> Sequence[ProcessCode]:
        """The processes of operations that no machine of the directory fits."""
        window = (call.earliest, call.due)
        missing = [
            operation.process
            for operation in call.operations
            if all(match.misfit for match in self._directory.match(operation, call.part, window=window, now=now))
        ]
        return tuple(dict.fromkeys(missing))
