"""One file to its ``PartModel`` and preview; runs in the jailed reader, for it calls the kernel."""

import hashlib
from dataclasses import dataclass

import numpy as np

from node.design import (
    box,
    brep,
    corners,
    depressions,
    flat,
    holes,
    mesh_files,
    preview,
    sheet,
    shell,
    turning,
    walls,
)
from node.design.engine import ENGINE
from node.design.errors import Code, IntakeError, UnitQuestionError
from node.design.formats import Format
from node.design.lengths import MILLIMETRES, believable, sizes
from node.design.mesh import Mesh
from node.design.neutral import names_nobody
from node.design.part import Feature, FeatureKind, Kind, PartModel, PartsPerMillion, SquareMillimetres, Turned
from node.design.reading import Reading, Request
from node.design.shape import placed
from node.design.tables import Body, Vectors
from node.design.threads import threads
from node.design.threemf import read_3mf
from protocol.ids import Digest
from protocol.job import Envelope
from protocol.units import CubicMillimetres, Micrometres

MOST_HOLES = 250
"""Holes listed one by one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stance:
    """The smallest box around a part, and the axis that it turns about."""

    frame: Vectors
    size: Vectors
    axis: Vectors | None

    @property
    def envelope(self) -> Envelope:
        length, width, height = sorted((round(1000 * float(edge)) for edge in self.size), reverse=True)
        return Envelope(length=Micrometres(length), width=Micrometres(width), height=Micrometres(height))

    @property
    def turned(self) -> Turned | None:
        return None if self.axis is None else turning.turned(self.size, self.frame, self.axis)


def measure(request: Request) -> Reading:
    """Read and measure.

    Raises:
        IntakeError: the file cannot be quoted.
        UnitQuestionError: the file names no unit, or an unlikely one, and the customer named none.
    """
    if request.kind is Format.DXF:
        return flat.measure(request)
    body = _body(request)
    mesh = Mesh.of(body.points, body.triangles, body.owners)
    if mesh.volume <= 0:
        raise IntakeError(Code.NOT_CLOSED, "The body encloses no volume")
    stance = _stance(body, mesh)
    return Reading(
        part=_describe(request, body, mesh, stance),
        preview=preview.draw(mesh) if request.options.preview else None,
        shape=placed(Mesh.of(*brep.finely(body)), stance.frame) if request.options.shape else None,
        refusal=None,
    )


def _body(request: Request) -> Body:
    unit = request.options.unit
    if request.kind is Format.STEP:
        body = brep.read(request.content, unit=unit)
        longest = float(np.ptp(body.points, axis=0).max())
        if unit is None and not believable(longest):
            known = brep.length_of(body.unit)
            detail = f"The part measures {longest:.3g} mm in the file's unit ({body.unit})"
            raise UnitQuestionError(detail, sizes(longest / known))
        _refuse_open(body)
        return body
    soup = _soup(request)
    unit = unit or soup.unit
    longest = float(np.ptp(soup.points, axis=0).max()) if len(soup.points) else 0.0
    if unit is None:
        raise UnitQuestionError(
            f"{request.kind} does not say its unit; the part is {longest:.4g} units long", sizes(longest)
        )
    if request.options.unit is None and not believable(longest * MILLIMETRES[unit]):
        raise UnitQuestionError(f"The part measures {longest * MILLIMETRES[unit]:.3g} mm", sizes(longest))
    return shell.body(shell.weld(soup.points * MILLIMETRES[unit], soup.triangles), unit=unit.value)


def _soup(request: Request) -> mesh_files.Soup:
    if request.kind is Format.STL:
        return mesh_files.read_stl(request.content, most=request.triangles)
    if request.kind is Format.OBJ:
        return mesh_files.read_obj(request.content, most=request.triangles)
    return read_3mf(request.content, most=request.triangles, unpacked=request.unpacked)


def _refuse_open(body: Body) -> None:
    """A few gaps between sound faces are flagged; a missing face is no body."""
    if not body.open_edges:
        return
    a, b, c = (body.points[body.triangles[:, corner]] for corner in range(3))
    cross = np.cross(b - a, c - a)
    skew = float(np.linalg.norm(cross.sum(axis=0))) / float(np.linalg.norm(cross, axis=1).sum())
    if skew > shell.SKEW or body.open_edges > shell.OPEN_SHARE * max(1, len(body.edges)):
        raise IntakeError(Code.NOT_CLOSED, f"The body has {body.open_edges} open edges")


def _describe(request: Request, body: Body, mesh: Mesh, stance: _Stance) -> PartModel:
    probes = walls.probe(mesh)
    found = holes.find(body.faces, mesh)
    taken = frozenset[int]().union(*(hole.faces for hole in found))
    min_wall, constant = walls.thickness(probes)
    bent = sheet.bent(body.faces, constant)
    told = taken.union(face.index for pair in bent for face in pair)
    groups = depressions.groups(body.faces, body.edges, told)
    return PartModel(
        sha256=Digest(hashlib.sha256(request.content).digest()),
        engine=ENGINE,
        format=request.kind,
        kind=Kind.SOLID if request.kind is Format.STEP else Kind.MESH,
        unit=body.unit,
        header_stripped=names_nobody(request.content, request.kind),
        solids=body.bodies,
        faces=len(body.faces),
        open_edges=body.open_edges,
        brep_volume=CubicMillimetres(round(body.volume)),
        mesh_volume=CubicMillimetres(round(mesh.volume)),
        disagreement=PartsPerMillion(round(min(1.0, abs(body.volume - mesh.volume) / mesh.volume) * 1e6)),
        area=SquareMillimetres(round(body.area)),
        envelope=stance.envelope,
        holes=holes.table(found),
        turned=stance.turned,
        min_wall=min_wall,
        sheet=constant,
        min_internal_radius=corners.min_internal_radius(body.faces, taken),
        sharp_internal_edges=corners.sharp_internal_edges(body, mesh, taken),
        pockets=len(groups),
        features=(*_holes(found), *sheet.bend_features(bent), *depressions.describe(body, mesh, groups, told)),
        bends=sheet.bends(bent),
        profile=sheet.profile(body, mesh, probes, stance.frame, stance.size),
        access=walls.access(mesh, probes, stance.frame, body.faces),
        build=walls.build(mesh, stance.frame),
        threads=threads(request.content) if request.kind is Format.STEP else (),
        freeform=PartsPerMillion(
            round(1e6 * sum(face.area for face in body.faces if face.kind in ("other", "torus", "sphere")) / body.area)
        ),
    )


def _holes(found: list[holes.Found]) -> tuple[Feature, ...]:
    features = [
        Feature(
            kind=FeatureKind.ROUND_HOLE,
            length=Micrometres(0),
            width=hole.bore.diameter,
            depth=hole.bore.depth,
            radius=Micrometres(0),
            through=hole.bore.through,
            place=depressions.place(hole.middle),
        )
        for hole in found
    ]
    return tuple(sorted(features, key=lambda f: (f.width, f.depth, f.place.x, f.place.y, f.place.z)))[:MOST_HOLES]


def _stance(body: Body, mesh: Mesh) -> _Stance:
    """The frame of the smallest box, along the axis of a turned part, and the body's exact size in it."""
    axis = turning.turned_axis(body, mesh)
    if axis is None:
        frame = box.smallest(body.points, box.frames(body.points, body.faces))
    else:
        frame = np.array([*box.across(axis), axis])
    size = np.ptp(body.points @ frame.T, axis=0) if body.shape is None else brep.extents(body, frame)
    return _Stance(frame=frame, size=size, axis=axis)
