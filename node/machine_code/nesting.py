"""Cutting sheet: copies of a flat part laid out with spyrrow and written as DXF, contours and nothing else."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
import spyrrow
from shapely import affinity
from shapely.geometry import Polygon

from node.design.dxf import read_dxf
from node.design.outline import cut_length, outline
from node.design.tables import Vectors
from node.machine_code import mark
from node.machine_code.errors import NoCodeError
from node.machine_code.mark import Mark
from node.machine_code.program import MachineCode, ProgramFile
from node.machine_code.sections import polygons, section
from protocol.profile import Cutter
from protocol.units import Grams, Seconds

SEARCH = 2
"""Seconds that the nest may be improved for; fifteen found no better one for 32 parts of five shapes."""

TRIES = 6
"""Counts of parts that are tried on a sheet."""

DENSE = 0.85
"""Share of a sheet that parts and their gaps are first thought to fill."""

CELL = mark.SHIFTS * mark.SHIFT
"""Millimetres of the grid that lowest corners lie on before the fingerprint moves them."""

ROUND = 0.01
"""Millimetres that a contour may be off a circle and still be written as one."""

EXACT = 1e-3
"""Share by which contours may change in being written and read again."""

Rings = tuple[Polygon, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One layout and how often it is cut."""

    parts: Rings
    count: int


