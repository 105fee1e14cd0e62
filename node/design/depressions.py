"""Names what is cut into a part or stands on it: pockets, slots, steps, bosses and rounded edges of ISO 14649-10."""

import math
from dataclasses import dataclass

import numpy as np

from node.design.mesh import Mesh
from node.design.part import MAX_FEATURES, Feature, FeatureKind, Place
from node.design.tables import Body, Edge, Face, Vectors
from protocol.units import Micrometres

SQUARE = 0.02
"""Cosine below which a wall stands square on a floor."""

FACING = -0.98
FULL_TURN = 0.6
"""Share of a whole cylinder from which on it is a boss and not a rounded edge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Faces that hang together by concave edges."""

    faces: tuple[Face, ...]
    edges: tuple[Edge, ...]
    """All edges of these faces."""


def groups(faces: tuple[Face, ...], edges: tuple[Edge, ...], skip: frozenset[int]) -> list[Group]:
    """Two or more faces each, connected by concave edges or concave blends, ``skip`` (holes) left out."""
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
    members: dict[int, list[int]] = {}
    for index in sorted(hollow):
        members.setdefault(root(index), []).append(index)
    touching: dict[int, list[Edge]] = {key: [] for key in members}
    for edge in edges:
        for key in {root(side) for side in edge.faces if side in hollow}:
            touching[key].append(edge)
    return [
        Group(faces=tuple(faces[index] for index in group), edges=tuple(touching[key]))
        for key, group in members.items()
    ]


def describe(body: Body, mesh: Mesh, found: list[Group], skip: frozenset[int]) -> tuple[Feature, ...]:
    """Every group by its name, then bosses and rounded edges."""
    bosses = _round_bosses(body, skip)
    features = [_name(group, mesh) for group in found if not _foot(group, frozenset(bosses))]
    features += bosses.values()
    features += _rounded(body, skip)
    ordered = sorted(features, key=lambda f: (f.kind, f.place.x, f.place.y, f.place.z, f.length, f.width))
    return tuple(ordered[:MAX_FEATURES])


def _name(group: Group, mesh: Mesh) -> Feature:
    floor = _floor(group)
    walls = [face for face in group.faces if face is not floor]
    flat = [face for face in walls if face.kind == "plane"]
    pairs = [(a, b) for place, a in enumerate(flat) for b in flat[place + 1 :] if float(a.normal @ b.normal) < FACING]
    facing = [(a, b) for a, b in pairs if float((b.centre - a.centre) @ a.normal) > 0]
    points = _points(group.faces, mesh)
    if floor is None:
        kind = FeatureKind.CLOSED_POCKET if len(facing) > 1 or len(walls) > 3 else FeatureKind.OPEN_POCKET
        way = _along(walls)
        return _feature(kind, group, points, way, facing, through=True)
    rim = [edge for edge in group.edges if floor.index in edge.faces and edge.bend > 0]
    if not rim:
        kind = FeatureKind.CLOSED_POCKET
    elif facing:
        ends = [w for w in flat if abs(float(w.normal @ facing[0][0].normal)) < 0.5]
        kind = FeatureKind.OPEN_POCKET if ends else FeatureKind.SLOT
    elif pairs:
        kind = FeatureKind.BOSS
    else:
        kind = FeatureKind.STEP if len(flat) == len(walls) == 1 else FeatureKind.OPEN_POCKET
    return _feature(kind, group, points, floor.normal, facing, through=False)


def _foot(group: Group, bosses: frozenset[int]) -> bool:
    """Whether a group is no more than the plane that a round boss, told apart, rises from."""
    around = [face for face in group.faces if face.kind != "plane"]
    return len(around) == len(group.faces) - 1 and all(face.index in bosses for face in around)


def _floor(group: Group) -> Face | None:
    """The plane that most of the others stand square on; the one with most concave edges, then the larger.

    Where the walls lean, the plane that all of them touch; among four faces or more no wall touches every other.
    """
    flat = [face for face in group.faces if face.kind == "plane"]
    best: tuple[tuple[int, float], Face] | None = None
    members = {face.index for face in group.faces}
    for face in flat:
        square = sum(_stands_on(other, face) for other in group.faces if other is not face)
        touching = len({edge.faces for edge in group.edges if edge.bend <= 0 and face.index in edge.faces})
        touched = {index for edge in group.edges if edge.bend <= 0 and face.index in edge.faces for index in edge.faces}
        leaning = len(members) > 3 and touched & members == members
        if square < 0.6 * (len(group.faces) - 1) and not leaning:
            continue
        if best is None or (touching, face.area) > best[0]:
            best = ((touching, face.area), face)
    if best is None or (best[0][0] == 2 and len(flat) >= 4):  # each wall of a passage touches just its two neighbours
        return None
    return best[1]


