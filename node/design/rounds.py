"""Fits a cylinder to a smooth patch of triangles; a patch that is not one within a hair gives None."""

import math
from dataclasses import dataclass

import numpy as np

from node.design.box import across
from node.design.tables import Vectors

STRAIGHT = 0.02
"""Mean cosine between normals and axis that a cylinder may have."""

ROUND = 0.01
"""Deviation of a corner from the circle, as a share of the radius."""

LARGEST = 1000.0
"""Radius in mm above which a patch is taken as free-form."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Round:
    """One cylinder: lengths in the mesh's unit."""

    axis: Vectors
    origin: Vectors
    radius: float
    span: tuple[float, float]
    """Along ``axis`` from ``origin``."""

    internal: bool
    """Whether the normals point to the axis."""


def fit(corners: Vectors, normals: Vectors, areas: Vectors) -> Round | None:
    """The cylinder through ``corners`` (m, 3, 3) with unit ``normals`` (m, 3), or None.

    The axis is the direction that the normals vary least along; the circle is the algebraic least-squares one (Kasa
    1976), exact for the corners of a tessellated cylinder because they lie on it.
    """
    weighted = normals * np.sqrt(areas / areas.sum())[:, None]
    _, spread, ways = np.linalg.svd(weighted, full_matrices=False)
    axis = ways[-1]
    if spread[-1] > STRAIGHT or spread[1] < 0.05:
        return None
    axis = axis * (1.0 if axis[int(np.abs(axis).argmax())] > 0 else -1.0)
    first, second = across(axis)
    points = corners.reshape(-1, 3)
    flat = points @ np.array([first, second]).T
    middle = flat.mean(axis=0)
    offset = flat - middle
    system = np.column_stack([2 * offset, np.ones(len(offset))])
    solution, *_ = np.linalg.lstsq(system, (offset**2).sum(axis=1), rcond=None)
    radius = math.sqrt(max(0.0, float(solution[2] + solution[:2] @ solution[:2])))
    if not 0 < radius < LARGEST:
        return None
    centre = solution[:2] + middle
    distance = np.linalg.norm(flat - centre, axis=1)
    if float(np.abs(distance - radius).max()) > ROUND * radius:
        return None
    height = points @ axis
    low = float(height.min())
    outward = corners.mean(axis=1) - (centre @ np.array([first, second]))
    outward -= np.outer(outward @ axis, axis)
    return Round(
        axis=axis,
        origin=centre @ np.array([first, second]) + low * axis,
        radius=radius,
        span=(0.0, float(np.ptp(height))),
        internal=bool((areas * np.einsum("ij,ij->i", normals, outward)).sum() < 0),
    )
