"""Text DXF to curves: lines, arcs, ellipses, polylines, splines, blocks; text, dimensions and names are dropped."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from node.design.errors import Code, IntakeError
from node.design.lengths import Unit
from node.design.tables import Vectors

UNITS = {
    "1": Unit.INCH,
    "2": Unit.FOOT,
    "4": Unit.MILLIMETRE,
    "5": Unit.CENTIMETRE,
    "6": Unit.METRE,
    "13": Unit.MICROMETRE,
}
"""Values of $INSUNITS that a part may be drawn in."""

MOST_CURVES = 50_000
"""After blocks are expanded; a laser job of a whole sheet has a few thousand."""

NESTING = 8
"""Blocks inside blocks."""

HUGE = 1e6
"""Largest coordinate or radius that is believed, in the file's unit."""

HIDDEN_LAYERS = {"DEFPOINTS"}


@dataclass(slots=True)
class Entity:
    """One entity: its kind, its group codes in order, and its vertices when it is an old polyline."""

    kind: str
    codes: list[tuple[int, str]] = field(default_factory=list)
    vertices: list["Entity"] = field(default_factory=list)

    def number(self, code: int, default: float = 0.0) -> float:
        """The first value of a group code.

        Raises:
            IntakeError: not a believable number.
        """
        return next((_number(text) for found, text in self.codes if found == code), default)

    def numbers(self, code: int) -> list[float]:
        """All values of a group code, in order."""
        return [_number(text) for found, text in self.codes if found == code]

    def text(self, code: int) -> str:
        """The first value of a group code, or nothing."""
        return next((text for found, text in self.codes if found == code), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What is cut: polylines in the file's unit, and how closely they follow the curves."""

    curves: tuple[Vectors, ...]
    """Each (k, 2), k at least 2."""

    unit: Unit | None
    sag: float


def read_dxf(data: bytes) -> Drawing:
    """Curves of the model space.

    Raises:
        IntakeError: PARSE_ERROR, NO_SOLID without curves, TOO_MANY_ENTITIES or TOO_DEEP.
    """
    sections = read_sections(pairs(data))
    blocks = _blocks(sections.get("BLOCKS", []))
    placed = list(_expand(_entities(sections.get("ENTITIES", [])), blocks, np.eye(3), 0, [0]))
    if not placed:
        raise IntakeError(Code.NO_SOLID, "The drawing holds no lines or curves")
    coarse = [_curve(entity, 1.0) @ place[:2, :2].T + place[:2, 2] for entity, place in placed]
    points = np.vstack(coarse)
    if np.abs(points).max() > HUGE:
        raise IntakeError(Code.PARSE_ERROR, "The drawing is larger than anything that is cut")
    sag = max(1e-6, 1e-5 * float(np.ptp(points, axis=0).max()))
    curves = tuple(_curve(entity, sag) @ place[:2, :2].T + place[:2, 2] for entity, place in placed)
    return Drawing(curves=curves, unit=_unit(sections.get("HEADER", [])), sag=sag)


def pairs(data: bytes) -> Iterator[tuple[int, str]]:
    """Group codes and their values.

    Raises:
        IntakeError: PARSE_ERROR for a code that is no number.
    """
    lines = data.decode("utf-8", "replace").splitlines()
    for code, value in zip(lines[::2], lines[1::2], strict=False):
        try:
            yield int(code), value.strip()
        except ValueError as error:
            raise IntakeError(Code.PARSE_ERROR, "A group code is not a number") from error


def read_sections(tagged: Iterator[tuple[int, str]]) -> dict[str, list[tuple[int, str]]]:
    """Group codes by section, each beginning with the one that names it."""
    sections: dict[str, list[tuple[int, str]]] = {}
    current: list[tuple[int, str]] | None = None
    for code, value in tagged:
        if (code, value) == (0, "SECTION"):
            current = []
        elif (code, value) == (0, "ENDSEC"):
            current = None
        elif current is not None:
            if not current and code == 2:
                current = sections.setdefault(value, [])
            current.append((code, value))
    return sections


def _entities(tagged: list[tuple[int, str]]) -> list[Entity]:
    found: list[Entity] = []
    polyline: Entity | None = None
    for code, value in tagged:
        if code == 0:
            entity = Entity(value)
            if value == "VERTEX" and polyline is not None:
                polyline.vertices.append(entity)
            else:
                found.append(entity)
            polyline = entity if value == "POLYLINE" else (polyline if value == "VERTEX" else None)
            latest = entity
        elif found:
            latest.codes.append((code, value))
    return found


def _blocks(tagged: list[tuple[int, str]]) -> dict[str, tuple[Entity, list[Entity]]]:
    blocks: dict[str, tuple[Entity, list[Entity]]] = {}
    members: list[Entity] = []
    for entity in _entities(tagged):
        if entity.kind == "BLOCK":
            members = []
            blocks[entity.text(2)] = (entity, members)
        elif entity.kind != "ENDBLK":
            members.append(entity)
    return blocks


def _expand(
    entities: list[Entity], blocks: dict[str, tuple[Entity, list[Entity]]], place: Vectors, depth: int, count: list[int]
) -> Iterator[tuple[Entity, Vectors]]:
    if depth > NESTING:
        raise IntakeError(Code.TOO_DEEP, f"Blocks are nested deeper than {NESTING}")
    for entity in entities:
        count[0] += 1
        if count[0] > MOST_CURVES:
            raise IntakeError(Code.TOO_MANY_ENTITIES, f"The drawing has more than {MOST_CURVES:,} entities")
        if entity.number(67) == 1 or entity.text(8).upper() in HIDDEN_LAYERS:  # paper space, construction points
            continue
        if entity.kind in _CURVES:
            yield entity, place @ _mirrored(entity)
        elif entity.kind == "INSERT" and entity.text(2) in blocks:
            block, members = blocks[entity.text(2)]
            for local in _inserts(entity, block):
                yield from _expand(members, blocks, place @ _mirrored(entity) @ local, depth + 1, count)


def _inserts(entity: Entity, block: Entity) -> Iterator[Vectors]:
    """Placements of a block, row by row."""
    turn = math.radians(entity.number(50))
    scale = np.diag([entity.number(41, 1.0), entity.number(42, 1.0), 1.0])
    spin = np.array([[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0], [0, 0, 1.0]])
    base = _moved(-block.number(10), -block.number(20))
    rows, columns = max(1, int(entity.number(71, 1))), max(1, int(entity.number(70, 1)))
    if rows * columns > MOST_CURVES:
        raise IntakeError(Code.TOO_MANY_ENTITIES, f"The drawing has more than {MOST_CURVES:,} entities")
    for row in range(rows):
        for column in range(columns):
            step = _moved(column * entity.number(44), row * entity.number(45))
            yield _moved(entity.number(10), entity.number(20)) @ spin @ step @ scale @ base


def _moved(x: float, y: float) -> Vectors:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _mirrored(entity: Entity) -> Vectors:
    """From the entity's own plane to the drawing's: seen from behind, x points the other way."""
    behind = entity.kind not in ("LINE", "SPLINE", "ELLIPSE") and entity.number(230, 1.0) < 0
    return np.diag([-1.0 if behind else 1.0, 1.0, 1.0])


def _curve(entity: Entity, sag: float) -> Vectors:
    curve = _CURVES[entity.kind](entity, sag)
    return curve if len(curve) > 1 else np.zeros((2, 2))


def _line(entity: Entity, _: float) -> Vectors:
    return np.array([[entity.number(10), entity.number(20)], [entity.number(11), entity.number(21)]])


def _circle(entity: Entity, sag: float) -> Vectors:
    return _arc_points((entity.number(10), entity.number(20)), entity.number(40), 0.0, 2 * math.pi, sag)


def _arc(entity: Entity, sag: float) -> Vectors:
    start, end = math.radians(entity.number(50)), math.radians(entity.number(51))
    sweep = (end - start) % (2 * math.pi) or 2 * math.pi
    return _arc_points((entity.number(10), entity.number(20)), entity.number(40), start, sweep, sag)


def _arc_points(centre: tuple[float, float], radius: float, start: float, sweep: float, sag: float) -> Vectors:
    angles = start + np.linspace(0, sweep, _steps(radius, sweep, sag) + 1)
    points: Vectors = np.array(centre) + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return points


def _steps(radius: float, sweep: float, sag: float) -> int:
    """Chords that stay within ``sag`` of the arc, at least one per 30 degrees, at most 720."""
    chord = 2 * math.acos(max(-1.0, 1 - sag / radius)) if radius > sag else math.pi / 6
    return max(1, min(720, math.ceil(abs(sweep) / min(chord, math.pi / 6))))


def _ellipse(entity: Entity, sag: float) -> Vectors:
    major = np.array([entity.number(11), entity.number(21)])
    behind = -1.0 if entity.number(230, 1.0) < 0 else 1.0
    minor = np.array([-major[1], major[0]]) * entity.number(40, 1.0) * behind
    start, end = entity.number(41), entity.number(42, 2 * math.pi)
    sweep = (end - start) % (2 * math.pi) or 2 * math.pi
    angles = start + np.linspace(0, sweep, _steps(float(np.linalg.norm(major)), sweep, sag) + 1)
    centre = np.array([entity.number(10), entity.number(20)])
    curve: Vectors = centre + np.outer(np.cos(angles), major) + np.outer(np.sin(angles), minor)
    return curve


def _polyline(entity: Entity, sag: float) -> Vectors:
    """Old and new polylines; a bulge is the tangent of a quarter of the arc's angle."""
    if entity.kind == "LWPOLYLINE":
        corners = _light_corners(entity)
    else:
        corners = [(v.number(10), v.number(20), v.number(42)) for v in entity.vertices if not int(v.number(70)) & 16]
    if int(entity.number(70)) & 1 and corners:
        corners = [*corners, corners[0]]
    points = [np.array([corners[0][:2]])] if corners else []
    for (x, y, bulge), (end_x, end_y, _) in itertools.pairwise(corners):
        points.append(_bulged(np.array([x, y]), np.array([end_x, end_y]), bulge, sag))
    return np.vstack(points) if points else np.zeros((0, 2))


def _light_corners(entity: Entity) -> list[tuple[float, float, float]]:
    corners: list[tuple[float, float, float]] = []
    for code, text in entity.codes:
        if code == 10:
            corners.append((_number(text), 0.0, 0.0))
        elif code == 20 and corners:
            corners[-1] = (corners[-1][0], _number(text), 0.0)
        elif code == 42 and corners:
            corners[-1] = (*corners[-1][:2], _number(text))
    return corners


def _bulged(start: Vectors, end: Vectors, bulge: float, sag: float) -> Vectors:
    """Points after ``start`` up to ``end``."""
    chord = end - start
    length = float(np.linalg.norm(chord))
    if abs(bulge) < 1e-9 or length < 1e-12:
        return end[None]
    sweep = 4 * math.atan(bulge)
    radius = length / (2 * abs(math.sin(sweep / 2)))
    if radius > HUGE:
        return end[None]
    towards = np.array([-chord[1], chord[0]]) / length
    centre = (start + end) / 2 + towards * length * (1 - bulge**2) / (4 * bulge)
    first = math.atan2(start[1] - centre[1], start[0] - centre[0])
    points = _arc_points((centre[0], centre[1]), radius, first, sweep, sag)[1:]
    points[-1] = end
    return points


def _spline(entity: Entity, sag: float) -> Vectors:
    """De Boor's points, eight or more per knot span; without control points the fit points."""
    control = np.stack([entity.numbers(10), entity.numbers(20)], axis=1) if entity.numbers(10) else np.zeros((0, 2))
    if not len(control):
        return np.stack([entity.numbers(11), entity.numbers(21)], axis=1) if entity.numbers(11) else np.zeros((0, 2))
    degree, knots = int(entity.number(71, 3)), np.array(entity.numbers(40))
    weights = np.array(entity.numbers(41)) if len(entity.numbers(41)) == len(control) else np.ones(len(control))
    if not 1 <= degree <= 10 or len(knots) != len(control) + degree + 1 or (np.diff(knots) < 0).any():
        raise IntakeError(Code.PARSE_ERROR, "A spline's knots do not fit its points")
    spans = np.unique(knots[degree : len(control) + 1])
    extent = float(np.ptp(control, axis=0).max())
    each = int(min(64, max(8, math.sqrt(extent / sag) / max(1, len(spans)))))
    at = np.unique(np.concatenate([np.linspace(a, b, each + 1) for a, b in itertools.pairwise(spans)] or [spans]))
    homogeneous = np.column_stack([control * weights[:, None], weights])
    points = np.array([_de_boor(homogeneous, knots, degree, float(value)) for value in at])
    curve: Vectors = points[:, :2] / points[:, 2:]
    return curve


def _de_boor(control: Vectors, knots: Vectors, degree: int, at: float) -> Vectors:
    span = int(np.searchsorted(knots, at, side="right")) - 1
    span = min(max(span, degree), len(control) - 1)
    points = control[span - degree : span + 1].copy()
    for level in range(1, degree + 1):
        for index in range(degree, level - 1, -1):
            low = knots[span - degree + index]
            width = knots[index + 1 + span - level] - low
            share = (at - low) / width if width > 0 else 0.0
            points[index] = (1 - share) * points[index - 1] + share * points[index]
    point: Vectors = points[degree]
    return point


def _unit(header: list[tuple[int, str]]) -> Unit | None:
    for (_, name), (_, value) in itertools.pairwise(header):
        if name == "$INSUNITS":
            return UNITS.get(value)
    return None


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise IntakeError(Code.PARSE_ERROR, "A coordinate is not a number") from error
    if not abs(value) <= HUGE:
        raise IntakeError(Code.PARSE_ERROR, "A coordinate is larger than anything that is cut")
    return value


_CURVES = {
    "LINE": _line,
    "CIRCLE": _circle,
    "ARC": _arc,
    "ELLIPSE": _ellipse,
    "LWPOLYLINE": _polyline,
    "POLYLINE": _polyline,
    "SPLINE": _spline,
}

KINDS = frozenset([*_CURVES, "VERTEX", "SEQEND", "INSERT", "BLOCK", "ENDBLK"])
"""Entities that curves are made of and placed by."""
