"""What is measured on a finished part: the box's edges and every hole's diameter, position and, if blind, depth."""

from dataclasses import dataclass

from node.design.part import Bore, PartModel
from protocol.params import MAX_MEASUREMENTS
from protocol.units import Micrometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """One measure with its limits; ``lower`` and ``upper`` are absolute and both allowed."""

    name: str
    nominal: Micrometres
    lower: Micrometres
    upper: Micrometres

    def holds(self, measured: Micrometres) -> bool:
        """Whether ``measured`` lies within the limits."""
        return self.lower <= measured <= self.upper


def characteristics(part: PartModel, tolerance: Micrometres) -> tuple[Characteristic, ...]:
    """All characteristics, the box first, at most ``MAX_MEASUREMENTS``; ``tolerance`` is the full width of each.

    A hole's position is its deviation from the nominal place, from 0 to half the tolerance (ISO 1101).
    """
    rows = [
        _around("length", part.envelope.length, tolerance),
        _around("width", part.envelope.width, tolerance),
        _around("height", part.envelope.height, tolerance),
    ]
    for kind, bore in enumerate(part.holes, start=1):
        for number in range(1, bore.count + 1):
            rows += _hole(f"hole {kind}.{number}", bore, tolerance)
            if len(rows) >= MAX_MEASUREMENTS:
                return tuple(rows[:MAX_MEASUREMENTS])
    return tuple(rows)


def _hole(name: str, bore: Bore, tolerance: Micrometres) -> list[Characteristic]:
    zero = Micrometres(0)
    deviation = Micrometres((tolerance + 1) // 2)
    rows = [
        _around(f"{name} diameter", bore.diameter, tolerance),
        Characteristic(name=f"{name} position", nominal=zero, lower=zero, upper=deviation),
    ]
    return rows if bore.through else [*rows, _around(f"{name} depth", bore.depth, tolerance)]


def _around(name: str, nominal: Micrometres, tolerance: Micrometres) -> Characteristic:
    low = Micrometres(nominal - tolerance // 2)
    return Characteristic(name=name, nominal=nominal, lower=low, upper=Micrometres(low + tolerance))
