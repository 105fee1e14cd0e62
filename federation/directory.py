"""Who can do what, until when, and who has time: the latest valid word of every provider, and nothing older."""

from dataclasses import dataclass
from typing import Final

from protocol.capability import Capability, Card, shortfall
from protocol.capacity import Capacity, free_between
from protocol.ids import MachineId, PeerId
from protocol.job import BidView, Operation
from protocol.units import UnixSeconds

MAX_CAPACITIES: Final = 65_536
"""Machines whose free time is remembered; the one that was heard of longest ago is forgotten first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How one machine stands to one operation."""

    card: Card
    capability: Capability
    misfit: str
    """Why it cannot take the operation: the interval that fails, in words; empty when it can."""

    free: int | None
    """Free quarters of a day in the window, where its owner tells."""


class Directory:
    """Cards by provider and capacities by machine; later ones replace earlier ones, and expired ones are not shown."""

    def __init__(self) -> None:
        self._cards: dict[PeerId, Card] = {}
        self._capacities: dict[tuple[PeerId, MachineId], Capacity] = {}

    def learn(self, card: Card) -> bool:
        """Keep ``card`` when it is newer than what is known; whether it was."""
        known = self._cards.get(card.provider)
        if known is not None and known.issued >= card.issued:
            return False
        self._cards[card.provider] = card
        return True

    def learn_capacity(self, capacity: Capacity) -> None:
        """Keep ``capacity``, which came as the latest of its machine, even before its provider's card."""
        self._capacities.pop((capacity.provider, capacity.machine), None)
        self._capacities[capacity.provider, capacity.machine] = capacity
        if len(self._capacities) > MAX_CAPACITIES:
            del self._capacities[next(iter(self._capacities))]

    def capacity(self, provider: PeerId, machine: MachineId) -> Capacity | None:
        """What ``provider`` last said of ``machine``'s free time."""
        return self._capacities.get((provider, machine))

    def find_any(self, who: bytes) -> Card | None:
        """The latest card of a peer (32 bytes) or of a ledger account (20 bytes)."""
        return next((card for card in self._cards.values() if who in (card.provider, card.account)), None)

    def cards(self, now: UnixSeconds) -> tuple[Card, ...]:
        """All cards valid at ``now`` (wall time), in order of provider."""
        return tuple(sorted((c for c in self._cards.values() if c.expires > now), key=lambda card: card.provider))

    def match(
        self, operation: Operation, part: BidView, *, window: tuple[UnixSeconds, UnixSeconds], now: UnixSeconds
    ) -> tuple[Match, ...]:
        """Every machine of the directory beside ``operation``: those that fit first, those with most free time first.

        Args:
            window: from when until when the work would have to be done, plant time.
            now: wall time.
        """
        found = [
            self._match(card, capability, operation, part, window)
            for card in self.cards(now)
            for capability in card.capabilities
        ]
        return tuple(
            sorted(found, key=lambda m: (bool(m.misfit), -(m.free or 0), m.card.provider, m.capability.machine))
        )

    def _match(
        self,
        card: Card,
        capability: Capability,
        operation: Operation,
        part: BidView,
        window: tuple[UnixSeconds, UnixSeconds],
    ) -> Match:
        capacity = self.capacity(card.provider, capability.machine)
        free = None if capacity is None else free_between(capacity, *window)
        misfit = shortfall(capability, operation, part) or ("has no free time in the window" if free == 0 else "")
        return Match(card=card, capability=capability, misfit=misfit, free=free)
