"""Repairs what gossip lost: asks peers in turn what they hold and fetches what is lacking; pulls, and never pushes.

A pull costs its answerer what one gossip message costs and leaves it no state. Refuses more ids and rounds than an
honest difference takes.
"""

import logging
import random
from collections.abc import Sequence
from typing import Final, Protocol

import trio

from federation.board import Board
from federation.errors import FederationError
from federation.network import Network
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, PeerId
from protocol.params import MAX_BULLETINS_REPLY, MAX_FETCH, MAX_RANGES
from protocol.signed import Signed
from protocol.summary import (
    Bulletins,
    BulletinsRequest,
    Range,
    Summary,
    check_request,
    differences,
    lacking,
    question,
)
from protocol.topics import COMPARE_BULLETINS, FETCH_BULLETINS
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.network")

LOOK_SECONDS: Final = 0.5
"""Between looks at who has come; a newcomer is compared with at once."""

COMPARE_SECONDS: Final = 2.0
LAST_COMPARE_SECONDS: Final = 8.0
"""Between comparisons with somebody among those present; doubling from the first to the last while nothing is
said and nobody comes or goes. An equal board costs two hundred bytes each way. A comparison that broke off is made up
for after the first of them."""

DEADLINE_SECONDS: Final = 5.0
"""For one question; a peer that takes longer is left for another one."""

COMPARISONS: Final = 3
"""Comparisons under way at once, so that a peer that stalls keeps us from none of the others."""

ENOUGH_EQUAL: Final = 3
"""Newcomers in a row from which there was nothing to learn, until the others among them wait for their turn."""

MAX_ROUNDS: Final = 12
"""Questions of one comparison; sixteen-fold splitting tells 2**48 bulletins apart in them."""

MAX_REFUSED: Final = 8192
"""Ids remembered as not worth fetching again, such as of bulletins whose author equivocates about its time."""


class Shelf(Protocol):
    """Where bulletins are taken in."""

    board: Board

    def wall(self) -> UnixSeconds:
        """Wall time."""

    def take(self, signed: Signed) -> object:
        """Put a bulletin on the board; raises IgnoreError or RejectError."""


class AntiEntropy:
    """Both sides of the comparison on one network."""

    def __init__(self, network: Network, shelf: Shelf, dice: random.Random) -> None:
        self._network = network
        self._shelf = shelf
        self._dice = dice
        self._refused: dict[Digest, None] = {}
        self._compared: set[PeerId] = set()
        self._asking: set[PeerId] = set()
        self._equal = 0
        self._due = 0.0
        network.serve(COMPARE_BULLETINS, self._compare)
        network.serve(FETCH_BULLETINS, self._fetch)

    async def run(self) -> None:
        """Compare with everyone who comes, and now and then with somebody; never returns."""
        pause: float = COMPARE_SECONDS
        seen: tuple[int, tuple[PeerId, ...]] | None = None
        self._due = trio.current_time()
        async with trio.open_nursery() as nursery:
            while True:
                peers = self._network.peers()
                self._compared.intersection_update(peers)
                if (self._shelf.board.admitted, peers) != seen:
                    pause, seen = COMPARE_SECONDS, (self._shelf.board.admitted, peers)
                    self._due = min(self._due, trio.current_time() + pause)
                idle = [peer for peer in peers if peer not in self._asking]
                fresh = [peer for peer in idle if peer not in self._compared]
                if len(self._asking) < COMPARISONS and (fresh or (idle and trio.current_time() >= self._due)):
                    chosen = self._dice.choice(fresh or idle)
                    if trio.current_time() >= self._due:
                        self._due = trio.current_time() + pause * self._dice.uniform(0.75, 1.25)
                        pause = min(LAST_COMPARE_SECONDS, pause * 2)
                    self._asking.add(chosen)
                    nursery.start_soon(self._pull, chosen)
                await trio.sleep(LOOK_SECONDS * self._dice.uniform(0.75, 1.25))

    async def _pull(self, peer: PeerId) -> None:
        before = self._shelf.board.admitted
        try:
            if await self.pull(peer):
                self._compared.add(peer)
                self._equal = self._equal + 1 if self._shelf.board.admitted == before else 0
                if self._equal >= ENOUGH_EQUAL:
                    self._compared.update(self._network.peers())
                    self._equal = 0
            else:
                self._due = min(self._due, trio.current_time() + COMPARE_SECONDS)
        finally:
            self._asking.discard(peer)

    async def pull(self, peer: PeerId) -> bool:
        """Fetch from ``peer`` what we lack; whether the comparison came to its end."""
        try:
            missing = await self._missing(peer)
            wanted = [one for one in missing if one not in self._refused]
            for start in range(0, len(wanted), MAX_FETCH):
                await self._take(peer, wanted[start : start + MAX_FETCH])
        except FederationError as error:
            log.debug("comparing with %s: %s", peer.hex()[:8], error)
            return False
        except RejectError as error:
            log.info("%s answers a comparison as no honest peer does: %s", peer.hex()[:8], error)
            return False
        return True

    async def _missing(self, peer: PeerId) -> list[Digest]:
        ids = self._shelf.board.ids(self._shelf.wall())
        ranges: tuple[Range, ...] = (question(ids),)
        found: list[Digest] = []
        for _ in range(MAX_ROUNDS):
            closer: list[Range] = []
            for start in range(0, len(ranges), MAX_RANGES):
                asked = Summary(ranges=tuple(ranges[start : start + MAX_RANGES]))
                reply = await self._ask(peer, COMPARE_BULLETINS, encode(asked))
                missing, more = lacking(ids, decode(Summary, reply))
                found += missing
                closer += more
            if not closer:
                break
            ranges = tuple(closer)
        return found

    async def _take(self, peer: PeerId, ids: Sequence[Digest]) -> None:
        """Fetch ``ids``, asking again for what did not fit, and put them on the board."""
        left = list(ids)
        while left:
            reply = await self._ask(peer, FETCH_BULLETINS, encode(BulletinsRequest(ids=tuple(left))))
            brought = {signed.digest: signed for signed in decode(Bulletins, reply).bulletins}
            if not brought.keys() & set(left):
                return
            left = [one for one in left if one not in brought]
            for one, signed in brought.items():
                self._admit(one, signed)

    def _admit(self, one: Digest, signed: Signed) -> None:
        try:
            self._shelf.take(signed)
        except (IgnoreError, RejectError) as error:
            log.debug("not taken: %s", error)
            self._refused[one] = None
            if len(self._refused) > MAX_REFUSED:
                del self._refused[next(iter(self._refused))]

    async def _ask(self, peer: PeerId, protocol: str, payload: bytes) -> bytes:
        return await self._network.request(peer, protocol, payload, deadline=DEADLINE_SECONDS)

    async def _compare(self, _peer: PeerId, payload: bytes) -> bytes:
        return encode(differences(self._shelf.board.ids(self._shelf.wall()), decode(Summary, payload)))

    async def _fetch(self, _peer: PeerId, payload: bytes) -> bytes:
        request = decode(BulletinsRequest, payload)
        check_request(request)
        found: list[Signed] = []
        size = 0
        for held in map(self._shelf.board.get, request.ids):
            if held is not None and size < MAX_BULLETINS_REPLY:
                found.append(held.signed)
                size += len(held.signed.payload)
        return encode(Bulletins(bulletins=tuple(found)))
