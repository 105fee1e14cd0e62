"""Printing: PrusaSlicer in a jail makes the layers, and we check its program before anybody prints it."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from node.design.shape import stl
from node.design.tables import Vectors
from node.machine_code import cell, gcode, mark
from node.machine_code.errors import NoCodeError
from node.machine_code.mark import Mark
from node.machine_code.program import MachineCode, ProgramFile
from protocol.profile import Printer
from protocol.units import Grams, Seconds

ROOM = 8.0
"""Millimetres around the part for skirt and wipes."""

_TIME = re.compile(rb"^; estimated printing time \(normal mode\) = (.*)$", re.MULTILINE)
_USED = re.compile(rb"^; total filament used \[g\] = ([\d.]+)", re.MULTILINE)
_SPANS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliced:
    """What the slicer says of one plate."""

    program: bytes
    seconds: Seconds
    grams: float


def slicer() -> Path | None:
    """PrusaSlicer, where it is installed (``make slicer``)."""
    found = shutil.which("prusa-slicer")
    return None if found is None else Path(found)


async def code(corners: Vectors, printer: Printer, density: int, quantity: int, issued: Mark) -> MachineCode:
    """The program for one part, printed ``quantity`` times; ``corners`` (m, 3, 3) stand on the plate.

    Raises:
        NoCodeError: no slicer here, too large for the printer, or the slicer's program leaves the printer's room.
    """
    size = np.ptp(corners.reshape(-1, 3), axis=0)
    bed = np.array([printer.bed.length, printer.bed.width, printer.bed.height]) / 1000
    if (size[:2] + 2 * ROOM > bed[:2]).any() or size[2] > bed[2]:
        raise NoCodeError(f"the part is larger than the printer: {_mm(size)} into {_mm(bed)}")
    found = await sliced(corners, printer, density, angle=mark.angle_of(issued))
    program = mark.embed(gcode.clean(found.program, gcode.PRINTING), issued)
    inside = _checked(program, size, bed, printer)
    return MachineCode(
        files=(ProgramFile.of("part.gcode", program),),
        setup=(
            f"Nozzle {printer.nozzle / 1000:g} mm, layers of {printer.layer / 1000:g} mm.",
            f"Nozzle at {printer.hot} C, bed at {printer.warm} C.",
            f"One part a plate; run the program {quantity} times.",
            "The program begins by homing; the plate must be empty.",
        ),
        checks=(
            f"Inside the printer: every move within {_mm(inside[1])} of a room of {_mm(bed)}.",
            "Only moves, extrusion, temperatures and fans are in it; comments and names are not.",
        ),
        seconds=Seconds(quantity * found.seconds),
        consumed=Grams(max(1, round(quantity * found.grams))),
    )


async def sliced(corners: Vectors, printer: Printer, density: int, *, angle: float = 45.0) -> Sliced:
    """One part in the middle of the plate as the slicer makes it, comments and all.

    Raises:
        NoCodeError: no slicer here, or it fails on the part.
    """
    program = slicer()
    if program is None:
        raise NoCodeError("no slicer is installed on this node (make slicer)")
    centre = f"{printer.bed.length / 2000:g},{printer.bed.width / 2000:g}"
    command = [str(program), "--export-gcode", "--load", "profile.ini", "--center", centre]
    files = {"profile.ini": _profile(printer, density, angle), "part.stl": stl(corners)}
    text = await cell.run([*command, "-o", "part.gcode", "part.stl"], files, "part.gcode")
    time, used = _TIME.search(text), _USED.search(text)
    if time is None or used is None:
        raise NoCodeError("the slicer does not say what the print takes")
    spans = re.findall(r"(\d+)([dhms])", time[1].decode("ascii", "replace"))
    seconds = sum(int(count) * _SPANS[unit] for count, unit in spans)
    return Sliced(program=text, seconds=Seconds(seconds), grams=float(used[1]))


def _profile(printer: Printer, density: int, angle: float) -> bytes:
    """The slicer's settings; what a profile does not say is a common desktop printer's."""
    length, width = printer.bed.length / 1000, printer.bed.width / 1000
    settings = {
        "gcode_flavor": "marlin2",
        "bed_shape": f"0x0,{length:g}x0,{length:g}x{width:g},0x{width:g}",
        "max_print_height": f"{printer.bed.height / 1000:g}",
        "nozzle_diameter": f"{printer.nozzle / 1000:g}",
        "filament_diameter": f"{printer.filament / 1000:g}",
        "filament_density": f"{density / 1000:g}",
        "layer_height": f"{printer.layer / 1000:g}",
        "first_layer_height": f"{printer.layer / 1000:g}",
        "perimeters": printer.walls,
        "top_solid_layers": 5,
        "bottom_solid_layers": 4,
        "fill_density": f"{printer.infill}%",
        "fill_pattern": "rectilinear",
        "fill_angle": f"{angle:.2f}",
        "temperature": printer.hot,
        "first_layer_temperature": printer.hot,
        "bed_temperature": printer.warm,
        "first_layer_bed_temperature": printer.warm,
        "perimeter_speed": printer.speed,
        "external_perimeter_speed": printer.speed * 3 // 4,
        "infill_speed": printer.speed * 3 // 2,
        "solid_infill_speed": printer.speed * 3 // 2,
        "top_solid_infill_speed": printer.speed,
        "travel_speed": printer.speed * 3,
        "support_material": 1,
        "support_material_auto": 1,
        "start_gcode": "G28",
        "end_gcode": "M84",
        "gcode_comments": 0,
        "threads": 1,
    }
    return "".join(f"{name} = {value}\n" for name, value in settings.items()).encode()


def _checked(program: bytes, size: Vectors, bed: Vectors, printer: Printer) -> Vectors:
    """The box of all moves; the slicer itself writes programs that leave the bed.

    Raises:
        NoCodeError: a move leaves the printer's room, or what is printed is not the part's size.
    """
    followed = gcode.path(program, extrudes=True)
    everywhere, printed = followed.box(working=False), followed.box(working=True)
    if (everywhere[0] < -1e-6).any() or (everywhere[1] > bed + printer.layer / 1000).any():
        raise NoCodeError(f"the program leaves the printer's room of {_mm(bed)}")
    short = size[:2] - np.ptp(printed, axis=0)[:2] > 2 * printer.nozzle / 1000
    if short.any() or abs(float(printed[1, 2] - size[2])) > 2 * printer.layer / 1000:
        raise NoCodeError(f"the program prints {_mm(np.ptp(printed, axis=0))}, not {_mm(size)}")
    return everywhere


def _mm(size: Vectors) -> str:
    return " x ".join(f"{edge:g}" for edge in np.round(size, 2)) + " mm"
