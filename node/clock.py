"""Plant time: wall time, times a factor; refuses to run backwards and takes no time but trio's and one anchor."""

from collections.abc import Callable
from typing import Protocol

import trio

from protocol.units import UnixSeconds

_NUDGE = 1e-6
"""Wall seconds by which a sleeper overshoots, so that rounding never wakes it before its second has begun."""


class Clock(Protocol):
    """What machines and planners know of time."""

    def now(self) -> UnixSeconds:
        """Plant time."""
        ...

    async def sleep_until(self, at: UnixSeconds) -> None:
        """Return once ``now()`` is ``at`` or later; ``at`` is plant time."""
        ...


class PlantClock:
    """Plant time on trio's clock: ``epoch_plant`` at wall time ``epoch_wall``, then ``factor`` seconds per second.

    Wall time is read once and afterwards follows trio's clock, which never jumps; under a virtual clock the whole plant
    is virtual.
    """

    def __init__(
        self, *, wall: Callable[[], float], epoch_wall: int = 0, epoch_plant: int = 0, factor: int = 1
    ) -> None:
        """Anchor trio's clock at ``wall()``, seconds since 1970, read only here; to be called inside ``trio.run``."""
        self._anchor = trio.current_time()
        self._wall = wall()
        self._epoch_wall = epoch_wall
        self._epoch_plant = epoch_plant
        self._factor = factor

    def wall(self) -> UnixSeconds:
        """Wall time."""
        return UnixSeconds(int(self._wall + trio.current_time() - self._anchor))

    @property
    def factor(self) -> int:
        """Seconds of plant time in a second."""
        return self._factor

    def now(self) -> UnixSeconds:
        """Plant time."""
        # The large and the small part are scaled apart, or a large factor would magnify the rounding of the sum.
        elapsed = trio.current_time() - self._anchor
        return UnixSeconds(self._epoch_plant + int(self._since_epoch * self._factor + elapsed * self._factor))

    def at_wall(self, wall: UnixSeconds) -> UnixSeconds:
        """Plant time at the wall time ``wall``."""
        return UnixSeconds(self._epoch_plant + (wall - self._epoch_wall) * self._factor)

    def wall_at(self, plant: UnixSeconds) -> UnixSeconds:
        """First whole wall second at which it is ``plant`` or later."""
        return UnixSeconds(self._epoch_wall - (self._epoch_plant - plant) // self._factor)

    async def sleep_until(self, at: UnixSeconds) -> None:
        """Return once ``now()`` is ``at`` or later; ``at`` is plant time."""
        ahead = (at - self._epoch_plant) / self._factor - self._since_epoch
        target = self._anchor + ahead + _NUDGE
        await trio.sleep_until(target)
        while self.now() < at:
            target += _NUDGE
            await trio.sleep_until(target)

    @property
    def _since_epoch(self) -> float:
        return self._wall - self._epoch_wall
