"""How long an operation takes and what it draws: pure, in integers, rounded against the provider."""

from node.planner.machine import Machine, Pace
from protocol import params
from protocol.ids import ProcessCode
from protocol.job import Operation
from protocol.units import BasisPoints, CubicMillimetres, GramsCo2, Seconds, WattHours

ALLOWANCE = BasisPoints(500)
"""Planned on top of the bare time, so that feed holds do not break a promise."""

_WHOLE = 10_000
"""Basis points in one."""

_BRISK: dict[ProcessCode, Pace] = {
    params.MILLING: Pace(setup=Seconds(900), volume=CubicMillimetres(20_000), feature=Seconds(30)),
    params.TURNING: Pace(setup=Seconds(900), volume=CubicMillimetres(30_000), feature=Seconds(30)),
    params.EXTRUSION: Pace(setup=Seconds(300), volume=CubicMillimetres(1_500)),
    params.VAT: Pace(setup=Seconds(300), volume=CubicMillimetres(3_000)),
    params.POWDER_POLYMER: Pace(setup=Seconds(900), volume=CubicMillimetres(15_000)),
    params.POWDER_METAL: Pace(setup=Seconds(1800), volume=CubicMillimetres(1_000)),
    params.GRINDING: Pace(setup=Seconds(900), volume=CubicMillimetres(1_000), feature=Seconds(30)),
    params.HEAT_TREATMENT: Pace(setup=Seconds(600), cycle=Seconds(4 * 3600), charge=200),
    params.INSPECTION: Pace(setup=Seconds(600), feature=Seconds(15)),
}
"""Our own guess of a fast machine per process; it only places windows behind operations that others make."""

_QUICK = Pace(setup=Seconds(600), feature=Seconds(15))
"""The same for every other process."""


def cycle(pace: Pace, operation: Operation) -> Seconds:
    """Bare time of one programme: one part, or one furnace charge."""
    features = operation.features * pace.feature
    match operation.process:
        case params.MILLING | params.TURNING | params.GRINDING:
            seconds = _up(operation.removed * 60, pace.volume) + features
        case params.EXTRUSION | params.VAT | params.POWDER_POLYMER | params.POWDER_METAL:
            seconds = _up(operation.removed * 60, pace.volume)
        case params.HEAT_TREATMENT:
            seconds = pace.cycle
        case _:
            seconds = features
    return Seconds(max(1, seconds))


def programmes(pace: Pace, operation: Operation, quantity: int) -> int:
    """How many programmes make ``quantity`` parts."""
    return _up(quantity, _lot(pace, operation))


def lots(pace: Pace, operation: Operation, quantity: int) -> tuple[range, ...]:
    """The numbers of the parts that each programme makes, from 1: a furnace charge, or one part."""
    size = _lot(pace, operation)
    return tuple(range(first, min(first + size, quantity + 1)) for first in range(1, quantity + 1, size))


def duration(machine: Machine, operation: Operation, quantity: int) -> Seconds:
    """Machine time to plan for ``quantity`` parts: setup, all cycles, and the allowance."""
    return _planned(machine.pace, operation, quantity)


def brisk_duration(operation: Operation, quantity: int) -> Seconds:
    """What a fast machine elsewhere may take."""
    return _planned(_BRISK.get(operation.process, _QUICK), operation, quantity)


def energy(machine: Machine, operation: Operation, quantity: int) -> WattHours:
    """Electricity for ``quantity`` parts."""
    pace = machine.pace
    running = cycle(pace, operation) * programmes(pace, operation, quantity)
    return WattHours(_up(machine.power.watts * running, 3600))


def co2(machine: Machine, operation: Operation, quantity: int) -> GramsCo2:
    """Of that electricity; the method is location based (GHG Protocol Scope 2)."""
    return GramsCo2(_up(energy(machine, operation, quantity) * machine.power.grid, 1000))


def _lot(pace: Pace, operation: Operation) -> int:
    return pace.charge if operation.process == params.HEAT_TREATMENT else 1


def _planned(pace: Pace, operation: Operation, quantity: int) -> Seconds:
    bare = pace.setup + cycle(pace, operation) * programmes(pace, operation, quantity)
    return Seconds(_up(bare * (_WHOLE + ALLOWANCE), _WHOLE))


def _up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
