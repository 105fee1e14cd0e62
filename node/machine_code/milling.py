"""2.5-D milling: programmes for level faces, upright walls and drilled holes, checked before they are issued.

Opt-in by the shop, which describes its tools; parts with slopes, free forms or hidden features get no programme. The
block is held low and worked from above, then turned over and worked from below, then drilled from its sides.
"""

from collections.abc import Sequence

import numpy as np
import shapely
import trio
from shapely import affinity
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from node.design.tables import Vectors
from node.machine_code import gcode, mark
from node.machine_code.errors import NoCodeError
from node.machine_code.interpret import interpreted
from node.machine_code.mark import Mark
from node.machine_code.nc import Cut, Drilled, Setup, own, prove, seconds, written
from node.machine_code.program import MachineCode, ProgramFile
from node.machine_code.sections import section
from node.machine_code.slabs import SKIN, Block, block, clear, round_parts
from node.machine_code.toolpaths import cover
from protocol.profile import Mill, Tool
from protocol.units import Grams, Seconds

GRIP = 5.0
"""Millimetres that the vice holds of the block while it is worked from above; a quarter of a low part."""

LEFT = 0.5
"""Square millimetres that may stay in a slab; more is an inner corner too tight for every tool."""

FITS = 0.06
"""Millimetres by which a drill's diameter may differ from a hole's."""

MISSED = 2e-4
"""Share of the box around the part that may stay unexplained, for the sake of rounding."""

_WAYS = {
    "above": np.eye(3),
    "below": np.diag([1.0, -1.0, -1.0]),
    "front": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "back": np.array([[-1.0, 0, 0], [0, 0, 1], [0, 1, 0]]),
    "left": np.array([[0, -1.0, 0], [0, 0, 1], [-1, 0, 0]]),
    "right": np.array([[0, 1.0, 0], [0, 0, 1], [1, 0, 0]]),
}
"""Rows of the frame in which a side is up; its last row is the side's outward direction."""


async def code(corners: Vectors, mill: Mill, quantity: int, issued: Mark) -> MachineCode:
    """Programmes for one part, run ``quantity`` times; ``corners`` (m, 3, 3) from the origin up.

    Raises:
        NoCodeError: the part is not level slabs and drilled holes, a corner is too tight, or a check fails.
    """
    setups = await trio.to_thread.run_sync(plan, corners, mill)
    files: list[ProgramFile] = []
    checks, spent = [], 0.0
    for number, setup in enumerate(setups, start=1):
        program = mark.embed(written(setup), issued)
        gcode.clean(program, gcode.MILLING)
        run = await interpreted(program, mill.tools)
        second = run is not None
        followed = own(program)
        for moves in (followed, run) if run is not None else (followed,):
            await trio.to_thread.run_sync(prove, setup, moves, mill)
        files.append(ProgramFile.of(f"setup-{number}.ngc", program))
        checks.append(f"Set-up {number}: inside the travels, no rapid through the block, nothing cut of the part.")
        spent += seconds(followed, setup)
    words = "LinuxCNC's rs274 reads them the same way." if second else "No rs274 here to read them a second time."
    return MachineCode(
        files=tuple(files),
        setup=_sheet(setups, mill, quantity),
        checks=(*checks, words, "Clamps, tool holders and the machine are not simulated: run it in the air first."),
        seconds=Seconds(quantity * round(spent)),
        consumed=Grams(0),
    )


def plan(corners: Vectors, mill: Mill) -> list[Setup]:
    """Every clamping with its cuts.

    Raises:
        NoCodeError: as ``code``.
    """
    corners = _best_way_up(corners)
    height = float(np.ptp(corners[:, :, 2]))
    grip = min(GRIP, height / 4)
    part = block(corners, grip)
    first, taken = _from_above(part, mill, grip)
    second, taken = _from_below(part, mill, taken)
    left = sum(float(clear(part.stock, cut).area) * slab.height for cut, slab in zip(taken, part.slabs, strict=True))
    return [first, second, *_sides(corners, mill, left - part.volume)]


def _best_way_up(corners: Vectors) -> Vectors:
    """The part turned so that tools from above reach most."""
    found: tuple[float, Vectors] | None = None
    reasons = []
    for way in _WAYS.values():
        turned = _turned(corners, way)
        try:
            hidden = block(turned, float(np.ptp(turned[:, :, 2])) / 4).hidden
        except NoCodeError as error:
            reasons.append(error)
            continue
        if found is None or hidden < found[0] - 1e-3 * abs(found[0]) - 1:
            found = (hidden, turned)
    if found is None:
        raise reasons[0]
    return found[1]


