"""Level cuts through triangles as flat shapes; an open mesh gives no shape."""

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from node.design.tables import Vectors
from node.machine_code.errors import NoCodeError

GRID = 1e-4
"""Millimetres that points of neighbouring triangles are brought together on."""


def section(corners: Vectors, height: float) -> BaseGeometry:
    """What lies at ``height``, by the even-odd rule; it must not be the height of a corner.

    Raises:
        NoCodeError: the cut's edges do not close.
    """
    above = corners[:, :, 2] > height
    crossed = corners[above.any(axis=1) & ~above.all(axis=1)]
    if not len(crossed):
        return Polygon()
    ends = np.full((len(crossed), 2, 2), np.nan)
    filled = np.zeros(len(crossed), dtype=np.int64)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        a, b = crossed[:, first], crossed[:, second]
        low = np.where((a[:, 2] < b[:, 2])[:, None], a, b)  # the same way from both sides of an edge
        high = np.where((a[:, 2] < b[:, 2])[:, None], b, a)
        rows = np.flatnonzero((low[:, 2] <= height) & (high[:, 2] > height))
        share = (height - low[rows, 2]) / (high[rows, 2] - low[rows, 2])
        points = low[rows, :2] + share[:, None] * (high[rows, :2] - low[rows, :2])
        ends[rows, filled[rows]] = points
        filled[rows] += 1
    ends = np.round(ends / GRID) * GRID
    ends = ends[np.any(ends[:, 0] != ends[:, 1], axis=1)]
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends)))
    lines = list(shapely.get_parts(merged))
    if not all(line.is_closed for line in lines):
        raise NoCodeError("the part's surface has gaps")
    whole: BaseGeometry = Polygon()
    for ring in sorted((Polygon(line) for line in lines if len(line.coords) > 3), key=lambda ring: -ring.area):
        whole = whole.symmetric_difference(shapely.make_valid(ring))
    return whole


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """The polygons of a shape, largest first; stray lines and points fall away."""
    parts = [part for part in shapely.get_parts(shape, return_index=False) if isinstance(part, Polygon)]
    return sorted(parts, key=lambda part: (-part.area, part.bounds))
