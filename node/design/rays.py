"""First hits of many rays on many triangles: a bounding volume tree in plain arrays, double precision, one thread.

A tree of our own because the usual one (Embree) answers in single precision and starts threads, which the jail forbids.
"""

from dataclasses import dataclass

import numpy as np

from node.design.tables import Indices, Vectors

LEAF = 4
"""Triangles in one leaf; fewer make the tree deeper, more make the last step dearer."""

BATCH = 20_000
"""Rays that descend together: the working arrays stay near 100 MB."""

SEAM = 1e-9
"""Overlap of neighbouring triangles, so that no ray slips between them."""

FLATTEST = 1e-200
"""Least component of a direction, so that its inverse is finite."""

MARGIN = 1e-9
"""Share of the extent by which every box is larger than what it holds, so that rounding loses no hit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """Triangles in Morton order under a complete binary tree of boxes."""

    order: Indices
    """Triangle numbers leaf by leaf; -1 fills the last leaves."""

    levels: tuple[tuple[Vectors, Vectors], ...]
    """Lower and upper corners of the boxes, the root's level first."""

    @classmethod
    def of(cls, a: Vectors, u: Vectors, v: Vectors) -> "Tree":
        """Build over triangles given by a corner and two sides, each (m, 3)."""
        low = a + np.minimum(np.minimum(u, v), 0.0)
        high = a + np.maximum(np.maximum(u, v), 0.0)
        margin = MARGIN * float(np.ptp(np.vstack([low, high]), axis=0).max(initial=1.0))
        leaves = 1 << max(0, (-(-len(a) // LEAF) - 1).bit_length())
        order = np.full(leaves * LEAF, -1, dtype=np.int64)
        order[: len(a)] = np.argsort(_morton((low + high) / 2), kind="stable")
        lows = np.full((len(order), 3), np.inf)
        highs = np.full((len(order), 3), -np.inf)
        lows[: len(a)], highs[: len(a)] = low[order[: len(a)]] - margin, high[order[: len(a)]] + margin
        levels = [(lows.reshape(-1, LEAF, 3).min(axis=1), highs.reshape(-1, LEAF, 3).max(axis=1))]
        while len(levels[0][0]) > 1:
            inner = (levels[0][0].reshape(-1, 2, 3).min(axis=1), levels[0][1].reshape(-1, 2, 3).max(axis=1))
            levels.insert(0, inner)
        return cls(order=order, levels=tuple(levels))

    def candidates(self, origins: Vectors, directions: Vectors) -> tuple[Indices, Indices]:
        """All pairs of a ray and a triangle whose leaf's box it meets: ray numbers and triangle numbers."""
        inverse = 1.0 / np.where(np.abs(directions) < FLATTEST, FLATTEST, directions)
        rays = np.arange(len(origins))
        nodes = np.zeros(len(origins), dtype=np.int64)
        for depth, (low, high) in enumerate(self.levels):
            if depth:
                rays, nodes = np.repeat(rays, 2), (2 * nodes[:, None] + np.array([0, 1])).ravel()
            start, slope = origins[rays], inverse[rays]
            with np.errstate(invalid="ignore", over="ignore"):
                first, second = (low[nodes] - start) * slope, (high[nodes] - start) * slope
            enter = np.minimum(first, second).max(axis=1)
            leave = np.maximum(first, second).min(axis=1)
            met = (enter <= leave) & (leave >= 0.0)
            rays, nodes = rays[met], nodes[met]
        triangles = self.order[(LEAF * nodes[:, None] + np.arange(LEAF)).ravel()]
        rays = np.repeat(rays, LEAF)
        real = triangles >= 0
        return rays[real], triangles[real]


def first_hits(
    tree: Tree, a: Vectors, u: Vectors, v: Vectors, origins: Vectors, directions: Vectors
) -> tuple[Vectors, Indices]:
    """Distance to the first triangle along each ray (infinite if none) and its number (-1 if none).

    Both arrays of the rays are (n, 3), directions of unit length. Moeller and Trumbore 1997.
    """
    distances = np.full(len(origins), np.inf)
    hits = np.full(len(origins), -1, dtype=np.int64)
    for start in range(0, len(origins), BATCH):
        part = slice(start, start + BATCH)
        rays, triangles = tree.candidates(origins[part], directions[part])
        reach = along(a[triangles], u[triangles], v[triangles], origins[part][rays], directions[part][rays])
        distances[part], hits[part] = nearest(len(origins[part]), rays, triangles, reach)
    return distances, hits


def nearest(count: int, rays: Indices, triangles: Indices, reach: Vectors) -> tuple[Vectors, Indices]:
    """For each of ``count`` rays the least ``reach`` of its pairs and the triangle; of equals the lowest number."""
    distances, hits = np.full(count, np.inf), np.full(count, -1, dtype=np.int64)
    real = np.isfinite(reach)
    rays, triangles, reach = rays[real], triangles[real], reach[real]
    last_first = np.lexsort((-triangles, -reach, rays))  # the nearest is written last
    distances[rays[last_first]] = reach[last_first]
    hits[rays[last_first]] = triangles[last_first]
    return distances, hits


def along(a: Vectors, u: Vectors, v: Vectors, origins: Vectors, directions: Vectors) -> Vectors:
    """Distance of each ray to its triangle, pairwise; infinite where it misses."""
    across = _cross(directions, v)
    facing = np.einsum("ij,ij->i", u, across)
    offset = origins - a
    turned = _cross(offset, u)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first = np.einsum("ij,ij->i", offset, across) / facing
        second = np.einsum("ij,ij->i", directions, turned) / facing
        distance = np.einsum("ij,ij->i", v, turned) / facing
        hit = (first >= -SEAM) & (second >= -SEAM) & (first + second <= 1 + SEAM) & (distance > 0)
    return np.where(hit & (np.abs(facing) > 1e-15), distance, np.inf)


def runs(first: Indices, last: Indices) -> tuple[Indices, Indices]:
    """Every whole number from ``first`` to ``last`` of each item: the item's number, and the whole number."""
    counts = (last - first + 1).clip(min=0)
    items = np.repeat(np.arange(len(first)), counts)
    starts = np.cumsum(counts) - counts
    return items, np.arange(len(items)) - starts[items] + first[items]


def _cross(left: Vectors, right: Vectors) -> Vectors:
    """Row by row; numpy's own takes three times as long on rows of three."""
    (a, b, c), (d, e, f) = left.T, right.T
    return np.stack([b * f - c * e, c * d - a * f, a * e - b * d], axis=1)


def _morton(points: Vectors) -> Indices:
    """Interleaved bits of the three coordinates, ten each: near numbers are near points (Morton 1966)."""
    low = points.min(axis=0)
    extent = float(np.ptp(points, axis=0).max())
    cells = ((points - low) / (extent or 1.0) * 1023).astype(np.int64)
    code = np.zeros(len(points), dtype=np.int64)
    for bit in range(10):
        for axis in range(3):
            code |= ((cells[:, axis] >> bit) & 1) << (3 * bit + axis)
    return code
