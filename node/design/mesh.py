"""Triangles as numpy arrays: volume, evenly spread samples and first hits of rays; no randomness, so no two answers."""

from dataclasses import dataclass

import numpy as np

from node.design.tables import Indices, Vectors

BATCH = 1_000_000
"""Ray-triangle pairs at a time: the working arrays stay near 200 MB."""

SEAM = 1e-9
"""Overlap of neighbouring triangles, so that no ray slips between them."""

_GOLDEN = np.array([0.7548776662466927, 0.5698402909980532])  # R2 sequence, Roberts 2018


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mesh:
    """A closed triangulation, counter-clockwise from outside, with what every ray asks for; all arrays (m, 3)."""

    a: Vectors
    """First corners."""

    u: Vectors
    """From the first corner to the second."""

    v: Vectors
    """From the first corner to the third."""

    normal: Vectors
    """``u`` x ``v``: outward, twice the area long."""

    moment_u: Vectors
    """``a`` x ``u``."""

    moment_v: Vectors
    """``a`` x ``v``."""

    @classmethod
    def of(cls, points: Vectors, triangles: Indices) -> "Mesh":
        """Build from corner indices; triangles without area are dropped."""
        a, b, c = (points[triangles[:, corner]] for corner in range(3))
        normal = np.cross(b - a, c - a)
        real = np.linalg.norm(normal, axis=1) > 1e-12
        a, u, v = a[real], (b - a)[real], (c - a)[real]
        return cls(a=a, u=u, v=v, normal=normal[real], moment_u=np.cross(a, u), moment_v=np.cross(a, v))

    @property
    def volume(self) -> float:
        """Enclosed volume by the divergence theorem, about the mean point for the sake of accuracy."""
        origin = self.a.mean(axis=0)
        return float(np.einsum("ij,ij->", self.a - origin, self.normal)) / 6

    def samples(self, count: int) -> tuple[Vectors, Vectors]:
        """``count`` points spread evenly by area, and the outward unit normals there."""
        doubled = np.linalg.norm(self.normal, axis=1)
        sums = np.cumsum(doubled)
        chosen = np.searchsorted(sums, (np.arange(count) + 0.5) / count * sums[-1]).clip(max=len(sums) - 1)
        weights = (0.5 + np.outer(np.arange(count), _GOLDEN)) % 1
        outside = weights.sum(axis=1) > 1
        weights[outside] = 1 - weights[outside]
        points = self.a[chosen] + weights[:, :1] * self.u[chosen] + weights[:, 1:] * self.v[chosen]
        return points, self.normal[chosen] / doubled[chosen, None]

    def first_hits(self, origins: Vectors, directions: Vectors) -> tuple[Vectors, Vectors]:
        """Distance to the first triangle along each ray (infinite if none) and that triangle's unit normal.

        Both arrays are (n, 3), directions of unit length. Moeller and Trumbore 1997.
        """
        distances = np.full(len(origins), np.inf)
        normals = np.zeros((len(origins), 3))
        step = max(1, BATCH // max(1, len(self.a)))
        for start in range(0, len(origins), step):
            rows = slice(start, start + step)
            along = self._along(origins[rows], directions[rows])
            nearest = along.argmin(axis=1)
            distances[rows] = along[np.arange(len(nearest)), nearest]
            normals[rows] = self.normal[nearest] / np.linalg.norm(self.normal[nearest], axis=1, keepdims=True)
        return distances, normals

    def _along(self, origins: Vectors, directions: Vectors) -> Vectors:
        """Distances of every ray to every triangle, (rays, triangles), infinite where they miss.

        In Pluecker coordinates the triple products of Moeller and Trumbore need only dot products of stored vectors.
        """
        facing = directions @ self.normal.T
        height = np.einsum("ij,ij->i", self.a, self.normal)[None, :] - origins @ self.normal.T
        moment = np.cross(origins, directions)
        across_u = directions @ self.moment_u.T + moment @ self.u.T
        across_v = directions @ self.moment_v.T + moment @ self.v.T
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            distance = height / facing
            first = -across_v / facing
            second = across_u / facing
            inside = (first >= -SEAM) & (second >= -SEAM) & (first + second <= 1 + SEAM)
        hit = inside & (distance > 0) & (np.abs(facing) > 1e-15)
        return np.where(hit, distance, np.inf)
