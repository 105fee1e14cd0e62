"""First hits of many parallel rays: triangles sorted into a grid seen along the rays, long slivers and all."""

from dataclasses import dataclass

import numpy as np

from node.design.mesh import Mesh
from node.design.rays import along, nearest, runs
from node.design.tables import Indices, Vectors

FEWEST, MOST = 32, 160
"""Cells along one side of the grid."""

MARGIN = 1e-6
"""Share of a cell by which a triangle counts as covering its neighbour too."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Triangles by the cells that they cover, seen along one direction."""

    mesh: Mesh
    axes: Vectors
    """The two directions across the rays, (2, 3)."""

    low: Vectors
    cell: Vectors
    """Corner and size of the grid's first cell."""

    side: int
    starts: Indices
    """Where each cell's triangles begin in ``members``, (side * side + 1,)."""

    members: Indices

    @classmethod
    def of(cls, mesh: Mesh, axes: Vectors) -> "Columns":
        """Sort the triangles; ``axes`` are orthonormal and square to the rays."""
        corners = np.stack([mesh.a, mesh.a + mesh.u, mesh.a + mesh.v], axis=1) @ axes.T
        low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
        side = int(np.clip(0.7 * np.sqrt(len(corners)), FEWEST, MOST))
        cell = np.maximum((high - low) / side, 1e-12) * (1 + MARGIN)
        triangles, cells = _covered((corners - low) / cell, side)
        order = np.argsort(cells.astype(np.int16), kind="stable")  # two bytes are sorted by counting
        starts = np.searchsorted(cells[order], np.arange(side * side + 1))
        return cls(mesh=mesh, axes=axes, low=low, cell=cell, side=side, starts=starts, members=triangles[order])

    def first_hits(self, origins: Vectors, way: Vectors) -> tuple[Vectors, Indices]:
        """Distance from each origin along ``way`` (infinite if nothing is met) and the triangle, or -1."""
        place = ((origins @ self.axes.T - self.low) / self.cell).astype(np.int64).clip(0, self.side - 1)
        cells = place[:, 1] * self.side + place[:, 0]
        rays, slots = runs(self.starts[cells], self.starts[cells + 1] - 1)
        triangles = self.members[slots]
        mesh, towards = self.mesh, np.broadcast_to(way, (len(rays), 3))
        reach = along(mesh.a[triangles], mesh.u[triangles], mesh.v[triangles], origins[rays], towards)
        return nearest(len(origins), rays, triangles, reach)


def _covered(corners: Vectors, side: int) -> tuple[Indices, Indices]:
    """Pairs of a triangle and a cell that it touches; ``corners`` (m, 3, 2) in cells."""
    heights = corners[:, :, 1]
    triangles, rows = runs(_cell(heights.min(axis=1) - MARGIN, side), _cell(heights.max(axis=1) + MARGIN, side))
    left, right = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        a, b = corners[triangles, start], corners[triangles, end]
        rise = b[:, 1] - a[:, 1]
        low = np.maximum(np.minimum(a[:, 1], b[:, 1]), rows - MARGIN)
        high = np.minimum(np.maximum(a[:, 1], b[:, 1]), rows + 1 + MARGIN)
        slope = np.where(np.abs(rise) > 1e-12, (b[:, 0] - a[:, 0]) / np.where(np.abs(rise) > 1e-12, rise, 1.0), 0.0)
        for height in (low, high):
            x = a[:, 0] + slope * (height - a[:, 1])
            x = np.clip(x, np.minimum(a[:, 0], b[:, 0]), np.maximum(a[:, 0], b[:, 0]))
            left = np.where(low <= high, np.minimum(left, x), left)
            right = np.where(low <= high, np.maximum(right, x), right)
        level = (np.abs(rise) <= 1e-12) & (low <= high)  # a level edge is seen whole
        left = np.where(level, np.minimum(left, np.minimum(a[:, 0], b[:, 0])), left)
        right = np.where(level, np.maximum(right, np.maximum(a[:, 0], b[:, 0])), right)
    seen = np.isfinite(left)
    triangles, rows, left, right = triangles[seen], rows[seen], left[seen], right[seen]
    spans, columns = runs(_cell(left - MARGIN, side), _cell(right + MARGIN, side))
    return triangles[spans], rows[spans] * side + columns


def _cell(value: Vectors, side: int) -> Indices:
    cells: Indices = np.floor(value).astype(np.int64).clip(0, side - 1)
    return cells
