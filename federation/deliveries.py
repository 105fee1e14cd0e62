"""Which neighbours pass on what they should: finds those that take part in a mesh and bring next to nothing.

GossipSub's specification scores this (P3, mesh message deliveries); the library rewards where the specification
punishes. An honest neighbour brings most messages, be it second; one that only takes is found within a window.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Final

WINDOW_SECONDS: Final = 60.0
"""Over which deliveries are compared."""

ENOUGH: Final = 100
"""Messages that a neighbour should have brought before it is judged by what it brought."""

LEAST: Final = 0.02
"""Part of them that the slowest honest neighbour brings; measured are a third and more."""


class Deliveries:
    """What was expected of each neighbour and what came. Time is monotonic seconds."""

    def __init__(self) -> None:
        self._expected: Counter[Hashable] = Counter()
        self._brought: Counter[Hashable] = Counter()
        self._since = 0.0

    def brought(self, neighbour: Hashable) -> None:
        """Note that ``neighbour`` handed us a message, as the first or not."""
        self._brought[neighbour] += 1

    def accepted(self, mesh: Iterable[Hashable], now: float) -> tuple[Hashable, ...]:
        """Note a message that all of ``mesh`` should bring; at the end of a window, who withheld."""
        self._expected.update(mesh)
        if now - self._since < WINDOW_SECONDS:
            return ()
        found = tuple(n for n, due in self._expected.items() if due >= ENOUGH and self._brought[n] < due * LEAST)
        self._expected.clear()
        self._brought.clear()
        self._since = now
        return found
