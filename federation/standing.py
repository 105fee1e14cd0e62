"""Who is heard and who is barred: strikes by registry identity, which outlive connections and keys; refuses the barred.

A member's strikes stand under its ledger account, so that neither a reconnection nor a new key wipes them, nor our own
restart; a stranger's under its peer identity, which is free, so strangers have little room anyway. Strikes fade by half
in ten minutes: a member that once ran a broken version is heard again when it is mended.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

import trio

from protocol.ids import Address, PeerId

HALF_LIFE_SECONDS: Final = 600.0
"""Until a strike counts half."""

BARRED_ABOVE: Final = 100.0
"""Points at which somebody is no longer talked to: twenty rejected messages, or five forged ones."""

HEARD_BELOW: Final = 50.0
"""Points at which who was barred is heard again: one half-life after it behaved."""

MAX_REMEMBERED: Final = 4096
"""Identities with strikes; the one with the fewest points is forgotten first."""

KEEP_SECONDS: Final = 1.0
"""Between two looks whether strikes have to be kept; a crash forgives at most those of one second."""

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

    WITHHELD = 4.0
    """A mesh neighbour that passes on next to nothing of what the others bring, at most once a minute.

    Alone it bars nobody, since it fades faster than it adds up: an honest node with no other neighbour brings nothing.
    """

    EQUIVOCATED = 1000.0
    """Two signed words for one thing; with the proof at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What stood against one identity when it last did something."""

    identity: bytes
    """A ledger account, or the peer itself where nobody registered it."""

    points: float
    since: float
    """Moment of the last strike, seconds of the standing's clock."""

    barred: bool


class StrikeBook(Protocol):
    """Where strikes outlive the process."""

    async def load(self) -> Iterable[Entry]:
        """What was kept last."""

    async def keep(self, entries: Iterable[Entry]) -> None:
        """Keep ``entries`` in place of what was kept."""


class Standing:
    """Strikes by identity. Time is seconds, which go on between runs where strikes are to outlive them."""

    def __init__(
        self, clock: Callable[[], float], account_of: AccountOf, *, barred_above: float = BARRED_ABOVE
    ) -> None:
        self._clock = clock
        self._account_of = account_of
        self._barred_above = barred_above
        self._points: dict[bytes, tuple[float, float]] = {}
        self._barred: set[bytes] = set()
        self.changed = False

    def entries(self) -> tuple[Entry, ...]:
        """All that stands, for a book."""
        return tuple(
            Entry(identity=identity, points=points, since=since, barred=identity in self._barred)
            for identity, (points, since) in self._points.items()
        )

    def restore(self, entries: Iterable[Entry]) -> None:
        """Take over what an earlier run kept; it has faded meanwhile."""
        for entry in entries:
            self._points[entry.identity] = (entry.points, entry.since)
            if entry.barred:
                self._barred.add(entry.identity)

    def strike(self, peer: PeerId, why: Strike) -> None:
        """Note a strike against ``peer``."""
        identity = self.identity(peer)
        points = self._points_of(identity) + why.value
        self._points.pop(identity, None)
        self._points[identity] = (points, self._clock())
        self.changed = True
        if points >= self._barred_above:
            self._barred.add(identity)
        if len(self._points) > MAX_REMEMBERED:
            least = min(self._points, key=lambda one: self._faded(*self._points[one]))
            del self._points[least]
            self._barred.discard(least)

    def points(self, peer: PeerId) -> float:
        """What stands against ``peer`` now, before and since its registration."""
        return sum(self._points_of(identity) for identity in {peer, self.identity(peer)})

    def barred(self, peer: PeerId) -> bool:
        """Whether nothing of ``peer`` is heard at present."""
        return any(self._is_barred(identity) for identity in {peer, self.identity(peer)})

    def stranger(self, peer: PeerId) -> bool:
        """Whether nobody registered ``peer``."""
        return self._account_of(peer) is None

    def identity(self, peer: PeerId) -> bytes:
        """What strikes against ``peer`` are kept under: its account, or itself."""
        account = self._account_of(peer)
        return peer if account is None else account

    def _is_barred(self, identity: bytes) -> bool:
        if identity in self._barred and self._points_of(identity) < HEARD_BELOW:
            self._barred.discard(identity)
            self.changed = True
        return identity in self._barred

    def _points_of(self, identity: bytes) -> float:
        found = self._points.get(identity)
        return self._faded(*found) if found is not None else 0.0

    def _faded(self, points: float, since: float) -> float:
        age = max(0.0, self._clock() - since)  # a clock that was put back adds nothing
        return float(points * 0.5 ** (age / HALF_LIFE_SECONDS))


@asynccontextmanager
async def open_standing(clock: Callable[[], float], account_of: AccountOf, book: StrikeBook) -> AsyncIterator[Standing]:
    """A standing that goes on where an earlier run's ended, kept in ``book`` inside the block."""
    standing = Standing(clock, account_of)
    standing.restore(await book.load())

    async def keep() -> None:
        while True:
            await trio.sleep(KEEP_SECONDS)
            if standing.changed:
                standing.changed = False
                await book.keep(standing.entries())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep)
        yield standing
        nursery.cancel_scope.cancel()


def everybody(peer: PeerId) -> Address | None:
    """A registry in which every peer is a member under its own name, for networks without a ledger."""
    return Address(peer[:20])
