"""Finds bodies of revolution: one axis that most of the surface turns about, and an outline that is round."""

import numpy as np

from node.design.box import across
from node.design.holes import coaxial
from node.design.mesh import Mesh
from node.design.part import Turned
from node.design.tables import Body, Vectors
from protocol.units import Micrometres

TURNED_AREA = 0.55
"""Share of the surface that must be of revolution about one axis; keyways, flats and teeth take the rest."""

TURNED_ROUND = 0.72
"""Share of the outline, slice by slice and sector by sector, that must reach the slice's radius."""

TOOTHED_ROUND = 0.9
"""The same for a part whose sides are upright but not round: the tips of a gear's teeth reach every sector."""

TURNED_FILL = 0.3
"""Share of its round blank that the part must fill; below that it is a ring or a frame."""

SQUARE = 1e-6
"""Deviation of a cosine from one, below which a plane stands square on the axis."""

CENTRED = 0.01
"""Millimetres that a ball's centre may lie beside the axis."""

SLICES, SECTORS, POINTS = 24, 16, 20_000


def turned_axis(body: Body, mesh: Mesh) -> Vectors | None:
    """Axis of the body of revolution, or None when the body is none."""
    best: tuple[float, Vectors, Vectors] | None = None
    planes = [face for face in body.faces if face.kind == "plane"]
    balls = [face for face in body.faces if face.kind == "sphere"]
    level, ends = _rows([face.normal for face in planes]), np.array([face.area for face in planes])
    centres, round_ends = _rows([face.origin for face in balls]), np.array([face.area for face in balls])
    for axis, origin, members in coaxial([face for face in body.faces if face.axis.any()]):
        area = sum(face.area for face in members)
        area += float(ends[np.abs(np.abs(level @ axis) - 1) < SQUARE].sum())
        beside = centres - origin
        beside -= np.outer(beside @ axis, axis)
        area += float(round_ends[(beside * beside).sum(axis=1) < CENTRED**2].sum())
        if best is None or area > best[0] * (1 + 1e-9):
            best = (area, axis, origin)
    if best is None:
        return None
    area, axis, origin = best
    toothed = area < TURNED_AREA * body.area
    if toothed and not _upright(mesh, axis):
        return None
    roundness, fill = _roundness(body, mesh, axis, origin)
    return axis if roundness >= (TOOTHED_ROUND if toothed else TURNED_ROUND) and fill >= TURNED_FILL else None


def turned(size: Vectors, frame: Vectors, axis: Vectors) -> Turned:
    """Length along ``axis`` and diameter across it, from the box's ``size`` along the rows of ``frame``."""
    along = int(np.abs(frame @ axis).argmax())
    diameter = max(float(edge) for row, edge in enumerate(size) if row != along)
    return Turned(diameter=Micrometres(round(1000 * diameter)), length=Micrometres(round(1000 * float(size[along]))))


def _rows(vectors: list[Vectors]) -> Vectors:
    return np.array(vectors).reshape(-1, 3)


def _upright(mesh: Mesh, axis: Vectors) -> bool:
    """Whether nearly all of the surface stands along the axis or square to it, as on a gear."""
    slope = np.abs(mesh.units @ axis)
    return float(mesh.areas[(slope < 0.02) | (slope > 0.999)].sum()) > 0.9 * float(mesh.areas.sum())


def _roundness(body: Body, mesh: Mesh, axis: Vectors, origin: Vectors) -> tuple[float, float]:
    """Share of the outline that is round, and share of the round blank that is filled."""
    samples, _, _ = mesh.samples(POINTS)
    points = np.vstack([samples, body.points]) - origin
    height = points @ axis
    x, y = (points @ vector for vector in across(axis))
    radius = np.hypot(x, y)
    low, length = float(height.min()), float(np.ptp(height))
    row = ((height - low) / length * SLICES).astype(np.int64).clip(0, SLICES - 1)
    column = ((np.arctan2(y, x) / (2 * np.pi) + 0.5) * SECTORS).astype(np.int64) % SECTORS
    reach = np.zeros((SLICES, SECTORS))
    np.maximum.at(reach, (row, column), radius)
    outline = reach.max(axis=1, keepdims=True)
    blank = float(np.pi * (outline**2).sum()) * length / SLICES
    return float((reach > 0.97 * outline).mean()), mesh.volume / blank