def _turned(corners: Vectors, way: Vectors) -> Vectors:
    turned = corners @ way.T
    moved: Vectors = turned - turned.min(axis=(0, 1))
    return moved


def _from_above(part: Block, mill: Mill, grip: float) -> tuple[Setup, list[BaseGeometry]]:
    """The first clamping, and what it takes of each slab."""
    setup, top = Setup(side="above", size=part.size), float(part.size[2])
    _mill(setup, part.stock, Polygon(), (top + SKIN, top), mill)
    areas = []
    for slab in part.slabs:
        area = clear(part.stock, slab.above)
        if slab.high <= grip + 1e-6:  # the vice holds here: only what lies inside
            area = shapely.union_all([p for p in shapely.get_parts(area) if not _outside(p, part.stock)])
        areas.append(area)
    _drill(setup, areas, part, mill)
    taken: list[BaseGeometry] = [Polygon()] * len(areas)
    for number in reversed(range(len(areas))):
        slab = part.slabs[number]
        taken[number] = areas[number]
        _mill(setup, _without_holes(areas[number], setup, slab.low, slab.high), slab.above, (slab.high, slab.low), mill)
    return setup, taken


def _from_below(part: Block, mill: Mill, taken: Sequence[BaseGeometry]) -> tuple[Setup, list[BaseGeometry]]:
    """The second clamping: the skin beneath, what the vice held, and what only shows from below."""
    setup, top, width = Setup(side="below", size=part.size), float(part.size[2]), float(part.size[1])
    _mill(setup, part.stock, Polygon(), (top + SKIN, top), mill)
    after = list(taken)
    for number, slab in enumerate(part.slabs):
        area = clear(clear(part.stock, slab.below), taken[number])
        if not area.is_empty:
            _mill(setup, _mirrored(area, width), _mirrored(slab.below, width), (top - slab.low, top - slab.high), mill)
            after[number] = taken[number].union(area)
    return setup, after


def _sides(corners: Vectors, mill: Mill, hidden: float) -> list[Setup]:
    """Drilled holes that neither clamping reaches, which must be all that is still hidden.

    Raises:
        NoCodeError: something else is.
    """
    total = float(np.prod(np.ptp(corners, axis=(0, 1))))
    setups: list[Setup] = []
    for side in ("front", "back", "left", "right"):
        if hidden <= MISSED * total:
            break
        turned = _turned(corners, _WAYS[side])
        setup = Setup(side=side, size=np.ptp(turned, axis=(0, 1)))
        for hole, volume in _bores(turned, mill):
            setup.holes.append(hole)
            hidden -= volume
        if setup.holes:
            setups.append(setup)
    if abs(hidden) > MISSED * total:
        raise NoCodeError(
            f"{abs(hidden):.0f} mm3 can be reached neither from above, from below, nor by a drill from a side"
        )
    return setups


def _bores(corners: Vectors, mill: Mill) -> list[tuple[Drilled, float]]:
    """Round holes in the side that is up, and their volumes.

    Raises:
        NoCodeError: no drill makes one.
    """
    height = float(np.ptp(corners[:, :, 2]))
    depths = np.unique(np.round(corners[:, :, 2], 2))
    rim = section(corners, height - 0.2)
    inside = shapely.union_all([Polygon(ring) for part in shapely.get_parts(rim) for ring in part.interiors])
    found = []
    for circle, centre, diameter in round_parts(inside):
        core = circle.buffer(-0.1 * diameter)
        bottom = height
        for low in depths[::-1]:
            if low >= height - 0.2 or section(corners, float(low) + 0.05).intersects(core):
                if low < height - 0.2:
                    break
                continue
            bottom = float(low)
        tool = _drill_for(mill, diameter, height - bottom)
        if tool is None:
            raise NoCodeError(f"no drill of {diameter:.2f} mm, {height - bottom:.1f} mm long, is in the magazine")
        hole = Drilled(tool=tool, place=(float(centre[0]), float(centre[1])), top=height, bottom=bottom)
        found.append((hole, float(circle.area) * (height - bottom)))
    return found


