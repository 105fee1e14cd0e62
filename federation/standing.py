"""Who is heard and who is barred: strikes by registry identity, which outlive connections and keys; refuses the barred.

A member's strikes stand under its ledger account, so that neither a reconnection nor a new key wipes them; a stranger's
under its peer identity, which is free, so strangers have little room anyway. Strikes fade by half in ten minutes: a
member that once ran a broken version is heard again when it is mended.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final

from protocol.ids import Address, PeerId

HALF_LIFE_SECONDS: Final = 600.0
"""Until a strike counts half."""

BARRED_ABOVE: Final = 100.0
"""Points at which somebody is no longer talked to: twenty rejected messages, or five forged ones."""

HEARD_BELOW: Final = 50.0
"""Points at which who was barred is heard again: one half-life after it behaved."""

MAX_REMEMBERED: Final = 4096
"""Identities with strikes; the one with the fewest points is forgotten first."""

AccountOf = Callable[[PeerId], Address | None]
"""The ledger account that registered a peer, or None for a stranger; answers at once."""


class Strike(Enum):
    """What costs how many points."""

    REJECTED = 5.0
    """A message that no honest peer makes, or passes on without looking."""

    MALFORMED = 10.0
    """Bytes that are no frame of their protocol."""

    FORGED = 20.0
    """A signature that does not hold; an honest neighbour checks it before passing it on."""

    WITHHELD = 8.0
    """A mesh neighbour that passes on next to nothing of what the others bring."""

    EQUIVOCATED = 1000.0
    """Two signed words for one thing; with the proof at hand."""


class Standing:
    """Strikes by identity. Time is monotonic seconds."""

    def __init__(
        self, clock: Callable[[], float], account_of: AccountOf, *, barred_above: float = BARRED_ABOVE
    ) -> None:
        self._clock = clock
        self._account_of = account_of
        self._barred_above = barred_above
        self._points: dict[bytes, tuple[float, float]] = {}
        self._barred: set[bytes] = set()

    def strike(self, peer: PeerId, why: Strike) -> None:
        """Note a strike against ``peer``."""
        identity = self.identity(peer)
        points = self.points(peer) + why.value
        self._points.pop(identity, None)
        self._points[identity] = (points, self._clock())
        if points >= self._barred_above:
            self._barred.add(identity)
        if len(self._points) > MAX_REMEMBERED:
            least = min(self._points, key=lambda one: self._faded(*self._points[one]))
            del self._points[least]
            self._barred.discard(least)

    def points(self, peer: PeerId) -> float:
        """What stands against ``peer`` now."""
        found = self._points.get(self.identity(peer))
        return self._faded(*found) if found is not None else 0.0

    def barred(self, peer: PeerId) -> bool:
        """Whether nothing of ``peer`` is heard at present."""
        identity = self.identity(peer)
        if identity not in self._barred:
            return False
        if self.points(peer) < HEARD_BELOW:
            self._barred.discard(identity)
        return identity in self._barred

    def stranger(self, peer: PeerId) -> bool:
        """Whether nobody registered ``peer``."""
        return self._account_of(peer) is None

    def identity(self, peer: PeerId) -> bytes:
        """What strikes against ``peer`` are kept under: its account, or itself."""
        account = self._account_of(peer)
        return peer if account is None else account

    def _faded(self, points: float, since: float) -> float:
        return float(points * 0.5 ** ((self._clock() - since) / HALF_LIFE_SECONDS))


def everybody(peer: PeerId) -> Address | None:
    """A registry in which every peer is a member under its own name, for networks without a ledger."""
    return Address(peer[:20])