def code(corners: Vectors, cutter: Cutter, quantity: int, density: int, issued: Mark) -> MachineCode:
    """Layouts of ``quantity`` parts; ``corners`` (m, 3, 3) lie flat. Works for seconds: call it in a thread.

    Raises:
        NoCodeError: the part is not one flat piece, does not fit on a sheet, or the layout does not hold what it must.
    """
    height = float(np.ptp(corners[:, :, 2]))
    found = polygons(section(corners, height / 2))
    if len(found) != 1:
        raise NoCodeError(f"the part is {len(found)} pieces on the sheet, not one")
    part = affinity.translate(found[0], -found[0].bounds[0], -found[0].bounds[1])
    length, width, gap = cutter.length / 1000, cutter.width / 1000, cutter.gap / 1000
    room = np.array([length, width])
    most = _most(part, quantity, room, gap)
    sheets = [Sheet(parts=_marked(most, issued), count=quantity // len(most))]
    if quantity % len(most):
        sheets.append(Sheet(parts=_marked(_nest(part, quantity % len(most), room, gap)[0], issued), count=1))
    files = tuple(ProgramFile.of(f"sheet-{n}.dxf", dxf(sheet.parts)) for n, sheet in enumerate(sheets, start=1))
    for sheet, file in zip(sheets, files, strict=True):
        _check(sheet.parts, file.text, room, gap)
    used = sum(sheet.count for sheet in sheets)
    share = quantity * part.area / (used * length * width)
    return MachineCode(
        files=files,
        setup=(
            f"Sheet {length:g} x {width:g} mm, {height:g} mm thick; the origin is its lower left corner.",
            *(f"Sheet {n}: {len(s.parts)} parts, cut {s.count} times." for n, s in enumerate(sheets, start=1)),
            f"{100 * share:.0f} % of the sheets become parts. Kerf compensation is the controller's.",
        ),
        checks=(
            f"Inside the sheet: every contour at least {gap:g} mm from its edge.",
            f"No two parts closer than {gap:g} mm; contours read back as they were written.",
            "Only contours are in it; layers, texts, blocks and names are not.",
        ),
        seconds=Seconds(0),
        consumed=Grams(round(used * length * width * height * density / 1e6)),
    )


def read_mark(content: bytes) -> mark.Found:
    """The mark of a nest, from where its parts lie."""
    lowest = [shape.bounds[:2] for shape in outline(read_dxf(content), 1.0).shapes]
    ordered = sorted(lowest, key=lambda corner: (_cell(corner[0]), _cell(corner[1])))
    return mark.read_shifts([(x - CELL * _cell(x), y - CELL * _cell(y)) for x, y in ordered])


def dxf(parts: Rings) -> bytes:
    """R12, which every controller reads: circles and closed polylines on layer 0, millimetres."""
    tags: list[tuple[int, object]] = [(0, "SECTION"), (2, "HEADER"), (9, "$INSUNITS"), (70, 4), (0, "ENDSEC")]
    tags += [(0, "SECTION"), (2, "ENTITIES")]
    for part in parts:
        for ring in (*part.interiors, part.exterior):  # inside first, while the part still holds
            tags += _contour(np.array(ring.coords)[:-1])
    tags += [(0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{group}\n{value}\n" for group, value in tags).encode()


def _contour(points: Vectors) -> list[tuple[int, object]]:
    low, high = points.min(axis=0), points.max(axis=0)
    centre, radius = (low + high) / 2, float((high - low).mean()) / 2
    if len(points) >= 16 and float(np.abs(np.linalg.norm(points - centre, axis=1) - radius).max()) < ROUND:
        return [(0, "CIRCLE"), (8, "0"), (10, _mm(centre[0])), (20, _mm(centre[1])), (40, _mm(radius))]
    tags: list[tuple[int, object]] = [(0, "POLYLINE"), (8, "0"), (66, 1), (70, 1)]
    for x, y in points:
        tags += [(0, "VERTEX"), (8, "0"), (10, _mm(x)), (20, _mm(y))]
    return [*tags, (0, "SEQEND"), (8, "0")]


def _most(part: Polygon, quantity: int, room: Vectors, gap: float) -> Rings:
    """As many parts on one sheet as were found to fit, at most ``quantity``."""
    count = min(quantity, max(1, int(DENSE * float(np.prod(room)) / part.buffer(gap / 2 + CELL).area)))
    for _ in range(TRIES):
        parts, length = _nest(part, count, room, gap)
        if length <= room[0]:
            return parts
        count = min(count - 1, int(count * room[0] / length))
        if count < 1:
            break
    raise NoCodeError(f"the part does not fit on a sheet of {room[0]:g} x {room[1]:g} mm")


def _nest(part: Polygon, count: int, room: Vectors, gap: float) -> tuple[Rings, float]:
    """``count`` copies with lowest corners on the grid, and how long a sheet they need.

    Raises:
        NoCodeError: the part is wider than the sheet in every orientation.
    """
    apart = gap + 2 * CELL  # for the grid and for the fingerprint
    high = float(room[1]) - 2 * gap - 2 * CELL + apart  # halves of it may stand out on either side
    wide = shapely.orient_polygons(part.buffer(apart / 2 + 0.05).simplify(0.05))
    turned = {turn: affinity.rotate(wide, turn).bounds for turn in (0.0, 90.0, 180.0, 270.0)}
    fitting = [turn for turn, bounds in turned.items() if bounds[3] - bounds[1] <= high]
    if not fitting:
        raise NoCodeError(f"the part is wider than a sheet of {room[1]:g} mm")
    item = spyrrow.Item("part", list(wide.exterior.coords), count, fitting)
    config = spyrrow.StripPackingConfig(total_computation_time=SEARCH, num_workers=1, seed=1)
    try:
        solved = spyrrow.StripPackingInstance("", high, [item]).solve(config)
    except BaseException as error:
        if type(error).__name__ not in ("PanicException", "ValueError"):  # what Rust's panics arrive as
            raise
        raise NoCodeError("the nest could not be computed") from error
    placed = []
    for found in solved.placed_items:
        moved = affinity.translate(affinity.rotate(part, found.rotation, origin=(0, 0)), *found.translation)
        moved = affinity.translate(moved, gap - apart / 2, gap - apart / 2)
        x, y = moved.bounds[:2]
        placed.append(affinity.translate(moved, CELL * math.ceil(x / CELL) - x, CELL * math.ceil(y / CELL) - y))
    length = max(piece.bounds[2] for piece in placed) + CELL + gap
    return tuple(placed), length


def _marked(parts: Rings, issued: Mark) -> Rings:
    """The parts from left to right, each moved by its symbol."""
    ordered = sorted(parts, key=lambda part: (_cell(part.bounds[0]), _cell(part.bounds[1])))
    shifts = mark.shifts_of(issued, len(ordered))
    return tuple(affinity.translate(part, *shift) for part, shift in zip(ordered, shifts, strict=True))


def _check(parts: Rings, written: bytes, room: Vectors, gap: float) -> None:
    """What no cutter may get wrong.

    Raises:
        NoCodeError: a contour near the edge or another part, or what was written reads back differently.
    """
    inside = shapely.box(gap, gap, room[0] - gap, room[1] - gap).buffer(1e-3)
    if not all(inside.contains(part) for part in parts):
        raise NoCodeError("a contour leaves the sheet")
    tree = shapely.STRtree(parts)
    near, _ = tree.query(list(parts), predicate="dwithin", distance=gap - 1e-3)
    if len(near) != len(parts):  # each is near itself
        raise NoCodeError("two parts lie too close")
    again = outline(read_dxf(written), 1.0)
    area, length = sum(part.area for part in parts), sum(part.length for part in parts)
    found = sum(shape.area for shape in again.shapes)
    if abs(found / area - 1) > EXACT or abs(cut_length(again) / length - 1) > EXACT:
        raise NoCodeError("the contours do not read back as they were written")


def _cell(value: float) -> int:
    return math.floor(value / CELL + 1e-6)


def _mm(value: float) -> str:
    return f"{value:.3f}"
