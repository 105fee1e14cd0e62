"""A drawing to its ``PartModel``: outlines, holes and contours; its thickness is the customer's word."""

import hashlib
import math
from collections import Counter

import numpy as np
import shapely

from node.design import outline, preview
from node.design.dxf import read_dxf
from node.design.engine import ENGINE
from node.design.errors import UnitQuestionError
from node.design.formats import Format
from node.design.lengths import MILLIMETRES, believable, sizes
from node.design.mesh import Mesh
from node.design.neutral import names_nobody
from node.design.outline import Outline
from node.design.part import (
    Access,
    Bore,
    Build,
    Feature,
    FeatureKind,
    Kind,
    Millimetres,
    PartModel,
    PartsPerMillion,
    Place,
    Profile,
    SquareMillimetres,
)
from node.design.reading import Reading, Request
from node.design.shape import placed
from node.design.tables import Vectors
from protocol.ids import Digest
from protocol.job import Envelope
from protocol.units import CubicMillimetres, Micrometres

NOTHING = Micrometres(0)


def measure(request: Request) -> Reading:
    """Read and measure a DXF file.

    Raises:
        IntakeError: the drawing cannot be quoted.
        UnitQuestionError: it names no unit, or an unlikely one, and the customer named none.
    """
    drawing = read_dxf(request.content)
    longest = float(max(np.ptp(np.vstack(drawing.curves), axis=0)))
    unit = request.options.unit or drawing.unit
    if unit is None:
        raise UnitQuestionError(f"The drawing does not say its unit; it is {longest:.4g} units long", sizes(longest))
    if request.options.unit is None and not believable(longest * MILLIMETRES[unit]):
        raise UnitQuestionError(f"The drawing measures {longest * MILLIMETRES[unit]:.3g} mm", sizes(longest))
    outlines = outline.outline(drawing, MILLIMETRES[unit])
    thickness = request.options.thickness
    solid = _solid(outlines, thickness) if request.options.preview or request.options.shape else None
    return Reading(
        part=_describe(request, outlines, unit.value, thickness),
        preview=preview.draw(solid) if solid and request.options.preview else None,
        shape=placed(solid, np.eye(3)) if solid and request.options.shape else None,
        refusal=None,
    )


def _describe(request: Request, outlines: Outline, unit: str, thickness: Micrometres | None) -> PartModel:
    area = sum(float(shape.area) for shape in outlines.shapes)
    cut = outline.cut_length(outlines)
    height = thickness or NOTHING
    volume = CubicMillimetres(round(area * height / 1000))
    long, short = _sides(outlines)
    found = outline.round_holes(outlines)
    smallest = outline.smallest_hole(outlines)
    edges = sorted((long, short, height), reverse=True)
    return PartModel(
        sha256=Digest(hashlib.sha256(request.content).digest()),
        engine=ENGINE,
        format=Format.DXF,
        kind=Kind.PROFILE,
        unit=unit,
        header_stripped=names_nobody(request.content, Format.DXF),
        solids=len(outlines.shapes),
        faces=0,
        open_edges=0,
        brep_volume=volume,
        mesh_volume=volume,
        disagreement=PartsPerMillion(0),
        area=SquareMillimetres(round(2 * area + cut * height / 1000)),
        envelope=Envelope(length=edges[0], width=edges[1], height=edges[2]),
        holes=_bores(found, height),
        turned=None,
        min_wall=thickness,
        sheet=thickness,
        min_internal_radius=None,
        sharp_internal_edges=0,
        pockets=0,
        features=tuple(_feature(x, y, diameter, height) for x, y, diameter in sorted(found)[:250]),
        bends=(),
        profile=Profile(
            thickness=thickness,
            cut=Millimetres(round(cut)),
            contours=sum(1 + len(shape.interiors) for shape in outlines.shapes),
            smallest=None if smallest is None else _um(smallest),
        ),
        access=Access(setups=1, principal=True, unreachable=PartsPerMillion(0)),
        build=Build(height=height, support=SquareMillimetres(0), horizontal=SquareMillimetres(round(2 * area))),
        freeform=PartsPerMillion(0),
    )


def _sides(outlines: Outline) -> tuple[Micrometres, Micrometres]:
    """Of the smallest rectangle around all shapes."""
    around = shapely.oriented_envelope(shapely.union_all(list(outlines.shapes)))
    corners = np.array(around.exterior.coords)
    sides = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    return _um(float(sides.max())), _um(float(sorted(sides)[1]))


def _bores(found: list[tuple[float, float, float]], height: Micrometres) -> tuple[Bore, ...]:
    kinds = Counter(_um(diameter) for _, _, diameter in found)
    return tuple(
        Bore(diameter=diameter, depth=height, through=True, steps=(diameter,), count=count)
        for diameter, count in sorted(kinds.items())
    )


def _feature(x: float, y: float, diameter: float, height: Micrometres) -> Feature:
    return Feature(
        kind=FeatureKind.ROUND_HOLE,
        length=NOTHING,
        width=_um(diameter),
        depth=height,
        radius=NOTHING,
        through=True,
        place=Place(x=_um(x), y=_um(y), z=NOTHING),
    )


def _solid(outlines: Outline, thickness: Micrometres | None) -> Mesh:
    """The shapes pulled up; a fiftieth of their size where the thickness is not known."""
    whole = shapely.union_all(list(outlines.shapes))
    height = thickness / 1000 if thickness else math.dist(whole.bounds[:2], whole.bounds[2:]) / 50
    flat = np.array(
        [
            np.array(triangle.exterior.coords)[:3]
            for shape in outlines.shapes
            for triangle in shapely.get_parts(shapely.constrained_delaunay_triangles(shape))
        ]
    )
    oriented = [shapely.orient_polygons(shape) for shape in outlines.shapes]
    sides = [ring for shape in oriented for ring in (shape.exterior, *shape.interiors)]
    first, second = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    turned = first[:, 0] * second[:, 1] < first[:, 1] * second[:, 0]
    flat[turned] = flat[turned, ::-1]
    top = _lifted(flat, height)
    bottom = _lifted(flat[:, ::-1], 0.0)
    walls = np.vstack([_wall(np.array(ring.coords), height) for ring in sides])
    corners = np.vstack([top, bottom, walls])
    owners = np.repeat([0, 1, 2], [len(top), len(bottom), len(walls)])
    return Mesh.of(corners.reshape(-1, 3), np.arange(3 * len(corners)).reshape(-1, 3), owners)


def _lifted(flat: Vectors, height: float) -> Vectors:
    return np.concatenate([flat, np.full((*flat.shape[:2], 1), height)], axis=2)


def _wall(ring: Vectors, height: float) -> Vectors:
    """Two triangles per side of a ring with the shape on its left."""
    start, end = ring[:-1], ring[1:]
    low = np.zeros((len(start), 1))
    high = low + height
    a, b = np.hstack([start, low]), np.hstack([end, low])
    c, d = np.hstack([end, high]), np.hstack([start, high])
    return np.vstack([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def _um(millimetres: float) -> Micrometres:
    return Micrometres(round(1000 * millimetres))
