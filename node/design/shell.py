"""Triangles of a mesh file to a body: welds corners, counts gaps and bodies, finds flat and round faces."""

import math
from dataclasses import dataclass

import numpy as np

from node.design.errors import Code, IntakeError
from node.design.mesh import Flags
from node.design.rounds import fit
from node.design.tables import Body, Edge, Face, Indices, Vectors

FLAT = math.radians(0.6)
"""Triangles that meet flatter than this are one plane."""

CREASE = math.radians(32)
"""Triangles that meet flatter than this are one curved face; coarse tessellations turn 30 degrees a step."""

OPEN_SHARE = 0.01
"""Share of the edges that may be open before the mesh is no body at all."""

SKEW = 1e-3
"""Length of the summed area vector over the area that a nearly closed mesh may have; 0 when closed."""

FEWEST = 6
"""Triangles that a cylinder must have."""

MOST_EDGES = 20_000
"""Edges between faces that are tabulated; a scan has more, and no features that they could show."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shell:
    """A welded mesh."""

    points: Vectors
    triangles: Indices
    open_edges: int
    """Edges without exactly one triangle on either side."""

    bodies: int
    """Closed surfaces that enclose something, cavities not counted."""

    neighbours: Indices
    """Pairs of triangles that share an edge, (k, 2)."""

    between: Indices
    """The corners of those edges, in the direction of the first triangle, (k, 2)."""


def weld(points: Vectors, triangles: Indices) -> Shell:
    """Join equal corners and look at every edge.

    Raises:
        IntakeError: PARSE_ERROR for numbers that are none, NO_SOLID without area, NOT_CLOSED.
    """
    if not len(triangles):
        raise IntakeError(Code.NO_SOLID, "The file holds no triangles")
    if not np.isfinite(points).all() or np.abs(points).max() > 1e9:
        raise IntakeError(Code.PARSE_ERROR, "A corner is not a finite number")
    extent = float(np.ptp(points, axis=0).max())
    for grain in (0.0, 1e-6 * extent):  # the second time forgives what a text format rounded
        joined, corners = _join(points, triangles, grain)
        proper = (corners != np.roll(corners, 1, axis=1)).all(axis=1)
        corners = corners[proper]
        if not len(corners):
            raise IntakeError(Code.NO_SOLID, "No triangle has an area")
        shell = _edges(joined, _outwards(joined, corners))
        if not shell.open_edges:
            break
    _refuse_open(shell)
    return shell


def body(shell: Shell, *, unit: str) -> Body:
    """The tables of a welded mesh; a surface that is inside out is turned round."""
    table, edges, owners = faces(shell)
    a, b, c = (shell.points[shell.triangles[:, corner]] for corner in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return Body(
        shape=None,
        unit=unit,
        bodies=shell.bodies,
        open_edges=shell.open_edges,
        faces=table,
        edges=edges,
        volume=_volume(a, b, c),
        area=float(areas.sum()),
        points=shell.points,
        triangles=shell.triangles,
        owners=owners,
        deflection=0.0,
    )


def _volume(a: Vectors, b: Vectors, c: Vectors) -> float:
    """By the flux of one coordinate alone, the one that differs most: equal to the usual sum where all is closed."""
    cross = np.cross(b - a, c - a) / 2
    each = ((a + b + c) / 3 - a.mean(axis=0)) * cross
    fluxes = each.sum(axis=0)
    return float(fluxes[int(np.abs(fluxes - fluxes.mean()).argmax())])


def faces(shell: Shell) -> tuple[tuple[Face, ...], tuple[Edge, ...], Indices]:
    """Flat and round faces, the edges between them, and the face that each triangle belongs to."""
    normals, areas = _normals(shell)
    turn = np.einsum("ij,ij->i", normals[shell.neighbours[:, 0]], normals[shell.neighbours[:, 1]])
    angle = np.arccos(np.clip(turn, -1, 1))
    flat = _components(len(normals), shell.neighbours[angle < FLAT])
    sizes = np.bincount(flat, weights=areas)
    counts = np.bincount(flat)
    big = (counts >= 3) & (sizes > 1e-3 * areas.sum()) | (sizes > 0.02 * areas.sum())
    planar = big[flat]
    smooth = (angle < CREASE) & ~planar[shell.neighbours].any(axis=1)
    same = smooth | (angle < FLAT) & planar[shell.neighbours].all(axis=1)
    owners = _components(len(normals), shell.neighbours[same])
    table = tuple(_face(index, shell, normals, areas, rows) for index, rows in enumerate(_groups(owners)))
    return table, _boundaries(shell, normals, angle, owners), owners


def _face(index: int, shell: Shell, normals: Vectors, areas: Vectors, rows: Indices) -> Face:
    area = float(areas[rows].sum())
    mean = (areas[rows, None] * normals[rows]).sum(axis=0)
    length = float(np.linalg.norm(mean))
    normal = mean / length if length > 1e-9 * area else np.zeros(3)
    centre = shell.points[shell.triangles[rows]].mean(axis=1).T @ areas[rows] / (area or 1.0)
    found = None
    kind = "plane" if length > area * math.cos(FLAT) else "other"
    if kind == "other" and len(rows) >= FEWEST:
        found = fit(shell.points[shell.triangles[rows]], normals[rows], areas[rows])
    return Face(
        index=index,
        kind="cylinder" if found else kind,
        area=area,
        centre=centre,
        normal=normal,
        axis=found.axis if found else np.zeros(3),
        origin=found.origin if found else np.zeros(3),
        radius=found.radius if found else 0.0,
        narrow=found.radius if found else 0.0,
        span=found.span if found else (0.0, 0.0),
        internal=found.internal if found else False,
    )


def _join(points: Vectors, triangles: Indices, grain: float) -> tuple[Vectors, Indices]:
    keys = np.round(points / grain) if grain else points + 0.0  # minus zero equals zero
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return points[first], inverse.reshape(-1)[triangles]


def _outwards(points: Vectors, triangles: Indices) -> Indices:
    """Turned round when the whole is inside out."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    inside_out = float(np.einsum("ij,ij->", a - points.mean(axis=0), np.cross(b - a, c - a))) < 0
    return triangles[:, ::-1] if inside_out else triangles


