"""Bytes of one STEP file to its ``PartModel``; runs in the jailed reader, for it calls the kernel."""

import hashlib

import numpy as np

from node.design import box, features, holes
from node.design.brep import ENGINE, extents, read
from node.design.errors import Code, IntakeError
from node.design.header import names_nobody
from node.design.mesh import Mesh
from node.design.part import PartModel, PartsPerMillion, SquareMillimetres
from node.design.tables import Body, Vectors
from protocol.ids import Digest
from protocol.job import Envelope
from protocol.units import CubicMillimetres, Micrometres

SMALLEST, LARGEST = 0.5, 3000.0
"""Longest edge of a part that is believed, in mm; beyond that the unit is more likely wrong than the part."""


def measure(step: bytes) -> PartModel:
    """Read and measure.

    Raises:
        IntakeError: PARSE_ERROR, NO_SOLID, NOT_CLOSED, ASSEMBLY or UNITS.
    """
    body = read(step)
    mesh = Mesh.of(body.points, body.triangles)
    if mesh.volume <= 0:
        raise IntakeError(Code.NOT_CLOSED, "The body encloses no volume")
    axis = features.turned_axis(body, mesh)
    frame, size = _box(body, axis)
    edges = sorted((round(1000 * float(edge)) for edge in size), reverse=True)
    found = holes.find(body.faces, mesh)
    taken = frozenset[int]().union(*(hole.faces for hole in found))
    min_wall, sheet = features.thickness(mesh)
    return PartModel(
        sha256=Digest(hashlib.sha256(step).digest()),
        engine=ENGINE,
        unit=body.unit,
        header_stripped=names_nobody(step),
        solids=1,
        faces=len(body.faces),
        brep_volume=CubicMillimetres(round(body.volume)),
        mesh_volume=CubicMillimetres(round(mesh.volume)),
        disagreement=PartsPerMillion(round(abs(body.volume - mesh.volume) / mesh.volume * 1e6)),
        area=SquareMillimetres(round(body.area)),
        envelope=Envelope(length=Micrometres(edges[0]), width=Micrometres(edges[1]), height=Micrometres(edges[2])),
        holes=holes.table(found),
        turned=None if axis is None else features.turned(size, frame, axis),
        min_wall=min_wall,
        sheet=sheet,
        min_internal_radius=features.min_internal_radius(body.faces, taken),
        sharp_internal_edges=features.sharp_internal_edges(body, mesh, taken),
        pockets=features.pockets(body.faces, body.edges, taken),
    )


def _box(body: Body, axis: Vectors | None) -> tuple[Vectors, Vectors]:
    """The frame of the smallest box, along the axis of a turned part, and the body's exact size in it."""
    if axis is None:
        frame = box.smallest(body.points, box.frames(body.points, body.faces))
    else:
        frame = np.array([*box.across(axis), axis])
    size = extents(body, frame)
    longest = float(size.max())
    if not SMALLEST <= longest <= LARGEST:
        detail = f"The part measures {longest:.3g} mm in the file's unit ({body.unit})"
        raise IntakeError(Code.UNITS, detail)
    return frame, size
