"""Where the award rule searches: windows, sites, and what a plan may cost, all as plain integers.

Costs are in units of 1/3600 micro-cent, so that hours weigh exactly, shifted left by ``RANK_BITS``; the low bits add up
the windows' ranks, once they have them. The lowest sum is thus the lowest score and, among equals, the lowest rank.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from protocol.auction import Rise
from protocol.params import MAX_LABELS
from protocol.routing import Series

RANK_BITS = 64
"""Low bits of a cost that hold the sum of ranks."""

MICRO_CENT: Final = 3600 << RANK_BITS
"""What a micro-cent of an award's score costs."""


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
    """When begun at ``opens``."""

    price: int
    co2: int
    rises: Sequence[Rise] = ()


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

    cent: int
    """Cost of one cent."""

    origin: int | None
    """Site where the parts are at ``earliest``; None when the first maker brings the material."""

    home: int
    """Site where the finished parts go."""

    move: Callable[[int, int], tuple[int, int, int]]
    """Time, cost and CO2 between two sites."""

    patience: int = MAX_LABELS
    """Partial plans that one search may weigh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What a plan may cost and emit at most; None sets no cap."""

    budget: int | None = None
    co2: int | None = None

    def hold(self, price: int, co2: int) -> bool:
        """Whether a plan of that price and CO2 keeps to them."""
        return (self.budget is None or price <= self.budget) and (self.co2 is None or co2 <= self.co2)


def dearer(rises: Sequence[Rise], price: int, start: int) -> int:
    """How many cents more than ``price`` a window with this curve asks when it begins at ``start``."""
    return max((rise.price - price for rise in rises if rise.start <= start), default=0)
