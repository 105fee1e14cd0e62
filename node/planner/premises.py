"""What a provider's machines share: the power connection and the material on its shelves; refuses to draw above it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from node.planner.machine import Stock
from protocol.ids import MaterialCode
from protocol.units import NO_TIME, Seconds, UnixSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """The limits of one site."""

    watts: int | None = None
    """What all machines together may draw; None without a limit."""

    stock: tuple[Stock, ...] = ()
    """Materials that are kept; one that is not listed is at hand in any amount."""

    def lead(self, material: MaterialCode, grams: int) -> Seconds:
        """How long until ``grams`` of ``material`` are here."""
        short = (row.lead for row in self.stock if row.material == material and row.grams < grams)
        return next(short, NO_TIME)


@dataclass(frozen=True, slots=True)
class Draw:
    """Power that work of another machine takes."""

    start: UnixSeconds
    finish: UnixSeconds
    watts: int


def crowded(draws: Iterable[Draw], room: int) -> list[tuple[UnixSeconds, UnixSeconds]]:
    """The times, in order and disjoint, in which ``draws`` together take more than ``room`` watts."""
    edges = sorted(edge for draw in draws for edge in ((draw.start, draw.watts), (draw.finish, -draw.watts)))
    spans: list[tuple[UnixSeconds, UnixSeconds]] = []
    total, since = 0, None
    for at, changes in groupby(edges, key=lambda edge: edge[0]):
        total += sum(change for _at, change in changes)
        if total > room and since is None:
            since = at
        elif total <= room and since is not None:
            spans.append((since, at))
            since = None
    return spans
