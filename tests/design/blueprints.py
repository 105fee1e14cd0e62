"""Parts drawn by chance from a seed, each with what its drawing says; no figure was fitted to them.

``blueprints.py FOLDER COUNT`` writes them with their drawings; tests run it in a process of its own.
"""

import json
import math
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from OCP.BRepAlgoAPI import BRepAlgoAPI_Common
from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.BRepPrimAPI import BRepPrimAPI_MakeCone, BRepPrimAPI_MakeWedge
from OCP.gp import gp_Ax1, gp_Ax2, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.ShapeUpgrade import ShapeUpgrade_UnifySameDomain
from OCP.TopoDS import TopoDS_Shape

from devnet.parts.make_parts import Point, box, cut, cylinder, fuse, rounded, step

Hole = tuple[int, int, bool]
"""Diameter of the narrowest step, depth over all steps without a drill's tip (both in micrometres), through."""

TIP = math.tan(math.radians(59))
"""Radius over length of a drill's tip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """One part and its drawing."""

    name: str
    step: bytes
    holes: tuple[Hole, ...]
    """Ordered; equal ones are listed each."""

    families: frozenset[str]
    """Process families that a shop would make it by."""

    bends: int
    features: tuple[str, ...] | None
    """Pockets, slots, steps and bosses, ordered; None where names would be a matter of taste."""


@dataclass(slots=True)
class Sketch:
    """A part while it is drawn, in its own frame."""

    shape: TopoDS_Shape
    holes: list[Hole] = field(default_factory=list)
    families: frozenset[str] = frozenset()
    bends: int = 0
    features: list[str] | None = field(default_factory=list)

    def drill(
        self, mouth: Point, into: Point, diameter: float, depth: float, *, through: bool, tip: bool = False
    ) -> None:
        """A hole from ``mouth``, on the surface, along the unit vector ``into``."""
        over = 1.0
        start = _moved(mouth, into, -over)
        self.shape = cut(self.shape, cylinder(start, diameter / 2, depth + over * (2 if through else 1), along=into))
        if tip:
            frame = gp_Ax2(gp_Pnt(*_moved(mouth, into, depth)), gp_Dir(*into))
            cone = BRepPrimAPI_MakeCone(frame, diameter / 2, 0.0, diameter / 2 / TIP).Shape()
            self.shape = cut(self.shape, cone)
        self.holes.append((_um(diameter), _um(depth), through))

    def counterbore(self, mouth: Point, into: Point, diameter: float, depth: float) -> None:
        """Widen the mouth of a hole; the hole itself is drilled apart."""
        self.shape = cut(self.shape, cylinder(_moved(mouth, into, -1), diameter / 2, depth + 1, along=into))

    def countersink(self, mouth: Point, into: Point, diameter: float) -> None:
        """Widen the mouth of a hole by a cone of 90 degrees."""
        cone = BRepPrimAPI_MakeCone(gp_Ax2(gp_Pnt(*mouth), gp_Dir(*into)), diameter / 2, 0.0, diameter / 2).Shape()
        self.shape = cut(self.shape, cone)

    def slot(self, middle: Point, length: float, width: float, depth: float) -> None:
        """A cut with round ends along x, downwards; it has half cylinders and no hole."""
        x, y, z = middle
        tool = box((x - length / 2, y - width / 2, z - depth), (length, width, depth + 1))
        for end in (-1, 1):
            tool = fuse(tool, cylinder((x + end * length / 2, y, z - depth), width / 2, depth + 1))
        self.shape = cut(self.shape, tool)


DOWN: Point = (0, 0, -1)


def blueprint(seed: int) -> Blueprint:
    """The part of a seed, every other one turned and moved as an exporter may leave it."""
    chance = random.Random(seed)
    draw = DRAWN[seed % len(DRAWN)]
    sketch = draw(chance)
    unified = ShapeUpgrade_UnifySameDomain(sketch.shape)
    unified.Build()
    shape = unified.Shape()
    return Blueprint(
        name=f"{draw.__name__.strip('_')}-{seed}",
        step=step(_turned(shape, chance) if chance.random() < 0.5 else shape),
        holes=tuple(sorted(sketch.holes)),
        families=sketch.families,
        bends=sketch.bends,
        features=None if sketch.features is None else tuple(sorted(sketch.features)),
    )


def _plate(chance: random.Random) -> Sketch:
    """A plate with holes and slots, thick enough for a mill or not."""
    length, width = chance.uniform(60, 180), chance.uniform(40, 120)
    thickness = round(chance.choice([chance.uniform(1, 2.8), chance.uniform(3, 14)]), 1)
    sketch = Sketch(rounded(box((0, 0, 0), (length, width, thickness)), chance.uniform(3, 15)))
    places = _grid(chance, length, width)
    for x, y in places[: chance.randint(1, 5)]:
        sketch.drill((x, y, thickness), DOWN, round(chance.uniform(2, 9), 1), thickness, through=True)
    if chance.random() < 0.6:
        x, y = places[-1]
        sketch.slot((x, y, thickness), 8, chance.uniform(3, 6), thickness + 1)
        sketch.features = ["closed_pocket"]
    sketch.families = frozenset({"laser"} if thickness < 3 else {"laser", "milling"})
    return sketch


def _block(chance: random.Random) -> Sketch:
    """A milled block: a pocket, drilled, countersunk and counterbored holes, and one from a side."""
    length, width, height = chance.uniform(70, 160), chance.uniform(60, 110), chance.uniform(25, 60)
    sketch = Sketch(box((0, 0, 0), (length, width, height)))
    places = _grid(chance, length, width)
    x, y = places.pop()
    pocket = rounded(box((x - 8, y - 8, height - 9), (16, 16, 10)), chance.uniform(2, 5))
    sketch.shape = cut(sketch.shape, pocket)
    x, y = places.pop()
    drafted = gp_Ax2(gp_Pnt(x - 4, y + 4, height - 7), gp_Dir(0, -1, 0), gp_Dir(1, 0, 0))
    sketch.shape = cut(sketch.shape, _funnel(drafted))
    sketch.features = ["closed_pocket", "closed_pocket"]
    for place in places[: chance.randint(2, 6)]:
        diameter, mouth = round(chance.uniform(3, 8), 1), (*place, height)
        kind = chance.choice(["through", "tip", "flat", "counterbore", "countersink"])
        if kind in ("tip", "flat"):
            deep = round(chance.uniform(6, min(20, height - 12)), 1)
            sketch.drill(mouth, DOWN, diameter, deep, through=False, tip=kind == "tip")
            continue
        sketch.drill(mouth, DOWN, diameter, height, through=True)
        if kind == "counterbore":
            sketch.counterbore(mouth, DOWN, diameter + 4, chance.uniform(3, 8))
        elif kind == "countersink":
            sketch.countersink(mouth, DOWN, diameter + 4)
    if chance.random() < 0.5:
        sketch.drill((0, width / 2, 6), (1, 0, 0), 4.2, 10, through=False, tip=True)
    sketch.families = frozenset({"milling"})
    return sketch


def _funnel(frame: gp_Ax2) -> TopoDS_Shape:
    """A square pocket 8 wide at the bottom and 12 at the top, 8 high along y of ``frame``, from its lowest corner."""
    return BRepPrimAPI_MakeWedge(frame, 8.0, 8.0, 8.0, -2.0, -2.0, 10.0, 10.0).Shape()


def _shaft(chance: random.Random) -> Sketch:
    """A stepped shaft with a centre bore, a cross hole and a keyway."""
    radius, at = chance.uniform(10, 30), 0.0
    sketch = Sketch(cylinder((0, 0, 0), radius, length := chance.uniform(25, 60)))
    steps = chance.randint(1, 3)
    sketch.features = ["boss"] * steps
    for _ in range(steps):
        at, radius = at + length, radius * chance.uniform(0.6, 0.85)
        length = chance.uniform(15, 50)
        sketch.shape = fuse(sketch.shape, cylinder((0, 0, at), radius, length))
    top = at + length
    if chance.random() < 0.7:
        bore, deep = round(radius * chance.uniform(0.5, 0.9), 1), round(chance.uniform(0.3, 0.5) * length, 1)
        sketch.drill((0, 0, top), DOWN, bore, deep, through=False, tip=chance.random() < 0.5)
    if chance.random() < 0.5:
        cross = round(radius * chance.uniform(0.3, 0.6), 1)
        sketch.drill((radius, 0, at + 0.25 * length), (-1, 0, 0), cross, 2 * radius, through=True)
    elif chance.random() < 0.5:
        key = box((-radius / 5, 0.7 * radius, at + 2), (radius / 2.5, radius, length / 2))
        sketch.shape, sketch.features = cut(sketch.shape, key), None
    sketch.families = frozenset({"turning"})
    return sketch


def _flange(chance: random.Random) -> Sketch:
    """A disc with a hub, a bore and a bolt circle."""
    radius, thick = chance.uniform(30, 80), chance.uniform(8, 20)
    hub, high = radius * chance.uniform(0.35, 0.5), chance.uniform(10, 40)
    sketch = Sketch(fuse(cylinder((0, 0, 0), radius, thick), cylinder((0, 0, 0), hub, thick + high)))
    sketch.drill((0, 0, thick + high), DOWN, round(hub * chance.uniform(0.6, 1.4), 1), thick + high, through=True)
    bolts, circle, bolt = chance.randint(3, 8), (radius + hub) / 2, round(chance.uniform(4, 0.3 * (radius - hub)), 1)
    sunk = chance.random() < 0.4
    for number in range(bolts):
        angle = 2 * math.pi * number / bolts
        mouth = (circle * math.cos(angle), circle * math.sin(angle), thick)
        sketch.drill(mouth, DOWN, bolt, thick, through=True)
        if sunk:
            sketch.counterbore(mouth, DOWN, 1.5 * bolt, thick / 3)
    sketch.features = ["boss"]
    sketch.families = frozenset({"turning", "milling"} if thick + high < 2 * radius else {"turning"})
    return sketch


def _bushing(chance: random.Random) -> Sketch:
    """A tube with a collar, stepped inside."""
    outer, length = chance.uniform(8, 40), chance.uniform(20, 90)
    sketch = Sketch(cylinder((0, 0, 0), outer, length))
    sketch.shape = fuse(sketch.shape, cylinder((0, 0, 0), outer * chance.uniform(1.2, 1.5), length / 6))
    bore = round(outer * chance.uniform(0.8, 1.4), 1)
    sketch.drill((0, 0, length), DOWN, bore, length, through=True)
    if chance.random() < 0.5:
        sketch.counterbore((0, 0, length), DOWN, bore * 1.2, length / 4)
    sketch.features = ["boss"]
    sketch.families = frozenset({"turning", "milling"} if length < 2 * outer else {"turning"})
    return sketch


def _sheet(chance: random.Random) -> Sketch:
    """A bent sheet, an angle or a channel, with holes in base and flange."""
    thickness = round(chance.uniform(0.8, 3), 1)
    inner = thickness * chance.uniform(1, 2)
    base, width, flange = chance.uniform(40, 120), chance.uniform(30, 90), chance.uniform(20, 60)
    sketch = Sketch(box((0, 0, 0), (base, width, thickness)))
    ends = (1, -1) if chance.random() < 0.5 else (1,)
    for end in ends:
        middle = base if end > 0 else 0.0
        ring = cut(
            cylinder((middle, 0, thickness + inner), thickness + inner, width, along=(0, 1, 0)),
            cylinder((middle, -1, thickness + inner), inner, width + 2, along=(0, 1, 0)),
        )
        reach = thickness + inner
        quarter = box((middle if end > 0 else middle - reach, 0, 0), (reach, width, reach))
        sketch.shape = fuse(sketch.shape, BRepAlgoAPI_Common(ring, quarter).Shape())
        wall = middle + inner if end > 0 else middle - reach
        sketch.shape = fuse(sketch.shape, box((wall, 0, reach), (thickness, width, flange)))
        if chance.random() < 0.7:
            mouth = (wall, width / 2, reach + flange / 2)
            sketch.drill(mouth, (1, 0, 0), round(chance.uniform(3, 8), 1), thickness, through=True)
    for x, y in _grid(chance, base, width)[: chance.randint(1, 4)]:
        sketch.drill((x, y, thickness), DOWN, round(chance.uniform(2.5, 7), 1), thickness, through=True)
    sketch.families, sketch.bends = frozenset({"sheet"}), len(ends)
    return sketch


def _clevis(chance: random.Random) -> Sketch:
    """A fork whose two ears are drilled in line, on a foot with holes."""
    length, width, ear = chance.uniform(60, 110), chance.uniform(30, 50), chance.uniform(6, 10)
    foot, high, gap = chance.uniform(8, 14), chance.uniform(30, 50), chance.uniform(14, 24)
    sketch = Sketch(box((0, 0, 0), (length, width, foot)))
    pin = round(chance.uniform(6, 10), 1)
    for side in (-1, 1):
        x = length / 2 + side * gap / 2 - (ear if side < 0 else 0)
        sketch.shape = fuse(sketch.shape, box((x, 0, 0), (ear, width, foot + high)))
        sketch.drill((x, width / 2, foot + high - 12), (1, 0, 0), pin, ear, through=True)
    for x in (8, length - 8):
        sketch.drill((x, width / 2, foot), DOWN, round(chance.uniform(4, 7), 1), foot, through=True)
    sketch.features = ["slot", "step", "step"]
    sketch.families = frozenset({"milling", "additive"})
    return sketch


def _housing(chance: random.Random) -> Sketch:
    """A printed box with thin walls and screw posts."""
    length, width, height = chance.uniform(50, 110), chance.uniform(40, 80), chance.uniform(20, 45)
    wall, post, screw = chance.uniform(1.6, 3), chance.uniform(3.5, 5), round(chance.uniform(2.2, 3.4), 1)
    outer = rounded(box((0, 0, 0), (length, width, height)), 6)
    sketch = Sketch(cut(outer, rounded(box((wall, wall, wall), (length - 2 * wall, width - 2 * wall, height)), 4)))
    deep = round(height * 0.5, 1)
    for x in (wall + post + 2, length - wall - post - 2):
        for y in (wall + post + 2, width - wall - post - 2):
            sketch.shape = fuse(sketch.shape, cylinder((x, y, wall / 2), post, height - wall / 2 - 2))
            sketch.drill((x, y, height - 2), DOWN, screw, deep, through=False)
    sketch.drill((0, width / 2, height / 2), (1, 0, 0), round(chance.uniform(6, 10), 1), wall, through=True)
    sketch.features = ["closed_pocket", *["boss"] * 4]
    sketch.families = frozenset({"additive"})
    return sketch


def _lattice(chance: random.Random) -> Sketch:
    """A cubic lattice of struts, which nothing but a printer makes well."""
    cells, pitch = chance.randint(2, 3), chance.uniform(8, 14)
    strut, whole = pitch * chance.uniform(0.2, 0.35), cells * pitch
    shape: TopoDS_Shape | None = None
    for a in range(cells + 1):
        for b in range(cells + 1):
            u, v = a * pitch, b * pitch
            for corner, size in (
                ((0, u, v), (whole + strut, strut, strut)),
                ((u, 0, v), (strut, whole + strut, strut)),
                ((u, v, 0), (strut, strut, whole + strut)),
            ):
                bar = box(corner, size)
                shape = bar if shape is None else fuse(shape, bar)
    assert shape is not None
    return Sketch(shape, families=frozenset({"additive"}), features=None)


DRAWN: tuple[Callable[[random.Random], Sketch], ...] = (
    _plate, _block, _shaft, _flange, _bushing, _sheet, _clevis, _housing, _lattice,
)  # fmt: skip


def agreeing(drawn: Counter[Hole], found: Counter[Hole]) -> int:
    """Holes of the drawing that were found, each once: diameter within 0.02 mm, depth within 0.1 mm."""
    left, agreed = sorted(found.elements()), 0
    for diameter, depth, through in sorted(drawn.elements()):
        for place, other in enumerate(left):
            if abs(other[0] - diameter) <= 20 and abs(other[1] - depth) <= 100 and other[2] == through:
                del left[place]
                agreed += 1
                break
    return agreed


def _grid(chance: random.Random, length: float, width: float) -> list[tuple[float, float]]:
    """Places far enough from each other and from the edges, in any order."""
    columns, rows = int(length // 22), int(width // 22)
    places = [
        ((column + 0.5) * length / columns, (row + 0.5) * width / rows)
        for column in range(columns)
        for row in range(rows)
    ]
    chance.shuffle(places)
    return places


def _turned(shape: TopoDS_Shape, chance: random.Random) -> TopoDS_Shape:
    turn, move = gp_Trsf(), gp_Trsf()
    axis = gp_Dir(*(chance.gauss(0, 1) for _ in range(3)))
    turn.SetRotation(gp_Ax1(gp_Pnt(0, 0, 0), axis), chance.uniform(0, math.tau))
    move.SetTranslation(gp_Vec(*(chance.uniform(-200, 200) for _ in range(3))))
    return BRepBuilderAPI_Transform(shape, move.Multiplied(turn), True).Shape()


def _moved(point: Point, way: Point, by: float) -> Point:
    x, y, z = (start + by * step for start, step in zip(point, way, strict=True))
    return x, y, z


def _um(millimetres: float) -> int:
    return round(1000 * millimetres)


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    for seed in range(count):
        drawn = blueprint(seed)
        (folder / f"{drawn.name}.step").write_bytes(drawn.step)
        said = asdict(drawn) | {"families": sorted(drawn.families), "step": None}
        (folder / f"{drawn.name}.json").write_text(json.dumps(said))


if __name__ == "__main__":
    main()
