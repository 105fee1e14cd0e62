"""Curves of a drawing to closed outlines: what is cut, how long, how many pierces; a gap is shown, not bridged."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from node.design.dxf import Drawing
from node.design.errors import Code, IntakeError
from node.design.tables import Vectors

GAP = 0.02
"""Millimetres that ends of curves may lie apart and still meet; exports round to a micrometre, people draw worse."""

STRAY = 0.02
"""Share of the curves' length that may belong to no outline (centre lines, text) before the drawing counts as open."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """Flat shapes, millimetres."""

    shapes: tuple[Polygon, ...]
    """With their holes, largest first."""

    stray: float
    """Length of curves that belong to no outline."""


def outline(drawing: Drawing, scale: float) -> Outline:
    """Closed shapes by the even-odd rule; ``scale`` is millimetres per unit of the file.

    Raises:
        IntakeError: NOT_CLOSED, with the place of the first open end.
    """
    grid = GAP / 4
    lines = [shapely.set_precision(LineString(curve * scale), grid) for curve in drawing.curves]
    snapped, loose = _snapped([line for line in lines if line.length > 0])
    whole = shapely.unary_union(snapped)
    rings, cuts, dangles, broken = shapely.polygonize_full([whole])
    total = float(whole.length)
    stray = float(dangles.length + cuts.length + broken.length)
    if not len(rings.geoms) or stray > STRAY * total:
        raise IntakeError(Code.NOT_CLOSED, _where_open([*dangles.geoms, *cuts.geoms]))
    shapes = _even_odd([Polygon(ring.exterior) for ring in rings.geoms])
    rims = shapely.unary_union([shape.boundary for shape in shapes])
    on_rim = [point for point in loose if float(rims.distance(shapely.Point(point))) < GAP]
    if on_rim:
        raise IntakeError(Code.NOT_CLOSED, _where_open([LineString([point, point]) for point in on_rim]))
    return Outline(shapes=shapes, stray=stray)


def cut_length(outlines: Outline) -> float:
    """Of all contours, inner ones included."""
    return sum(float(shape.length) for shape in outlines.shapes)


def smallest_hole(outlines: Outline) -> float | None:
    """Diameter of the circle with the smallest cut-out's area."""
    areas = [Polygon(ring).area for shape in outlines.shapes for ring in shape.interiors]
    return 2 * float(np.sqrt(min(areas) / np.pi)) if areas else None


def round_holes(outlines: Outline) -> list[tuple[float, float, float]]:
    """Centre and diameter, to a hundredth, of every cut-out that is a circle within a fiftieth of its radius."""
    found = []
    for ring in (ring for shape in outlines.shapes for ring in shape.interiors):
        points = np.array(ring.coords)[:-1]
        hole = Polygon(ring)
        centre = np.array(hole.centroid.coords[0])
        radii = np.linalg.norm(points - centre, axis=1)
        if len(points) >= 8 and float(np.ptp(radii)) < 0.02 * float(radii.mean()) + GAP / 2:
            found.append((float(centre[0]), float(centre[1]), round(2 * float(radii.mean()), 2)))
    return found


def _snapped(lines: list[LineString]) -> tuple[list[LineString], Vectors]:
    """Ends that lie closer than the gap moved to one point, and the points where an odd number of ends meet."""
    ends = np.array([point for line in lines for point in (line.coords[0], line.coords[-1])]).reshape(-1, 2)
    tree = shapely.STRtree(shapely.points(ends))
    left, right = tree.query(shapely.points(ends), predicate="dwithin", distance=GAP)
    target = np.arange(len(ends))
    np.minimum.at(target, left, right)
    target = target[target]
    snapped = []
    for index, line in enumerate(lines):
        points = np.array(line.coords)
        points[0], points[-1] = ends[target[2 * index]], ends[target[2 * index + 1]]
        snapped.append(LineString(points))
    counts = np.bincount(target, minlength=len(ends))
    return [line for line in snapped if line.length > 0], ends[np.flatnonzero(counts % 2)]


def _even_odd(rings: list[Polygon]) -> tuple[Polygon, ...]:
    """What lies inside an odd number of outer contours of the planar faces, put together again."""
    contours = sorted({ring.wkb: ring for ring in rings}.values(), key=lambda ring: -ring.area)
    tree = shapely.STRtree(contours)
    inside = [ring.representative_point() for ring in contours]
    parents: list[list[int]] = []
    for index, point in enumerate(inside):
        around = tree.query(point, predicate="within")
        parents.append([int(other) for other in around if contours[other].area > contours[index].area * (1 + 1e-6)])
    shapes = []
    for index, contour in enumerate(contours):
        if len(parents[index]) % 2:
            continue
        holes = [
            contours[other].exterior.coords
            for other in range(index + 1, len(contours))
            if index in parents[other] and len(parents[other]) == len(parents[index]) + 1
        ]
        shapes.append(shapely.make_valid(Polygon(contour.exterior.coords, holes)))
    polygons = [part for shape in shapes for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return tuple(sorted(polygons, key=lambda shape: (-shape.area, shape.bounds)))


def _where_open(pieces: list[LineString]) -> str:
    if not pieces:
        return "The drawing encloses no area"
    x, y = pieces[0].coords[0]
    return f"The drawing has {len(pieces)} open ends or curves, the first at ({x:.2f}, {y:.2f}) mm"
