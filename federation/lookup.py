"""Finds providers beyond the board: a Kademlia over our requests; refuses strangers a place in it, and lies a way out.

Four gates against who would surround a key: only members have a place and keep cards; a place follows from the
identity that the ledger knows; elders stay; and three walks go to a key that share no peer, so that one liar leads one
of them astray. What comes back proves itself: whereabouts and cards are signed by whom they are about. Nobody's word
makes us dial another.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import trio

from federation.credit import Credit
from federation.errors import FederationError, RefusedError
from federation.gate import open_message
from federation.lookup_shelf import Shelf
from federation.lookup_table import Table
from federation.network import Network
from protocol.capability import Card
from protocol.errors import IgnoreError, RejectError
from protocol.ids import Digest, PeerId
from protocol.lookup import (
    KeepRequest,
    Nearest,
    NearestRequest,
    Whereabouts,
    accept_keep_request,
    accept_kept,
    accept_nearest,
    accept_nearest_request,
    accept_whereabouts,
    keys_of,
    nearest,
    place_of,
)
from protocol.params import CARD_LIFETIME, HASH_BYTES, LOOKUP_WIDTH, MAX_ADDRESSES
from protocol.signed import Signed, sign
from protocol.topics import CARD, KEEP_CARD, LOOK_UP, WHEREABOUTS
from protocol.units import UnixSeconds
from protocol.wire import decode, encode

log = logging.getLogger("guildmark.network")

WALKS: Final = 3
"""Walks to a key at once that ask nobody twice: Kademlia's alpha, and the disjoint paths of S/Kademlia in one."""

EVERYBODY: Final = WALKS * LOOKUP_WIDTH
"""Members that a walk starts from, and that the first for a card goes past: where there are no more, one is enough."""

ASK_SECONDS: Final = 3.0
"""For one answer, its dial included; who takes longer is passed by."""

WALK_SECONDS: Final = 20.0
"""For a whole lookup; what was found until then counts."""

LONELY_SECONDS: Final = 2.0
"""Between two looks for somebody, while nobody is known."""

FIRST_REFRESH_SECONDS: Final = 30.0
LAST_REFRESH_SECONDS: Final = 600.0
"""Between two looks at our own surroundings or, in turn, some other place; doubling from the first to the last."""

PROVIDE_SECONDS: Final = CARD_LIFETIME / 4
"""Between two times that a card is brought to its keys; members come and go, and three may pass before it expires."""

ASKED_A_SECOND, ASKED_BURST = 20.0, 100.0
"""Requests answered to one peer; a newcomer's lookups come to fifty in its first seconds."""


@dataclass(slots=True)
class _Walk:
    """What one lookup has come across so far."""

    key: Digest
    cards: bool
    width: int
    whole: bool
    """Whether everybody who was heard of was asked."""

    asked: set[PeerId] = field(default_factory=set)
    answered: dict[PeerId, Signed] = field(default_factory=dict)
    found: dict[PeerId, Card] = field(default_factory=dict)

    def nearest(self, key: Digest) -> tuple[PeerId, ...]:
        """Of those who answered, the nearest to ``key``, the nearest first."""
        return tuple(nearest(key, self.answered)[:LOOKUP_WIDTH])


