"""Finds round holes: full coaxial cylinders that face their axis, split where material lies between them."""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from node.design.box import across
from node.design.mesh import Mesh
from node.design.part import Bore
from node.design.tables import Face, Vectors
from protocol.units import Micrometres

PARALLEL = 1e-6
"""Deviation of a cosine from one: axes within a twelfth of a degree are one direction."""

COAXIAL = 0.01
"""Millimetres between axes that still count as one."""

FULL_TURN = 0.6
"""Share of the whole cylinder from which on it is a hole and not a rounded corner; cross holes interrupt bores."""

BRIDGE = 0.5
"""Radii of free air that a hole may cross; beyond that two holes were drilled in line."""

LOOK_AHEAD = 1.1
"""Radii beyond a hole's end that must be free for it to be open; a 90 degree drill tip reaches one."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One cylinder of a hole, or a cone that widens it, along the common axis; millimetres."""

    low: float
    high: float
    radius: float
    narrow: float
    cylinder: bool
    faces: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One hole with the faces that belong to it."""

    bore: Bore
    faces: frozenset[int]
    middle: Vectors
    """On the axis, half-way down."""


def find(faces: tuple[Face, ...], mesh: Mesh) -> list[Found]:
    """All round holes; closed cavities are none, since no drill gets there."""
    found: list[Found] = []
    for axis, origin, members in coaxial(
        [face for face in faces if face.internal and face.kind in ("cylinder", "cone")]
    ):
        stages = _stages(axis, origin, members)
        for run in _runs(axis, origin, stages, mesh):
            hole = _hole(axis, origin, run, mesh)
            if hole is not None:
                found.append(hole)
    return found


def table(found: list[Found]) -> tuple[Bore, ...]:
    """Equal holes counted together, ordered by diameter, depth and steps."""
    kinds = Counter(hole.bore for hole in found)
    rows = (
        Bore(diameter=kind.diameter, depth=kind.depth, through=kind.through, steps=kind.steps, count=count)
        for kind, count in kinds.items()
    )
    return tuple(sorted(rows, key=lambda bore: (bore.diameter, bore.depth, bore.steps, bore.through)))


def coaxial(faces: list[Face]) -> list[tuple[Vectors, Vectors, list[Face]]]:
    """Faces of revolution grouped by axis line: direction, a point on it, members."""
    groups: list[tuple[Vectors, Vectors, list[Face]]] = []
    axes, origins = np.empty((len(faces), 3)), np.empty((len(faces), 3))
    for face in faces:
        known = axes[: len(groups)]
        offset = face.origin - origins[: len(groups)]
        offset -= known * (offset * known).sum(axis=1)[:, None]
        parallel = np.abs(np.abs(known @ face.axis) - 1) < PARALLEL
        same = np.flatnonzero(parallel & ((offset * offset).sum(axis=1) < COAXIAL**2))
        if len(same):
            groups[same[0]][2].append(face)
            continue
        axes[len(groups)], origins[len(groups)] = face.axis, face.origin
        groups.append((face.axis, face.origin, [face]))
    return groups


def _stages(axis: Vectors, origin: Vectors, members: list[Face]) -> list[Stage]:
    """Faces of one axis merged to whole cylinders and cones; what covers too little of the turn is left out."""
    pieces: dict[tuple[str, int, int], list[tuple[float, float, Face]]] = {}
    for face in members:
        shift = float((face.origin - origin).dot(axis))
        along = 1 if face.axis.dot(axis) > 0 else -1
        ends = sorted(shift + along * end for end in face.span)
        key = (face.kind, round(face.radius * 1000), round(face.narrow * 1000))
        pieces.setdefault(key, []).append((ends[0], ends[1], face))
    stages: list[Stage] = []
    for (kind, _, _), rows in pieces.items():
        rows.sort(key=lambda row: row[:2])
        low, high, group = rows[0][0], rows[0][1], [rows[0][2]]
        for start, end, face in rows[1:]:
            if start <= high + 1e-3:
                high = max(high, end)
                group.append(face)
            else:
                stages.append(_stage(kind, low, high, group))
                low, high, group = start, end, [face]
        stages.append(_stage(kind, low, high, group))
    return sorted((stage for stage in stages if _covers(stage, members)), key=lambda stage: (stage.low, stage.high))


def _stage(kind: str, low: float, high: float, group: list[Face]) -> Stage:
    indices = frozenset(face.index for face in group)
    return Stage(low, high, group[0].radius, group[0].narrow, kind == "cylinder", indices)


def _covers(stage: Stage, members: list[Face]) -> bool:
    height = stage.high - stage.low
    slant = math.hypot(height, stage.radius - stage.narrow)
    whole = math.pi * (stage.radius + stage.narrow) * slant
    area = sum(face.area for face in members if face.index in stage.faces)
    return height > 1e-3 and area > FULL_TURN * whole


def _runs(axis: Vectors, origin: Vectors, stages: list[Stage], mesh: Mesh) -> list[list[Stage]]:
    runs: list[list[Stage]] = []
    for stage in stages:
        if runs:
            end = max(other.high for other in runs[-1])
            gap = stage.low - end
            reach = BRIDGE * max(other.radius for other in [stage, *runs[-1]])
            if gap <= 1e-3 or (gap <= reach and _free(axis, origin + axis * (end - 1e-3), gap, mesh)):
                runs[-1].append(stage)
                continue
        runs.append([stage])
    return [run for run in runs if any(stage.cylinder for stage in run)]


def _free(axis: Vectors, start: Vectors, length: float, mesh: Mesh) -> bool:
    distance, _ = mesh.first_hits(start[None], axis[None])
    return bool(distance[0] > length + 2e-3)


def _hole(axis: Vectors, origin: Vectors, run: list[Stage], mesh: Mesh) -> Found | None:
    cylinders = [stage for stage in run if stage.cylinder]
    narrowest = min(stage.radius for stage in cylinders)
    walls = cylinders + [stage for stage in run if not stage.cylinder and stage.narrow > 0.9 * narrowest]
    low, high = min(walls, key=lambda stage: stage.low), max(walls, key=lambda stage: stage.high)
    middle = origin + axis * ((low.low + high.high) / 2)
    half = (high.high - low.low) / 2
    ends = [
        _open(middle, axis, half + LOOK_AHEAD * high.narrow, narrowest, mesh),
        _open(middle, -axis, half + LOOK_AHEAD * low.narrow, narrowest, mesh),
    ]
    if not any(ends):
        return None
    bore = Bore(
        diameter=Micrometres(round(2000 * narrowest)),
        depth=Micrometres(round(2000 * half)),
        through=all(ends),
        steps=tuple(Micrometres(size) for size in sorted({round(2000 * stage.radius) for stage in cylinders})),
        count=1,
    )
    return Found(bore, frozenset().union(*(stage.faces for stage in run)), middle)


def _open(middle: Vectors, direction: Vectors, reach: float, radius: float, mesh: Mesh) -> bool:
    """Whether most of five rays, the axis and four half-way to the wall, get ``reach`` far."""
    first, second = across(direction)
    starts = middle + 0.5 * radius * np.array([np.zeros(3), first, -first, second, -second])
    distances, _ = mesh.first_hits(starts, np.tile(direction, (5, 1)))
    return int((distances > reach).sum()) >= 3
