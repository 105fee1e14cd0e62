"""Where the award rule searches: windows, sites, and what a plan may cost, all as plain integers.

Costs are in units of 1/3600 micro-cent, so that hours weigh exactly, shifted left by ``RANK_BITS``; the low bits add up
the windows' ranks. The lowest sum is thus the lowest score and, among equals, the lowest rank.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from protocol.routing import Series

RANK_BITS = 64
"""Low bits of a cost that hold the sum of ranks."""


class Window(NamedTuple):
    """An offer as the search sees it."""

    number: int
    """Names it in the plan that is found."""

    first: int
    last: int
    site: int
    opens: int
    closes: int
    duration: int
    cost: int
    """With its rank, when begun at ``opens``."""

    price: int
    co2: int
    rises: tuple[tuple[int, int, int], ...] = ()
    """From this start on: this much more cost and this much more price than at ``opens``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where plans are searched for: everything but the windows."""

    series: Series
    length: int
    """How many operations."""

    earliest: int
    due: int
    rate: int
    """Cost of one second until the parts arrive."""

    origin: int | None
    """Site where the parts are at ``earliest``; None when the first maker brings the material."""

    home: int
    """Site where the finished parts go."""

    move: Callable[[int, int], tuple[int, int, int]]
    """Time, cost and CO2 between two sites."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What a plan may cost and emit at most; None sets no cap."""

    budget: int | None = None
    co2: int | None = None

    def hold(self, price: int, co2: int) -> bool:
        """Whether a plan of that price and CO2 keeps to them."""
        return (self.budget is None or price <= self.budget) and (self.co2 is None or co2 <= self.co2)


def risen(rises: tuple[tuple[int, int, int], ...], start: int) -> tuple[int, int]:
    """What a window costs more, and asks more, when it begins at ``start``."""
    more = (0, 0)
    for since, cost, price in rises:
        if since <= start:
            more = (cost, price)
    return more
