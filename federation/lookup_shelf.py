"""The cards that a node keeps for others under keys; refuses what exceeds a key's room, and forgets the expired."""

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

    def keep(self, key: Digest, signed: Signed, card: Card, now: UnixSeconds) -> None:
        """Keep ``card``, whose signature was checked, until it expires. Who is there already stays, and may renew.

        Raises:
            IgnoreError: expired, older than what is kept, or there is no room.
            RejectError: not acceptable, or it does not justify the key.
        """
        accept_kept(key, card, signer=signed.author, now=now)
        self.expire(key, now)
        under = self._cards.get(key, {})
        known = under.get(card.provider)
        if known is not None and known[1].issued > card.issued:
            raise IgnoreError("a later card is kept")
        if known is None:
            if self._count >= MAX_CARDS_KEPT:
                self._expire_all(now)
            if len(under) >= MAX_CARDS_OF_KEY or self._count >= MAX_CARDS_KEPT:
                raise IgnoreError("there is no room for another card")
            self._count += 1
        self._cards.setdefault(key, {})[card.provider] = signed, card

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