def _stands_on(wall: Face, floor: Face) -> bool:
    if wall.kind == "plane":
        return abs(float(wall.normal @ floor.normal)) < SQUARE
    return wall.kind in ("cylinder", "cone") and abs(float(wall.axis @ floor.normal)) > 0.99


def _along(walls: list[Face]) -> Vectors:
    """Direction that all walls run along."""
    normals = np.array([wall.normal for wall in walls if wall.normal.any()] or [np.array([0.0, 0.0, 1.0])])
    _, _, ways = np.linalg.svd(normals)
    way: Vectors = ways[-1]
    return way


def _points(faces: tuple[Face, ...], mesh: Mesh) -> Vectors:
    rows = np.isin(mesh.owners, [face.index for face in faces])
    if not rows.any():
        return np.array([face.centre for face in faces])
    return np.vstack([mesh.a[rows], mesh.a[rows] + mesh.u[rows], mesh.a[rows] + mesh.v[rows]])


def _feature(
    kind: FeatureKind,
    group: Group,
    points: Vectors,
    way: Vectors,
    facing: list[tuple[Face, Face]],
    *,
    through: bool,
) -> Feature:
    helper = np.eye(3)[int(np.abs(way).argmin())]
    side = facing[0][0].normal if facing else np.cross(way, helper)
    side = side - way * float(side @ way)
    side = side / (float(np.linalg.norm(side)) or 1.0)
    spans = [float(np.ptp(points @ axis)) for axis in (side, np.cross(way, side))]
    if facing:
        across = [(a, b) for a, b in facing if abs(float(a.normal @ facing[0][0].normal)) > -FACING]
        spans[0] = min(abs(float((b.centre - a.centre) @ a.normal)) for a, b in across)
    radii = [face.radius for face in group.faces if face.kind == "cylinder" and face.internal]
    return Feature(
        kind=kind,
        length=_um(max(spans)),
        width=_um(min(spans)),
        depth=_um(float(np.ptp(points @ way))),
        radius=_um(min(radii, default=0.0)),
        through=through,
        place=place(points.min(axis=0) / 2 + points.max(axis=0) / 2),
    )


def _round_bosses(body: Body, skip: frozenset[int]) -> dict[int, Feature]:
    """Outer cylinders that go all the way round and rise from a plane, by face."""
    feet = {
        side
        for edge in body.edges
        if edge.bend < 0
        for side, other in (edge.faces, edge.faces[::-1])
        if body.faces[other].kind == "plane"
    }
    found: dict[int, Feature] = {}
    for face in body.faces:
        height = face.span[1] - face.span[0]
        if face.kind != "cylinder" or face.internal or face.index in skip or face.index not in feet:
            continue
        if face.area > FULL_TURN * 2 * math.pi * face.radius * height:
            found[face.index] = Feature(
                kind=FeatureKind.BOSS,
                length=_um(2 * face.radius),
                width=_um(2 * face.radius),
                depth=_um(height),
                radius=Micrometres(0),
                through=False,
                place=place(face.centre),
            )
    return found


def _rounded(body: Body, skip: frozenset[int]) -> list[Feature]:
    """Cylinders and tori that run smoothly into their neighbours on two sides or more."""
    smooth = np.zeros(len(body.faces), dtype=np.int64)
    for edge in body.edges:
        if edge.bend == 0:
            smooth[list(edge.faces)] += 1
    return [
        Feature(
            kind=FeatureKind.EDGE_ROUND,
            length=_um(face.span[1] - face.span[0] or math.sqrt(face.area)),
            width=Micrometres(0),
            depth=Micrometres(0),
            radius=_um(face.radius),
            through=False,
            place=place(face.centre),
        )
        for face in body.faces
        if face.kind in ("cylinder", "torus") and face.index not in skip and smooth[face.index] >= 2
    ]


def place(point: Vectors) -> Place:
    """A point in millimetres as it is reported."""
    x, y, z = (Micrometres(round(1000 * float(value))) for value in point)
    return Place(x=x, y=y, z=z)


def _um(millimetres: float) -> Micrometres:
    return Micrometres(round(1000 * millimetres))