def _edges(points: Vectors, triangles: Indices) -> Shell:
    starts = triangles.reshape(-1)
    ends = np.roll(triangles, -1, axis=1).reshape(-1)
    owner = np.repeat(np.arange(len(triangles)), 3)
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    forward = starts < ends
    order = np.lexsort((~forward, high, low))
    low, high, forward, owner = low[order], high[order], forward[order], owner[order]
    first = np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
    place = np.flatnonzero(first)
    uses = np.diff(np.append(place, len(low)))
    balance = np.add.reduceat(np.where(forward, 1, -1), place)
    pairs = place[(uses == 2) & (balance == 0)]
    neighbours = np.stack([owner[pairs], owner[pairs + 1]], axis=1)
    return Shell(
        points=points,
        triangles=triangles,
        open_edges=int((balance != 0).sum()),
        bodies=_bodies(points, triangles),
        neighbours=neighbours,
        between=np.stack([low[pairs], high[pairs]], axis=1),
    )


def _bodies(points: Vectors, triangles: Indices) -> int:
    """Surfaces that share no corner and whose own volume is positive; a cavity's is negative."""
    links = np.vstack([triangles[:, :2], triangles[:, 1:]])
    owners = _components(len(points), links)[triangles[:, 0]]
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    volumes = np.bincount(owners, weights=np.einsum("ij,ij->i", a - points.mean(axis=0), np.cross(b - a, c - a)) / 6)
    return max(1, int((volumes > 1e-6 * np.abs(volumes).sum()).sum()))


def _refuse_open(shell: Shell) -> None:
    if not shell.open_edges:
        return
    normals, areas = _normals(shell)
    skew = float(np.linalg.norm(normals.T @ areas)) / float(areas.sum())
    edges = len(shell.neighbours) + shell.open_edges
    if shell.open_edges > OPEN_SHARE * edges or skew > SKEW:
        raise IntakeError(Code.NOT_CLOSED, f"The mesh has {shell.open_edges:,} open edges of {edges:,}")


def _normals(shell: Shell) -> tuple[Vectors, Vectors]:
    """Unit normals (zero where there is no area) and areas."""
    a, b, c = (shell.points[shell.triangles[:, corner]] for corner in range(3))
    cross = np.cross(b - a, c - a)
    doubled = np.linalg.norm(cross, axis=1)
    return cross / np.where(doubled > 0, doubled, 1.0)[:, None], doubled / 2


def _components(count: int, pairs: Indices) -> Indices:
    """Number of the connected group of every item, from 0 (pointer jumping, Shiloach and Vishkin 1982)."""
    leader = np.arange(count)
    left, right = pairs.T if len(pairs) else (np.zeros(0, int), np.zeros(0, int))
    while True:
        low = np.minimum(leader[left], leader[right])
        before = leader.copy()
        np.minimum.at(leader, leader[left], low)
        np.minimum.at(leader, leader[right], low)
        leader = leader[leader]
        if (leader == before).all():
            return np.unique(leader, return_inverse=True)[1].reshape(-1)


def _groups(owners: Indices) -> list[Indices]:
    order = np.argsort(owners, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(owners[order])) + 1)


def _boundaries(shell: Shell, normals: Vectors, angle: Vectors, owners: Indices) -> tuple[Edge, ...]:
    """One edge for each pair of faces that meet: at the longest of the triangles' edges between them."""
    sides = owners[shell.neighbours]
    apart: Flags = sides[:, 0] != sides[:, 1]
    if not apart.any() or apart.sum() > MOST_EDGES:
        return ()
    rows = np.flatnonzero(apart)
    ends = shell.points[shell.between[rows]]
    along = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(along, axis=1)
    left, right = normals[shell.neighbours[rows, 0]], normals[shell.neighbours[rows, 1]]
    turn = np.einsum("ij,ij->i", np.cross(left, right), along)
    bend = np.where(angle[rows] < FLAT * 8, 0, np.where(turn > 0, 1, -1))
    low, high = sides[rows].min(axis=1), sides[rows].max(axis=1)
    order = np.lexsort((-length, bend, high, low))
    key = np.stack([low, high, bend], axis=1)[order]
    first = np.concatenate([[True], (key[1:] != key[:-1]).any(axis=1)])
    return tuple(
        Edge(
            faces=(int(sides[rows[row], 0]), int(sides[rows[row], 1])),
            bend=int(bend[row]),
            point=ends[row].mean(axis=0),
            normals=(left[row], right[row]),
        )
        for row in order[first]
    )
