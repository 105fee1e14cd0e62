"""One body as the kernel leaves it: faces, edges and triangles in plain arrays, so that no other module needs a kernel.

Lengths are millimetres as floats; they are rounded to integer units before they leave the reader.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """One face. More than eight fields because the surface kinds share one row; those that do not apply are zero."""

    index: int
    kind: str
    """Plane, cylinder, cone, sphere, torus or other."""

    area: float
    centre: Vectors
    """Centre of gravity."""

    normal: Vectors
    """Outward, in the middle of the parameter range."""

    axis: Vectors
    """Direction of the axis of revolution."""

    origin: Vectors
    """A point on the axis, or the sphere's centre."""

    radius: float
    """Of the cylinder, the torus's tube, or the cone at its widest."""

    narrow: float
    """Smallest radius of a cone; the radius of a cylinder."""

    span: tuple[float, float]
    """Of a cylinder or cone along ``axis`` from ``origin``."""

    internal: bool
    """Whether it is hollow: a curved face whose normal points to its own centre line, as a hole's wall does."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """Where two faces meet."""

    faces: tuple[int, int]
    bend: int
    """1 convex, 0 smooth, -1 concave."""

    point: Vectors
    normals: tuple[Vectors, Vectors]
    """Outward at ``point``, one per face."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """One part as tables."""

    shape: object | None
    """The kernel's own, for ``node.design.brep``; None for a mesh."""

    unit: str
    bodies: int
    open_edges: int
    faces: tuple[Face, ...]
    edges: tuple[Edge, ...]
    volume: float
    """Not from the triangles, so that the two can be compared."""

    area: float
    points: Vectors
    """Of the triangulation, (n, 3)."""

    triangles: Indices
    """Corners as rows of ``points``, counter-clockwise from outside, (m, 3)."""

    owners: Indices
    """Index of the face that each triangle belongs to, (m,)."""

    deflection: float
    """Largest distance between triangulation and surface."""