class Lookup:
    """Both sides of every lookup on one network."""

    def __init__(
        self,
        network: Network,
        *,
        seed: bytes,
        wall: Callable[[], UnixSeconds],
        member: Callable[[PeerId], bool],
        dice: Random,
    ) -> None:
        """Serve on ``network``, whose identity's Ed25519 seed is ``seed``; ``member`` says who has a place."""
        self.table = Table(network.peer)
        self.shelf = Shelf()
        self._network = network
        self._seed = seed
        self._wall = wall
        self._member = member
        self._dice = dice
        self._credit = Credit(ASKED_A_SECOND, ASKED_BURST)
        self._said: tuple[Signed, Whereabouts] | None = None
        network.serve(LOOK_UP, self._answer)
        network.serve(KEEP_CARD, self._keep)

    async def run(self) -> None:
        """Get to know neighbours and stay known to them; never returns."""
        own, pause = True, FIRST_REFRESH_SECONDS
        while True:
            for peer in self._network.peers():
                if self.table.get(peer) is None and self._member(peer):
                    await self.visit(peer)
            if not len(self.table):
                await trio.sleep(LONELY_SECONDS * self._dice.uniform(0.75, 1.25))
                continue
            await self.surroundings(place_of(self._network.peer) if own else Digest(self._dice.randbytes(HASH_BYTES)))
            await trio.sleep(pause * self._dice.uniform(0.75, 1.25))
            own, pause = not own, min(LAST_REFRESH_SECONDS, pause * 2)

    async def provide(self, card: Card) -> int:
        """Bring ``card``, our own, to the members nearest to each of its keys; how many copies were taken.

        Where the way to one key led past everybody, as in a small federation, no other way is gone.
        """
        signed = sign(self._seed, CARD, encode(card))
        taken, left, width = 0, keys_of(card), EVERYBODY
        while left:
            walk = await self._walk(left[0], cards=False, width=width)
            reached, left = (left, ()) if walk.whole else (left[:1], left[1:])
            width = LOOKUP_WIDTH
            near: dict[PeerId, list[Digest]] = {}
            for key in reached:
                for peer in walk.nearest(key):
                    near.setdefault(peer, []).append(key)
            for peer, keys in near.items():
                taken += len(keys) * await self._bring(peer, keys, signed)
        return taken

    async def find(self, key: Digest) -> tuple[Card, ...]:
        """The cards under ``key``, the latest of each provider, in order of provider."""
        walk = await self._walk(key, cards=True)
        for signed in self.shelf.under(key, self._wall()):
            self._note_card(walk, signed)
        return tuple(walk.found[provider] for provider in sorted(walk.found))

    async def visit(self, peer: PeerId) -> bool:
        """Connect with a member whose addresses were introduced; whether it answers."""
        return await self._ask(peer, place_of(self._network.peer), cards=False) is not None

    async def surroundings(self, key: Digest) -> tuple[PeerId, ...]:
        """The members that answered and whose places are nearest to ``key``, the nearest first."""
        return (await self._walk(key, cards=False)).nearest(key)

    async def _walk(self, key: Digest, *, cards: bool, width: int = LOOKUP_WIDTH) -> _Walk:
        """Go to ``key`` on several ways at once until the ``width`` nearest on each have been asked."""
        walk = _Walk(key=key, cards=cards, width=width, whole=len(self.table) <= EVERYBODY)
        start = [contact.signed for contact in self.table.nearest(key, EVERYBODY, self._wall())]
        with trio.move_on_after(WALK_SECONDS) as patience:
            async with trio.open_nursery() as nursery:
                for number in range(WALKS):
                    nursery.start_soon(self._way, walk, start[number::WALKS])
        walk.whole &= not patience.cancelled_caught
        return walk

    async def _way(self, walk: _Walk, start: Sequence[Signed]) -> None:
        """One way to the key; it learns from whom it asks and from nobody else."""
        known = {signed.author: signed for signed in start}
        failed: set[PeerId] = set()
        while True:
            order = nearest(walk.key, known.keys() - failed)[: walk.width]
            peer = next((one for one in order if one not in walk.asked), None)
            if peer is None:
                walk.whole &= known.keys() <= walk.asked
                return
            walk.asked.add(peer)
            answer = await self._introduced(known[peer]) and await self._ask(peer, walk.key, cards=walk.cards)
            if not answer:
                failed.add(peer)
                continue
            walk.answered[peer] = answer.answerer
            known |= {one.author: one for one in answer.members if self._eligible(one.author)}
            for signed in answer.cards:
                self._note_card(walk, signed)

    async def _ask(self, peer: PeerId, key: Digest, *, cards: bool) -> Nearest | None:
        """What ``peer`` knows near ``key``; None where it does not answer as an honest member does."""
        request = NearestRequest(key=key, cards=cards, asker=self._whereabouts())
        try:
            reply = await self._network.request(peer, LOOK_UP, encode(request), deadline=ASK_SECONDS)
            answer = decode(Nearest, reply)
            accept_nearest(answer, answerer=peer)
            self._note(answer.answerer)
        except (FederationError, RejectError, IgnoreError) as error:
            log.debug("%s does not help to look up: %s", peer.hex()[:8], error)
            self.table.miss(peer)
            return None
        return answer

    async def _bring(self, peer: PeerId, keys: Sequence[Digest], signed: Signed) -> bool:
        """Whether ``peer`` keeps the card under ``keys``; asked twice, for one packet may be lost."""
        payload = encode(KeepRequest(keys=tuple(sorted(keys)), card=signed))
        for _ in range(2):
            try:
                await self._network.request(peer, KEEP_CARD, payload, deadline=ASK_SECONDS)
            except RefusedError:
                return False
            except FederationError:
                continue
            return True
        return False

    async def _introduced(self, signed: Signed) -> bool:
        """Let the network know where a peer says that it is, unless that is not its own word, or none in force."""
        known = self.table.get(signed.author)
        if known is None or known.signed != signed:
            try:
                whereabouts, _ = open_message(Whereabouts, WHEREABOUTS, encode(signed))
                accept_whereabouts(whereabouts, now=self._wall())
            except (RejectError, IgnoreError):
                return False
            await self._network.introduce(signed.author, whereabouts.addresses)
        return True

    async def _answer(self, asker: PeerId, payload: bytes) -> bytes:
        if self._credit.spend(asker, 1) < 0:
            raise RefusedError("busy", "too many lookups; ask later")
        request = decode(NearestRequest, payload)
        accept_nearest_request(request, asker=asker)
        if self._eligible(asker):
            self._note(request.asker)
        near = [contact.signed for contact in self.table.nearest(request.key, LOOKUP_WIDTH + 1, self._wall())]
        return encode(
            Nearest(
                answerer=self._whereabouts(),
                members=tuple(signed for signed in near if signed.author != asker)[:LOOKUP_WIDTH],
                cards=self.shelf.under(request.key, self._wall()) if request.cards else (),
            )
        )

    async def _keep(self, asker: PeerId, payload: bytes) -> bytes:
        if self._credit.spend(asker, 1) < 0:
            raise RefusedError("busy", "too many cards; bring them later")
        request = decode(KeepRequest, payload)
        accept_keep_request(request, asker=asker)
        if not self._member(asker):
            raise RefusedError("stranger", "cards are kept for registered members")
        card, _ = open_message(Card, CARD, encode(request.card))
        await trio.lowlevel.checkpoint()
        self.shelf.keep(request.keys, request.card, card, self._wall())
        return b""

    def _note(self, signed: Signed) -> None:
        """Give a member that has shown itself a place, if its whereabouts are its own and in force.

        Raises:
            IgnoreError, RejectError: they are not.
        """
        known = self.table.get(signed.author)
        if known is not None and known.signed == signed:
            self.table.note(signed, known.whereabouts)
            return
        whereabouts, _ = open_message(Whereabouts, WHEREABOUTS, encode(signed))
        accept_whereabouts(whereabouts, now=self._wall())
        if self._eligible(signed.author) and whereabouts.addresses:
            self.table.note(signed, whereabouts)

    def _note_card(self, walk: _Walk, signed: Signed) -> None:
        try:
            card, _ = open_message(Card, CARD, encode(signed))
            accept_kept((walk.key,), card, signer=signed.author, now=self._wall())
        except (RejectError, IgnoreError):
            return
        known = walk.found.get(card.provider)
        if self._member(card.provider) and (known is None or known.issued < card.issued):
            walk.found[card.provider] = card

    def _eligible(self, peer: PeerId) -> bool:
        return peer != self._network.peer and self._member(peer)

    def _whereabouts(self) -> Signed:
        """Where we can be dialled, signed anew when that has changed or half of its time is over."""
        now, addresses = self._wall(), tuple(self._network.addresses[:MAX_ADDRESSES])
        if self._said is not None:
            signed, said = self._said
            if said.addresses == addresses and said.expires > now + CARD_LIFETIME // 2:
                return signed
        said = Whereabouts(addresses=addresses, issued=now, expires=UnixSeconds(now + CARD_LIFETIME))
        signed = sign(self._seed, WHEREABOUTS, encode(said))
        self._said = signed, said
        return signed
