"""Triangles as numpy arrays: volume, evenly spread samples and first hits of rays; no randomness, so no two answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.design.rays import Tree, first_hits
from node.design.tables import Indices, Vectors

Flags = NDArray[np.bool_]

_GOLDEN = np.array([0.7548776662466927, 0.5698402909980532])  # R2 sequence, Roberts 2018


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mesh:
    """A triangulation, counter-clockwise from outside, with what every ray asks for; all arrays (m, 3)."""

    a: Vectors
    """First corners."""

    u: Vectors
    """From the first corner to the second."""

    v: Vectors
    """From the first corner to the third."""

    normal: Vectors
    """``u`` x ``v``: outward, twice the area long."""

    units: Vectors
    """Outward unit normals."""

    owners: Indices
    """Index of the face that each triangle belongs to, (m,)."""

    tree: Tree

    @classmethod
    def of(cls, points: Vectors, triangles: Indices, owners: Indices | None = None) -> "Mesh":
        """Build from corner indices; triangles without area are dropped.

        Raises:
            ValueError: no triangle has an area.
        """
        a, b, c = (points[triangles[:, corner]] for corner in range(3))
        normal = np.cross(b - a, c - a)
        doubled = np.linalg.norm(normal, axis=1)
        real = doubled > 1e-12
        if not real.any():
            raise ValueError("no triangle has an area")
        a, u, v, normal = a[real], (b - a)[real], (c - a)[real], normal[real]
        return cls(
            a=a,
            u=u,
            v=v,
            normal=normal,
            units=normal / doubled[real, None],
            owners=np.zeros(len(a), dtype=np.int64) if owners is None else owners[real],
            tree=Tree.of(a, u, v),
        )

    @property
    def volume(self) -> float:
        """Enclosed volume by the divergence theorem, about the mean point for the sake of accuracy."""
        origin = self.a.mean(axis=0)
        return float(np.einsum("ij,ij->", self.a - origin, self.normal)) / 6

    @property
    def areas(self) -> Vectors:
        """Of every triangle, (m,)."""
        areas: Vectors = np.linalg.norm(self.normal, axis=1) / 2
        return areas

    def samples(self, count: int) -> tuple[Vectors, Vectors, Indices]:
        """``count`` points spread evenly by area, the outward unit normals there, and the triangles they lie on."""
        sums = np.cumsum(self.areas)
        chosen = np.searchsorted(sums, (np.arange(count) + 0.5) / count * sums[-1]).clip(max=len(sums) - 1)
        weights = (0.5 + np.outer(np.arange(count), _GOLDEN)) % 1
        outside = weights.sum(axis=1) > 1
        weights[outside] = 1 - weights[outside]
        points = self.a[chosen] + weights[:, :1] * self.u[chosen] + weights[:, 1:] * self.v[chosen]
        return points, self.units[chosen], chosen

    def first_hits(self, origins: Vectors, directions: Vectors) -> tuple[Vectors, Vectors]:
        """Distance to the first triangle along each ray (infinite if none) and that triangle's unit normal.

        Both arrays are (n, 3), directions of unit length.
        """
        distances, hits = first_hits(self.tree, self.a, self.u, self.v, origins, directions)
        return distances, self.units[hits]
