"""What moving parts between two sites takes and emits; everybody plans with the same numbers."""

from collections.abc import Sequence

from protocol.job import Site
from protocol.params import TRANSPORT_CO2_KM, TRANSPORT_HANDLING, TRANSPORT_KM_HOUR
from protocol.units import GramsCo2, Metres, Seconds


def travel_time(a: Site, b: Site) -> Seconds:
    """Time to move parts from ``a`` to ``b``, handling included; none within one site."""
    return time_of(a.distance(b))


def travel_co2(a: Site, b: Site) -> GramsCo2:
    """Grams of CO2 equivalent for moving the parts of one job from ``a`` to ``b``."""
    return co2_of(a.distance(b))


def time_of(way: Metres) -> Seconds:
    """Time for a move of that length."""
    return Seconds(_time(way))


def co2_of(way: Metres) -> GramsCo2:
    """Grams for a move of that length."""
    return GramsCo2(_co2(way))


def _time(way: int) -> int:
    return TRANSPORT_HANDLING + way * 3600 // (TRANSPORT_KM_HOUR * 1000) if way else 0


def _co2(way: int) -> int:
    return way * TRANSPORT_CO2_KM // 1000


class Moves:
    """Time, cost and CO2 of moves between numbered sites, each worked out once for both directions."""

    def __init__(self, sites: Sequence[Site], *, gram: int, metre: int) -> None:
        """Moves that cost ``gram`` for each gram of CO2 and ``metre`` for each metre."""
        self._places = [(site.easting, site.northing) for site in sites]
        self._gram, self._metre = gram, metre
        self._known: list[dict[int, tuple[int, int, int]]] = [{} for _ in sites]

    def __call__(self, a: int, b: int) -> tuple[int, int, int]:
        """From site ``a`` to site ``b``."""
        found = self._known[a].get(b)
        if found is None:
            (ax, ay), (bx, by) = self._places[a], self._places[b]
            way = abs(ax - bx) + abs(ay - by)
            co2 = _co2(way)
            found = _time(way), co2 * self._gram + way * self._metre, co2
            self._known[a][b] = self._known[b][a] = found
        return found
