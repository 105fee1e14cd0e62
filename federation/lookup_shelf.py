"""The cards that a node keeps for others under keys; refuses what exceeds a key's room, and forgets the expired."""

from collections.abc import Sequence

from protocol.capability import Card
from protocol.errors import IgnoreError
from protocol.ids import Digest, PeerId
from protocol.lookup import accept_kept
from protocol.params import LOOKUP_CARDS, MAX_CARDS_KEPT, MAX_CARDS_OF_KEY
from protocol.signed import Signed
from protocol.units import UnixSeconds


class Shelf:
    """Cards by key and provider. Wall time is passed in."""

    def __init__(self) -> None:
        self._cards: dict[Digest, dict[PeerId, tuple[Signed, Card]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def keep(self, keys: Sequence[Digest], signed: Signed, card: Card, now: UnixSeconds) -> None:
        """Keep ``card``, whose signature was checked, until it expires. Who is there already stays, and may renew.

        Raises:
            IgnoreError: expired, or under none of ``keys`` is there room or nothing later.
            RejectError: not acceptable, or it does not justify a key.
        """
        accept_kept(keys, card, signer=signed.author, now=now)
        if not sum([self._keep(key, signed, card, now) for key in keys]):
            raise IgnoreError("there is no room for another card, or a later one is kept")

    def _keep(self, key: Digest, signed: Signed, card: Card, now: UnixSeconds) -> bool:
        """Whether it is kept under ``key`` from now on."""
        self.expire(key, now)
        under = self._cards.get(key, {})
        known = under.get(card.provider)
        if known is not None and known[1].issued > card.issued:
            return False
        if known is None:
            if self._count >= MAX_CARDS_KEPT:
                self._expire_all(now)
            if len(under) >= MAX_CARDS_OF_KEY or self._count >= MAX_CARDS_KEPT:
                return False
            self._count += 1
        self._cards.setdefault(key, {})[card.provider] = signed, card
        return True

    def under(self, key: Digest, now: UnixSeconds) -> tuple[Signed, ...]:
        """The cards under ``key``, the latest first, as many as an answer carries."""
        self.expire(key, now)
        found = sorted(self._cards.get(key, {}).values(), key=lambda one: (-one[1].issued, one[1].provider))
        return tuple(signed for signed, _ in found[:LOOKUP_CARDS])

    def expire(self, key: Digest, now: UnixSeconds) -> None:
        """Forget what has expired under ``key`` by ``now``."""
        under = self._cards.get(key)
        if under is None:
            return
        alive = {provider: kept for provider, kept in under.items() if kept[1].expires > now}
        self._count -= len(under) - len(alive)
        if alive:
            self._cards[key] = alive
        else:
            del self._cards[key]

    def _expire_all(self, now: UnixSeconds) -> None:
        for key in list(self._cards):
            self.expire(key, now)
