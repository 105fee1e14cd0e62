"""What a winner says of the machine that will do its operation, so that machine code can be made for it.

A profile travels in the signed request for a package: what was made for which machine can be shown later. Who asks
without one asks for the sealed package, which every winner may.
"""

from dataclasses import dataclass

from protocol.errors import RejectError
from protocol.ids import ProcessCode
from protocol.job import Envelope
from protocol.params import EXTRUSION, LASER, MAX_TOOLS, MILLING
from protocol.units import Micrometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """A printer that extrudes filament and reads Marlin's G-code."""

    bed: Envelope
    """Length along X, width along Y, height along Z; the origin is the bed's front left corner."""

    nozzle: Micrometres
    layer: Micrometres
    filament: Micrometres
    """Diameter."""

    hot: int
    """Of the nozzle for the material of the job, degrees Celsius."""

    warm: int
    """Of the bed."""

    walls: int
    """Lines around each layer."""

    infill: int
    """Per cent."""

    speed: int
    """Of walls, mm/s; infill is half as fast again, travel three times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutter:
    """A laser or jet over a table, which reads DXF."""

    length: Micrometres
    """Of one sheet."""

    width: Micrometres
    gap: Micrometres
    """Web between parts, and margin along the edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool in a mill's magazine, with the cutting figures that its owner trusts in the job's material."""

    number: int
    drill: bool
    """Drills move down only; the rest are flat end mills that cut over their centre."""

    diameter: Micrometres
    reach: Micrometres
    """How deep it goes into a part."""

    rpm: int
    feed: int
    """Sideways, mm/min."""

    plunge: int
    """Downwards, mm/min."""

    step: Micrometres
    """Depth of one pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mill:
    """A mill with three axes that reads RS-274 (ISO 6983): metric, absolute, tool lengths compensated with G43."""

    travel: Envelope
    """Length along X, width along Y, height along Z."""

    rpm: int
    """Fastest spindle."""

    feed: int
    """Fastest feed, mm/min."""

    tools: tuple[Tool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One machine; exactly one of the three is set."""

    printer: Printer | None = None
    cutter: Cutter | None = None
    mill: Mill | None = None


def check_profile(profile: Profile, process: ProcessCode) -> None:
    """Decide whether code for ``process`` can be made from ``profile``.

    Raises:
        RejectError: not one machine of the process, or a figure that no such machine has.
    """
    machines = {EXTRUSION: profile.printer, LASER: profile.cutter, MILLING: profile.mill}
    given = [machine for machine in machines.values() if machine is not None]
    machine = machines.get(process)
    if machine is None or len(given) != 1:
        raise RejectError("the profile is not of one machine for the operation")
    if isinstance(machine, Printer):
        _printer(machine)
    elif isinstance(machine, Cutter):
        _within("sheet", machine.length, 10_000, 10_000_000)
        _within("sheet", machine.width, 10_000, 10_000_000)
        _within("gap", machine.gap, 100, 50_000)
    else:
        _mill(machine)


def _printer(printer: Printer) -> None:
    _box(printer.bed)
    _within("nozzle", printer.nozzle, 100, 2_000)
    _within("layer", printer.layer, 20, printer.nozzle * 4 // 5)
    _within("filament", printer.filament, 1_000, 4_000)
    _within("nozzle temperature", printer.hot, 150, 500)
    _within("bed temperature", printer.warm, 0, 200)
    _within("walls", printer.walls, 1, 20)
    _within("infill", printer.infill, 0, 100)
    _within("speed", printer.speed, 5, 500)


def _mill(mill: Mill) -> None:
    _box(mill.travel)
    _within("spindle", mill.rpm, 100, 100_000)
    _within("feed", mill.feed, 10, 100_000)
    _within("tools", len(mill.tools), 1, MAX_TOOLS)
    if len({tool.number for tool in mill.tools}) != len(mill.tools):
        raise RejectError("a tool is listed twice")
    for tool in mill.tools:
        _within("tool number", tool.number, 1, 999)
        _within("diameter", tool.diameter, 100, 200_000)
        _within("reach", tool.reach, 100, 1_000_000)
        _within("tool's spindle", tool.rpm, 10, mill.rpm)
        _within("tool's feed", tool.feed, 1, mill.feed)
        _within("tool's plunge", tool.plunge, 1, mill.feed)
        _within("tool's step", tool.step, 10, tool.reach)


def _box(box: Envelope) -> None:
    for edge in (box.length, box.width, box.height):
        _within("travel", edge, 10_000, 10_000_000)


def _within(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise RejectError(f"{what} of {value} is not between {low} and {high}")
