"""Where flat end mills and drills go in one slab: rows and one finishing round, and what they leave behind."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from node.design.tables import Vectors
from protocol.profile import Tool

SPACING = 0.75
"""Rows apart, in radii: neighbours overlap, so that nothing stands between them."""

SPARE = 0.004
"""Millimetres that walls are left too thick, for the sake of rounding."""

FILM = 0.01
"""Millimetres; thinner films along walls are rounding, not material."""

ROUNDNESS = 48
"""Chords of a quarter circle."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep:
    """One tool's lines in one slab, and what they take away."""

    tool: Tool
    lines: tuple[Vectors, ...]
    """Each (k, 2)."""

    swept: BaseGeometry


def sweep(area: BaseGeometry, kept: BaseGeometry, tool: Tool) -> Sweep | None:
    """What ``tool`` takes of ``area`` without touching ``kept``; None when it cannot get at any of it."""
    radius = tool.diameter / 2000
    forbidden = kept.buffer(radius + SPARE, quad_segs=ROUNDNESS)
    reachable = area.buffer(radius - 2 * SPARE, quad_segs=ROUNDNESS).difference(forbidden)
    if reachable.is_empty:
        return None
    round_ = forbidden.boundary.intersection(area.buffer(radius - SPARE, quad_segs=ROUNDNESS))
    lines = [*_rows(reachable, SPACING * radius), *_strings(round_)]
    if not lines:
        return None
    swept = MultiLineString(lines).buffer(radius, quad_segs=ROUNDNESS)
    return Sweep(tool=tool, lines=tuple(np.array(line.simplify(0.002).coords) for line in lines), swept=swept)


def cover(area: BaseGeometry, kept: BaseGeometry, tools: list[Tool], least: float) -> tuple[list[Sweep], BaseGeometry]:
    """Sweeps with ``tools``, the widest first, until less than ``least`` mm2 is left; and what is left."""
    sweeps = []
    for tool in sorted(tools, key=lambda tool: -tool.diameter):
        if float(area.area) <= least:
            break
        found = sweep(area, kept, tool)
        if found is not None and float(found.swept.intersection(area).area) > min(least, 0.2 * float(area.area)):
            sweeps.append(found)
            area = area.difference(found.swept).buffer(-FILM).buffer(FILM)
    return sweeps, area


def _rows(reachable: BaseGeometry, step: float) -> list[LineString]:
    """Level lines through a region, from the bottom up."""
    left, low, right, high = reachable.bounds
    heights = np.linspace(low, high, max(2, int(np.ceil((high - low) / step)) + 1))[1:-1]
    if not len(heights):
        heights = np.array([(low + high) / 2])
    rows = [LineString([(left - 1, y), (right + 1, y)]) for y in heights]
    return [line for row in rows for line in _strings(row.intersection(reachable))]


def _strings(shape: BaseGeometry) -> list[LineString]:
    merged = shapely.line_merge(shape) if shape.geom_type in ("MultiLineString", "GeometryCollection") else shape
    return [part for part in shapely.get_parts(merged) if isinstance(part, LineString) and part.length > 1e-3]
