"""Who can do what, until when: the latest valid card of every provider, and nothing older."""

from protocol.capability import Card
from protocol.ids import PeerId
from protocol.units import UnixSeconds


class Directory:
    """Cards by provider; a later card replaces an earlier one and an expired one is not shown."""

    def __init__(self) -> None:
        self._cards: dict[PeerId, Card] = {}

    def learn(self, card: Card) -> bool:
        """Keep ``card`` when it is newer than what is known; whether it was."""
        known = self._cards.get(card.provider)
        if known is not None and known.issued >= card.issued:
            return False
        self._cards[card.provider] = card
        return True

    def find_any(self, who: bytes) -> Card | None:
        """The latest card of a peer (32 bytes) or of a ledger account (20 bytes)."""
        return next((card for card in self._cards.values() if who in (card.provider, card.account)), None)

    def cards(self, now: UnixSeconds) -> tuple[Card, ...]:
        """All cards valid at ``now`` (wall time), in order of provider."""
        return tuple(sorted((c for c in self._cards.values() if c.expires > now), key=lambda card: card.provider))