def _drill_for(mill: Mill, diameter: float, depth: float) -> Tool | None:
    fitting = (t for t in mill.tools if t.drill and abs(t.diameter / 1000 - diameter) < FITS)
    return next((tool for tool in fitting if tool.reach / 1000 >= depth), None)


def _drill(setup: Setup, areas: list[BaseGeometry], part: Block, mill: Mill) -> None:
    """Holes that a drill makes, each from where it begins to where it ends."""
    begun: dict[tuple[float, float], Drilled] = {}
    for number in reversed(range(len(areas))):
        slab = part.slabs[number]
        for _, centre, diameter in round_parts(areas[number]):
            tool = _drill_for(mill, diameter, float(part.size[2]) - slab.low)
            place = (round(float(centre[0]), 2), round(float(centre[1]), 2))
            if tool is None:
                continue
            before = begun.get(place)
            top = before.top if before and before.tool == tool else slab.high
            begun[place] = Drilled(tool=tool, place=place, top=top, bottom=slab.low)
    setup.holes += [begun[place] for place in sorted(begun)]


def _without_holes(area: BaseGeometry, setup: Setup, low: float, high: float) -> BaseGeometry:
    """What is left to mill once the drilled holes are drilled."""
    drilled = [h for h in setup.holes if h.bottom <= low + 1e-6 and h.top >= high - 1e-6]
    circles = [Point(hole.place).buffer(hole.tool.diameter / 2000 + FITS) for hole in drilled]
    return clear(area, shapely.union_all(circles)) if circles else area


def _mill(setup: Setup, area: BaseGeometry, kept: BaseGeometry, between: tuple[float, float], mill: Mill) -> None:
    """Cuts that take ``area`` from the first height down to the second.

    Raises:
        NoCodeError: too much is left.
    """
    high, low = between
    if area.is_empty or float(area.area) < LEFT:
        return
    deep = float(setup.size[2]) - low
    tools = [tool for tool in mill.tools if not tool.drill and tool.reach / 1000 >= deep]
    sweeps, left = cover(area, kept, tools, LEFT)
    if float(left.area) > LEFT:
        x, y = left.representative_point().coords[0]
        raise NoCodeError(
            f"{float(left.area):.1f} mm2 at ({x:.1f}, {y:.1f}) mm, {deep:.1f} mm deep, are too tight for every end mill"
        )
    for sweep in sweeps:
        passes = max(1, int(np.ceil((high - low) / (sweep.tool.step / 1000) - 1e-6)))
        depths = tuple(float(depth) for depth in np.linspace(high, low, passes + 1)[1:])
        setup.cuts.append(Cut(tool=sweep.tool, top=high, depths=depths, lines=sweep.lines, kept=kept))


def _sheet(setups: list[Setup], mill: Mill, quantity: int) -> tuple[str, ...]:
    size = setups[0].size
    stock = size + 2 * SKIN
    used = {hole.tool.number for s in setups for hole in s.holes} | {cut.tool.number for s in setups for cut in s.cuts}
    lines = [
        f"{quantity} blocks of {stock[0]:.1f} x {stock[1]:.1f} x {stock[2]:.1f} mm, {SKIN:g} mm more on every side.",
        "G54 in every set-up: X and Y at the part's lower left corner, Z at the part's top as it is clamped.",
    ]
    for number, setup in enumerate(setups, start=1):
        how = {
            "above": f"Hold the block {min(GRIP, size[2] / 4):.1f} mm high at most, with 5 mm free beneath.",
            "below": "Turn about X; hold by the finished sides.",
        }.get(setup.side, f"Stand the part up with its {setup.side} side on top.")
        lines.append(f"Set-up {number}, from {setup.side}: {how} Programme setup-{number}.ngc.")
    for tool in mill.tools:
        if tool.number in used:
            kind = "drill" if tool.drill else "end mill"
            lines.append(f"T{tool.number}: {kind} {tool.diameter / 1000:g} mm, {tool.rpm} rpm, {tool.feed} mm/min.")
    return tuple(lines)


def _outside(area: BaseGeometry, stock: Polygon) -> bool:
    return bool(area.distance(stock.exterior) < 1e-6 or area.buffer(0.1).intersects(stock.exterior))


def _mirrored(shape: BaseGeometry, width: float) -> BaseGeometry:
    """Seen from below, the part turned about X."""
    return affinity.affine_transform(shape, [1, 0, 0, -1, 0, width])
