"""What moving parts between two sites takes and emits; everybody plans with the same numbers."""

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
    return Seconds(0) if way == 0 else Seconds(TRANSPORT_HANDLING + way * 3600 // (TRANSPORT_KM_HOUR * 1000))


def co2_of(way: Metres) -> GramsCo2:
    """Grams for a move of that length."""
    return GramsCo2(way * TRANSPORT_CO2_KM // 1000)
