"""How long a machine works on one part, from the operation alone; providers may use it with paces of their own."""

from dataclasses import dataclass

from protocol.job import Operation
from protocol.units import Grams, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a kind of machine works a kind of material."""

    volume: int
    """Cubic millimetres removed or built up per minute; 0 when the work does not depend on volume."""

    feature: Seconds
    """Per hole, pocket or measured characteristic: positioning, tool change, finishing."""

    load: Seconds
    """Clamping, unclamping, deburring; once per part."""

    source: str
    """Where the figures come from."""


def machining_seconds(operation: Operation, pace: Pace) -> Seconds:
    """Machine time for one part, without set-up: load + volume / rate + features x time each, rounded up."""
    cutting = -(-60 * operation.removed // pace.volume) if pace.volume else 0
    return Seconds(pace.load + cutting + operation.features * pace.feature)


def furnace_seconds(mass: Grams, quantity: int, *, cycle: Seconds, capacity: Grams) -> Seconds:
    """Furnace time for all parts: whole charges of at most ``capacity``, ``cycle`` each; at least one."""
    return Seconds(cycle * max(1, -(-mass * quantity // capacity)))
