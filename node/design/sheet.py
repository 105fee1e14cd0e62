"""Recognises what is cut from plate: flat parts with their contours, and the bends of parts of constant thickness."""

import math
from collections import Counter

import numpy as np

from node.design.depressions import place
from node.design.holes import coaxial
from node.design.mesh import Flags, Mesh
from node.design.part import Bend, Feature, FeatureKind, Millimetres, Profile
from node.design.tables import Body, Face, Vectors
from node.design.walls import Probes
from protocol.units import Micrometres

UPRIGHT = 0.97
"""Share of the surface that must be cap or upright wall."""

CAPS = 0.3
"""Share of the surface that must be cap: below that it is a block, not a plate."""

FULL = 0.97
"""Share of the caps that must have the whole thickness behind them; pockets and blind holes take from it."""

THICKEST = 25.0
"""Millimetres that jets and lasers cut."""

SLENDER = 2.5
"""Middle edge of the box over the thickness."""

LEVEL, STEEP = 0.999, 0.02
MOST_TURN = math.radians(200)


def profile(body: Body, mesh: Mesh, probes: Probes, frame: Vectors, size: Vectors) -> Profile | None:
    """The flat part's contours, or None when the part is not flat."""
    thin = int(size.argmin())
    thickness, way = float(size[thin]), frame[thin]
    if thickness > THICKEST or float(np.sort(size)[1]) < SLENDER * thickness:
        return None
    slope = np.abs(probes.normals @ way)
    caps = slope > LEVEL
    if (caps | (slope < STEEP)).mean() < UPRIGHT or caps.mean() < CAPS:
        return None
    if (np.abs(probes.depth[caps] - thickness) < 0.02 * thickness + 1e-3).mean() < FULL:
        return None
    steepness = np.abs(mesh.units @ way)
    walls = float(mesh.areas[steepness < STEEP].sum())
    contours, smallest = _contours(body, mesh, steepness, way)
    return Profile(
        thickness=Micrometres(round(1000 * thickness)),
        cut=Millimetres(round(walls / thickness)),
        contours=max(1, contours),
        smallest=smallest,
    )


def bent(faces: tuple[Face, ...], thickness: Micrometres | None) -> list[tuple[Face, Face]]:
    """Inside and outside of every bend: coaxial cylinders one thickness apart; none where no thickness is constant."""
    found: list[tuple[Face, Face]] = []
    if thickness is None:
        return found
    for _, _, members in coaxial([face for face in faces if face.kind == "cylinder"]):
        for inner in (face for face in members if face.internal):
            outer = inner.radius + thickness / 1000
            outside = [face for face in members if not face.internal and abs(face.radius - outer) < 0.03 * outer]
            if outside and _turn(inner) < MOST_TURN:
                found.append((inner, outside[0]))
    return found


def bends(found: list[tuple[Face, Face]]) -> tuple[Bend, ...]:
    """Equal bends counted together."""
    kinds = Counter(
        (round(1000 * face.radius), round(100 * math.degrees(_turn(face))), round(1000 * (face.span[1] - face.span[0])))
        for face, _ in found
    )
    return tuple(
        Bend(radius=Micrometres(radius), angle=angle, length=Micrometres(length), count=count)
        for (radius, angle, length), count in sorted(kinds.items())
    )


def bend_features(found: list[tuple[Face, Face]]) -> tuple[Feature, ...]:
    """Every bend where it is, ordered by place."""
    features = [
        Feature(
            kind=FeatureKind.BEND,
            length=Micrometres(round(1000 * (face.span[1] - face.span[0]))),
            width=Micrometres(0),
            depth=Micrometres(0),
            radius=Micrometres(round(1000 * face.radius)),
            through=False,
            place=place(face.centre),
        )
        for face, _ in found
    ]
    return tuple(sorted(features, key=lambda f: (f.place.x, f.place.y, f.place.z)))


def _turn(face: Face) -> float:
    """Radians that a cylinder goes round."""
    height = face.span[1] - face.span[0]
    return face.area / (face.radius * height) if height > 0 else math.inf


def _contours(body: Body, mesh: Mesh, steepness: Vectors, way: Vectors) -> tuple[int, Micrometres | None]:
    """Closed bands of upright faces, and the size of the smallest inner one."""
    worst = np.zeros(len(body.faces))
    np.maximum.at(worst, mesh.owners, steepness)
    upright = {face.index for face in body.faces if worst[face.index] < STEEP}
    leader = {index: index for index in upright}

    def root(index: int) -> int:
        while leader[index] != index:
            index = leader[index]
        return index

    for edge in body.edges:
        if upright.issuperset(edge.faces):
            leader[root(edge.faces[0])] = root(edge.faces[1])
    bands: dict[int, list[int]] = {}
    for index in sorted(upright):
        bands.setdefault(root(index), []).append(index)
    centres = mesh.a + (mesh.u + mesh.v) / 3
    areas = [_enclosed(mesh, centres, np.isin(mesh.owners, band), way) for band in bands.values()]
    inner = [-area for area in areas if area < 0]  # walls of a cut-out face inwards
    return len(bands), Micrometres(round(2000 * math.sqrt(min(inner) / math.pi))) if inner else None


def _enclosed(mesh: Mesh, centres: Vectors, rows: Flags, way: Vectors) -> float:
    """Area that a band of walls encloses, negative when they face inwards: half the flux of the flat position."""
    flux = np.einsum("ij,ij->i", centres[rows], mesh.normal[rows]) / 2
    height = np.concatenate([corner[rows] @ way for corner in (mesh.a, mesh.a + mesh.u, mesh.a + mesh.v)])
    return float(flux.sum()) / 2 / float(np.ptp(height) or 1.0)
