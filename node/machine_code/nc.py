"""Programmes in RS-274: written from the cuts of one clamping, and every move of them looked at again."""

from dataclasses import dataclass, field
from itertools import groupby, pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from node.design.tables import Vectors
from node.machine_code import gcode
from node.machine_code.errors import NoCodeError
from node.machine_code.interpret import Run
from node.machine_code.slabs import SKIN
from protocol.profile import Mill, Tool

SAFE = 10.0
"""Above the part: where rapid moves go sideways."""

NEAR = 1.0
"""Above what is cut: where plunging begins."""

TIP = 0.3
"""Of a drill's diameter: its cone, at 118 degrees."""

PECK = 3.0
"""Diameters that are drilled before chips are cleared."""

GOUGE = 0.01
"""Millimetres by which a pass may cut into the part, which is rounding."""

RAPID = 6000
"""Millimetres a minute, for the estimate of time only."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """One tool at work: lines at one height after another, or holes."""

    tool: Tool
    top: float
    """Where the slab begins."""

    depths: tuple[float, ...]
    """Heights over the part's bottom as it is clamped, from above down."""

    lines: tuple[Vectors, ...]
    kept: BaseGeometry
    """What the tool must not touch at any of these heights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """One hole from the side that is up."""

    tool: Tool
    place: tuple[float, float]
    top: float
    bottom: float
    """Without the drill's tip."""


@dataclass(slots=True, kw_only=True, eq=False)
class Setup:
    """One clamping."""

    side: str
    size: Vectors
    """Of the part as it is clamped."""

    cuts: list[Cut] = field(default_factory=list)
    holes: list[Drilled] = field(default_factory=list)


def written(setup: Setup) -> bytes:
    """The set-up's programme: X and Y from the part's corner, Z from the part's top as it is clamped."""
    top = float(setup.size[2])
    lines = ["G21 G17 G90 G94", "G40 G49 G80", "G54"]
    for tool, cuts in groupby(sorted(setup.cuts, key=_order), key=lambda cut: cut.tool):
        lines += _changed(tool)
        for cut in cuts:
            for above, depth in pairwise((cut.top, *cut.depths)):
                for line in cut.lines:
                    lines += _line(tool, line, depth - top, above - top + NEAR)
    for tool, holes in groupby(sorted(setup.holes, key=lambda hole: hole.tool.number), key=lambda hole: hole.tool):
        lines += _changed(tool)
        for hole in holes:
            lines += _hole(hole, top)
    lines += ["M5", "M2"]
    return "\n".join([*lines, ""]).encode()


def _order(cut: Cut) -> tuple[float, float]:
    """From above down, and in one slab the widest tool first."""
    return -cut.top, -cut.tool.diameter


def _changed(tool: Tool) -> list[str]:
    return ["M5", f"T{tool.number} M6", f"G43 H{tool.number}", f"S{tool.rpm} M3", f"G0 Z{SAFE:.3f}"]


def _line(tool: Tool, line: Vectors, depth: float, near: float) -> list[str]:
    (x, y), *rest = line
    moves = [f"G0 X{x:.3f} Y{y:.3f}", f"G0 Z{near:.3f}", f"G1 Z{depth:.3f} F{tool.plunge}"]
    moves += [f"G1 X{x:.3f} Y{y:.3f} F{tool.feed}" for x, y in rest]
    return [*moves, f"G0 Z{SAFE:.3f}"]


def _hole(hole: Drilled, top: float) -> list[str]:
    width = hole.tool.diameter / 1000
    bottom = hole.bottom - TIP * width
    steps = max(1, int(np.ceil((hole.top - bottom) / (PECK * width))))
    x, y = hole.place
    moves = [f"G0 X{x:.3f} Y{y:.3f}"]
    for depth in np.linspace(hole.top, bottom, steps + 1)[1:]:
        moves += [f"G0 Z{hole.top - top + SKIN + NEAR:.3f}", f"G1 Z{depth - top:.3f} F{hole.tool.plunge}"]
    return [*moves, f"G0 Z{SAFE:.3f}"]


def own(program: bytes) -> Run:
    """The moves as our own reader sees them."""
    followed = gcode.path(program, extrudes=False)
    tools: list[int] = []
    tool = 0
    for words in gcode.lines(program):
        values = dict(words)
        tool = int(values.get("T", tool))
        if values.keys() & {"X", "Y", "Z"}:
            tools.append(tool)
    return Run(ends=followed.ends, cuts=followed.works, tools=np.array(tools))


def prove(setup: Setup, run: Run, mill: Mill) -> None:
    """Look at every move.

    Raises:
        NoCodeError: one leaves the travels, goes rapidly through the block, or cuts the part.
    """
    if run.ends[0, 2] < SKIN + NEAR or run.cuts[0]:
        raise NoCodeError("the programme does not begin by going up")
    span = np.ptp(run.ends, axis=0)
    travel = np.array([mill.travel.length, mill.travel.width, mill.travel.height]) / 1000
    if (span > travel).any():
        raise NoCodeError("the programme leaves the machine's travels")
    moved = np.abs(np.diff(run.ends[:, :2], axis=0)).max(axis=1) > 1e-6
    low = np.minimum(run.ends[1:, 2], run.ends[:-1, 2]) < SKIN + NEAR / 2
    if (moved & low & ~run.cuts[1:]).any():
        raise NoCodeError("a rapid move goes sideways through the block")
    top = float(setup.size[2])
    tools = {tool.number: tool for tool in mill.tools}
    kept = {(cut.tool.number, round(depth - top, 3)): cut.kept for cut in setup.cuts for depth in cut.depths}
    level = moved & run.cuts[1:] & (np.abs(np.diff(run.ends[:, 2])) < 1e-6)
    if (moved & run.cuts[1:] & ~level).any():
        raise NoCodeError("a cut slopes")
    rows = np.flatnonzero(level) + 1
    keys = [(int(run.tools[row]), round(float(run.ends[row, 2]), 3)) for row in rows]
    for key in sorted(set(keys)):
        if key not in kept:
            raise NoCodeError(f"a cut at {key[1]:g} mm was not planned")
        chosen = [row for row, other in zip(rows, keys, strict=True) if other == key]
        lines = shapely.linestrings(np.stack([run.ends[np.array(chosen) - 1, :2], run.ends[chosen, :2]], axis=1))
        if float(shapely.distance(lines, kept[key]).min()) < tools[key[0]].diameter / 2000 - GOUGE:
            raise NoCodeError(f"a cut at {key[1]:g} mm goes into the part")


def seconds(run: Run, setup: Setup) -> float:
    """Moves at their feeds, ten seconds a tool change."""
    lengths = np.linalg.norm(np.diff(run.ends, axis=0), axis=1)
    feeds = {cut.tool.number: cut.tool.feed for cut in setup.cuts}
    feeds |= {hole.tool.number: hole.tool.plunge for hole in setup.holes}
    speeds = np.where(run.cuts[1:], [feeds[int(tool)] for tool in run.tools[1:]], RAPID)
    return float((60 * lengths / speeds).sum()) + 10 * len(set(run.tools.tolist()))
