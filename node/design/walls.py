"""Looks through the part from many points of its surface: how thick it is there, and from where a tool gets there."""

from dataclasses import dataclass

import numpy as np

from node.design.box import across
from node.design.columns import Columns
from node.design.mesh import Flags, Mesh
from node.design.part import Access, Build, PartsPerMillion, SquareMillimetres
from node.design.rays import first_hits
from node.design.tables import Face, Indices, Vectors
from protocol.units import Micrometres

SAMPLES = 1200
"""Points on the surface; three times as many moved no figure on the sample files by more than a tenth."""

CLEAR = 1e-4
"""Share of the part's extent by which a ray starts off the surface."""

TOGETHER = 60
"""Rays of one direction from which on sorting the triangles for them pays."""

SHEET_SHARE = 0.8
"""Share of the surface with the same thickness from which on a part counts as sheet."""

DIRECTIONS = 14
"""Tool directions tried: both ways along the box's edges and along hole axes."""

COVERED = 0.995
"""Share of what can be reached that set-ups must reach together; the rest is sampling noise at edges."""

GAIN = 0.004
"""Share of the surface that one more set-up must add."""

GRAZING = -1e-3
"""Least cosine between surface and tool; a wall along the tool is cut by its flank."""

OVERHANG = -np.sin(np.radians(45)) - 1e-6
LEVEL = 0.95
ON_PLATE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probes:
    """Points on the surface and what is behind each."""

    points: Vectors
    normals: Vectors
    triangles: Indices
    depth: Vectors
    """Material behind the point, to the opposite surface; infinite where nothing is."""

    parallel: Flags
    """Whether that surface is nearly parallel."""


def probe(mesh: Mesh) -> Probes:
    """Sample the surface and look inwards."""
    points, normals, triangles = mesh.samples(SAMPLES)
    distances, behind = _look(mesh, points - CLEAR * normals, -normals)
    parallel = np.isfinite(distances) & (np.einsum("ij,ij->i", mesh.units[behind], normals) < -0.95)
    return Probes(points=points, normals=normals, triangles=triangles, depth=distances + CLEAR, parallel=parallel)


def _look(mesh: Mesh, points: Vectors, ways: Vectors) -> tuple[Vectors, Indices]:
    """First hits: together for those that look the same way, as behind a plane, by the tree for the others."""
    distances, hits = np.full(len(points), np.inf), np.full(len(points), -1, dtype=np.int64)
    _, group = np.unique(np.round(ways, 6), axis=0, return_inverse=True)
    group = group.reshape(-1)
    counts = np.bincount(group)
    for number in np.flatnonzero(counts >= TOGETHER):
        rows = np.flatnonzero(group == number)
        way = ways[rows[0]]
        distances[rows], hits[rows] = Columns.of(mesh, np.array(across(way))).first_hits(points[rows], way)
    rows = np.flatnonzero(counts[group] < TOGETHER)
    if len(rows):
        distances[rows], hits[rows] = first_hits(mesh.tree, mesh.a, mesh.u, mesh.v, points[rows], ways[rows])
    return distances, hits


def thickness(probes: Probes) -> tuple[Micrometres | None, Micrometres | None]:
    """Thinnest sampled wall between nearly parallel faces, and the constant thickness if there is one."""
    walls = np.sort(probes.depth[probes.parallel])
    if not len(walls):
        return None, None
    common = float(np.median(walls))
    same = int((np.abs(walls / common - 1) < 0.03).sum())
    sheet = Micrometres(round(1000 * common)) if same >= SHEET_SHARE * len(probes.points) else None
    return Micrometres(round(1000 * float(walls[0]))), sheet


def access(mesh: Mesh, probes: Probes, frame: Vectors, faces: tuple[Face, ...]) -> Access:
    """Fewest directions, greedily, from which straight tools reach what can be reached at all."""
    ways = _directions(frame, faces)
    start = probes.points + CLEAR * probes.normals
    reached = np.zeros((len(ways), len(start)), dtype=np.bool_)
    for row in range(0, len(ways), 2):
        columns = Columns.of(mesh, np.array(across(ways[row])))
        for number, way in ((row, ways[row]), (row + 1, ways[row + 1])):
            facing = probes.normals @ way > GRAZING
            reached[number, facing] = np.isinf(columns.first_hits(start[facing], way)[0])
    possible = float(reached.any(axis=0).mean())
    missing = np.ones(len(start), dtype=np.bool_)
    chosen: list[Vectors] = []
    while 1 - missing.mean() < COVERED * possible:
        gain = (reached & missing).mean(axis=1)
        best = int((gain > gain.max() - 1e-9).argmax())
        if gain[best] < GAIN:
            break
        chosen.append(ways[best])
        missing &= ~reached[best]
    square = all(abs(float(a @ b)) < 1e-3 or abs(float(a @ b)) > 0.999 for a in chosen for b in chosen)
    unreachable = PartsPerMillion(round(1e6 * (1 - possible)))
    return Access(setups=max(1, len(chosen)), principal=square, unreachable=unreachable)


def build(mesh: Mesh, frame: Vectors) -> Build:
    """The part on a build plate, stood up so that it needs the least support."""
    return _stood(mesh, frame)[1]


def upright(mesh: Mesh, frame: Vectors) -> Vectors:
    """Which way is up then."""
    return _stood(mesh, frame)[0]


def _stood(mesh: Mesh, frame: Vectors) -> tuple[Vectors, Build]:
    """Stand the part on each side of its box and keep the orientation with the least support, a wide foot counting."""
    centres = mesh.a + (mesh.u + mesh.v) / 3
    areas = mesh.areas
    corners = np.vstack([mesh.a, mesh.a + mesh.u, mesh.a + mesh.v])
    best: tuple[float, Vectors, Build] | None = None
    for way in (sign * row for row in frame for sign in (1.0, -1.0)):
        height = corners @ way
        low = float(height.min())
        slope = mesh.units @ way
        on_plate = (centres @ way - low) < ON_PLATE
        support = float(areas[(slope < OVERHANG) & ~on_plate].sum())
        foot = float(areas[(slope < -0.999) & on_plate].sum())
        found = Build(
            height=Micrometres(round(1000 * float(np.ptp(height)))),
            support=SquareMillimetres(round(support)),
            horizontal=SquareMillimetres(round(float(areas[np.abs(slope) > LEVEL].sum()))),
        )
        score = support - 0.3 * foot
        if best is None or score < best[0] - 1e-6 * float(areas.sum()):
            best = (score, way, found)
    if best is None:
        raise AssertionError("a frame has three rows")
    return best[1:]


def _directions(frame: Vectors, faces: tuple[Face, ...]) -> list[Vectors]:
    """In pairs, there and back."""
    ways = [sign * row for row in frame for sign in (1.0, -1.0)]
    for face in sorted(faces, key=lambda face: -face.area):
        hollow = face.kind == "cylinder" and face.internal and len(ways) < DIRECTIONS
        if hollow and all(abs(float(face.axis @ way)) < 0.9995 for way in ways):
            ways += [face.axis, -face.axis]
    return ways
