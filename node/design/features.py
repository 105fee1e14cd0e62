"""Finds pockets, corners no mill can leave, bodies of revolution and wall thickness in the tables of one body."""

import numpy as np

from node.design.box import across
from node.design.holes import coaxial
from node.design.mesh import Mesh
from node.design.part import Turned
from node.design.tables import Body, Edge, Face, Vectors
from protocol.units import Micrometres

TURNED_AREA = 0.7
"""Share of the surface that must be of revolution about one axis."""

TURNED_ROUND = 0.8
"""Share of the outline, slice by slice and sector by sector, that must reach the slice's radius."""

TURNED_FILL = 0.3
"""Share of its round blank that the part must fill; below that it is a ring or a frame."""

SHEET_SHARE = 0.8
"""Share of the surface with the same thickness from which on a part counts as sheet."""

SAMPLES = (64, 1500)
"""Fewest and most rays for the thickness."""

RAY_BUDGET = 10_000_000
"""Ray-triangle pairs for the thickness, about a second."""


def pockets(faces: tuple[Face, ...], edges: tuple[Edge, ...], skip: frozenset[int]) -> int:
    """Groups of two or more faces connected by concave edges or by concave blends, ``skip`` (holes) left out."""
    leader = list(range(len(faces)))

    def root(face: int) -> int:
        while leader[face] != face:
            leader[face] = leader[leader[face]]
            face = leader[face]
        return face

    blends = {face.index for face in faces if face.internal}
    hollow: set[int] = set()
    for edge in edges:
        if skip.isdisjoint(edge.faces) and (edge.bend < 0 or (edge.bend == 0 and not blends.isdisjoint(edge.faces))):
            leader[root(edge.faces[0])] = root(edge.faces[1])
            hollow |= set(edge.faces)
    return len({root(face) for face in hollow})


def min_internal_radius(faces: tuple[Face, ...], skip: frozenset[int]) -> Micrometres | None:
    """Smallest concave cylinder that is no hole."""
    radii = [face.radius for face in faces if face.kind == "cylinder" and face.internal and face.index not in skip]
    return Micrometres(round(1000 * min(radii))) if radii else None


def sharp_internal_edges(body: Body, mesh: Mesh, skip: frozenset[int]) -> int:
    """Concave edges without a direction from which a cylindrical cutter makes one side with its end.

    The cutter comes along the normal of one face, which its end cuts, while its flank cuts the other; so the faces
    must stand square or open, and the way out along that normal must be free.
    """
    concave = [edge for edge in body.edges if edge.bend < 0 and skip.isdisjoint(edge.faces)]
    if not concave:
        return 0
    clear = 0.01 + 2 * body.deflection
    starts = np.array([edge.point + clear * (edge.normals[0] + edge.normals[1]) for edge in concave])
    reachable = np.zeros(len(concave), dtype=np.bool_)
    for side in (0, 1):
        ways = np.array([edge.normals[side] for edge in concave])
        distances, _ = mesh.first_hits(starts, ways)
        reachable |= np.isinf(distances)
    square = np.array([float(edge.normals[0].dot(edge.normals[1])) > -0.02 for edge in concave])
    return int((~(reachable & square)).sum())


def turned_axis(body: Body, mesh: Mesh) -> Vectors | None:
    """Axis of the body of revolution, or None when the body is none."""
    round_faces = [face for face in body.faces if face.axis.any()]
    best: tuple[float, Vectors, Vectors] | None = None
    for axis, origin, members in coaxial(round_faces):
        area = sum(face.area for face in members)
        area += sum(face.area for face in body.faces if _swept(face, axis, origin))
        if best is None or area > best[0] * (1 + 1e-9):
            best = (area, axis, origin)
    if best is None or best[0] < TURNED_AREA * body.area:
        return None
    roundness, fill = _roundness(body, mesh, best[1], best[2])
    return best[1] if roundness >= TURNED_ROUND and fill >= TURNED_FILL else None


def _swept(face: Face, axis: Vectors, origin: Vectors) -> bool:
    if face.kind == "plane":
        return abs(abs(float(face.normal.dot(axis))) - 1) < 1e-6
    if face.kind == "sphere":
        return float(np.linalg.norm(np.cross(face.origin - origin, axis))) < 0.01
    return False


def _roundness(body: Body, mesh: Mesh, axis: Vectors, origin: Vectors) -> tuple[float, float]:
    """Share of the outline that is round, and share of the round blank that is filled."""
    slices, sectors = 24, 16
    samples, _ = mesh.samples(20_000)
    points = np.vstack([samples, body.points]) - origin
    height = points @ axis
    x, y = (points @ vector for vector in across(axis))
    radius = np.hypot(x, y)
    low, length = float(height.min()), float(np.ptp(height))
    row = ((height - low) / length * slices).astype(np.int64).clip(0, slices - 1)
    column = ((np.arctan2(y, x) / (2 * np.pi) + 0.5) * sectors).astype(np.int64) % sectors
    reach = np.zeros((slices, sectors))
    np.maximum.at(reach, (row, column), radius)
    outline = reach.max(axis=1, keepdims=True)
    blank = float(np.pi * (outline**2).sum()) * length / slices
    return float((reach > 0.97 * outline).mean()), mesh.volume / blank


def turned(size: Vectors, frame: Vectors, axis: Vectors) -> Turned:
    """Length along ``axis`` and diameter across it, from the box's ``size`` along the rows of ``frame``."""
    along = int(np.abs(frame @ axis).argmax())
    diameter = max(float(edge) for row, edge in enumerate(size) if row != along)
    return Turned(diameter=Micrometres(round(1000 * diameter)), length=Micrometres(round(1000 * float(size[along]))))


def thickness(mesh: Mesh) -> tuple[Micrometres | None, Micrometres | None]:
    """Thinnest sampled wall between nearly parallel faces, and the constant thickness if there is one."""
    fewest, most = SAMPLES
    points, normals = mesh.samples(max(fewest, min(most, RAY_BUDGET // len(mesh.a))))
    clear = 1e-4
    distances, opposite = mesh.first_hits(points - clear * normals, -normals)
    parallel = np.isfinite(distances) & (np.einsum("ij,ij->i", opposite, normals) < -0.95)
    walls = np.sort(distances[parallel] + clear)
    if not len(walls):
        return None, None
    common = float(np.median(walls))
    same = int((np.abs(walls / common - 1) < 0.03).sum())
    sheet = Micrometres(round(1000 * common)) if same >= SHEET_SHARE * len(points) else None
    return Micrometres(round(1000 * float(walls[0]))), sheet
