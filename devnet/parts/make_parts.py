"""Makes the sample parts again, byte for byte: ``python -m devnet.parts.make_parts``; refuses nothing, asks nothing.

Dimensions are millimetres. The exact volumes stand beside each part, so that tests measure against arithmetic.
"""

import io
from collections.abc import Callable
from pathlib import Path

from OCP.BRep import BRep_Tool
from OCP.BRepAlgoAPI import BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepFilletAPI import BRepFilletAPI_MakeFillet
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCylinder
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher as ShapeMap
from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt
from OCP.Message import Message
from OCP.STEPControl import STEPControl_StepModelType, STEPControl_Writer
from OCP.TopAbs import TopAbs_ShapeEnum
from OCP.TopExp import TopExp
from OCP.TopoDS import TopoDS, TopoDS_Shape

from node.design.header import strip

Point = tuple[float, float, float]


def bracket() -> TopoDS_Shape:
    """A block 80 x 60 x 25: pocket 40 x 25 x 12 with R4 corners, four holes 6.6, a counterbore 16/10, two blind 5 x 14.

    Volume 120000 - 12 (1000 - (4 - pi) 16) - 4 pi 3.3^2 25 - (pi 8^2 8 + pi 5^2 17) - 2 pi 2.5^2 14 mm3.
    """
    part = box((0, 0, 0), (80, 60, 25))
    part = cut(part, rounded(box((12, 17.5, 13), (40, 25, 22)), 4))
    for x in (7, 73):
        for y in (7, 53):
            part = cut(part, cylinder((x, y, -1), 3.3, 27))
    part = cut(part, cylinder((63, 30, -1), 5, 27))
    part = cut(part, cylinder((63, 30, 17), 8, 9))
    for x in (26, 54):
        part = cut(part, cylinder((x, -1, 6), 2.5, 15, along=(0, 1, 0)))
    return part


def shaft() -> TopoDS_Shape:
    """A shaft 120 long: 25 x 30, 40 x 50, 30 x 40 diameters times lengths, with a blind bore 10 x 20 in its thin end.

    Volume pi (12.5^2 30 + 20^2 50 + 15^2 40 - 5^2 20) mm3.
    """
    part = fuse(cylinder((0, 0, 0), 12.5, 30), cylinder((0, 0, 30), 20, 50))
    part = fuse(part, cylinder((0, 0, 80), 15, 40))
    return cut(part, cylinder((0, 0, -1), 5, 21))


def clip() -> TopoDS_Shape:
    """A printed U-clip 30 x 20 x 15 with walls of 2.5, and one screw hole 3.4 through its back.

    Volume 30 20 15 - 25 17.5 15 - pi 1.7^2 2.5 mm3.
    """
    part = cut(box((0, 0, 0), (30, 20, 15)), box((2.5, 2.5, -1), (25, 18.5, 17)))
    return cut(part, cylinder((15, -1, 7.5), 1.7, 4, along=(0, 1, 0)))


PARTS: dict[str, Callable[[], TopoDS_Shape]] = {"bracket": bracket, "shaft": shaft, "clip": clip}


def box(corner: Point, size: Point) -> TopoDS_Shape:
    """A block from its lowest corner."""
    return BRepPrimAPI_MakeBox(gp_Pnt(*corner), *map(float, size)).Shape()


def cylinder(foot: Point, radius: float, height: float, *, along: Point = (0, 0, 1)) -> TopoDS_Shape:
    """A cylinder standing on ``foot``."""
    return BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(*foot), gp_Dir(*along)), float(radius), float(height)).Shape()


def rounded(block: TopoDS_Shape, radius: float) -> TopoDS_Shape:
    """A block with its four upright edges rounded."""
    edges = ShapeMap()
    TopExp.MapShapes_s(block, TopAbs_ShapeEnum.TopAbs_EDGE, edges)
    fillet = BRepFilletAPI_MakeFillet(block)
    for index in range(1, edges.Extent() + 1):
        edge = TopoDS.Edge(edges.FindKey(index))
        ends = [TopExp.FirstVertex_s(edge), TopExp.LastVertex_s(edge)]
        low, high = (_place(vertex) for vertex in ends)
        if low[:2] == high[:2]:
            fillet.Add(radius, edge)
    return fillet.Shape()


def cut(part: TopoDS_Shape, tool: TopoDS_Shape) -> TopoDS_Shape:
    """What remains of ``part`` without ``tool``."""
    return BRepAlgoAPI_Cut(part, tool).Shape()


def fuse(part: TopoDS_Shape, other: TopoDS_Shape) -> TopoDS_Shape:
    """Both as one."""
    return BRepAlgoAPI_Fuse(part, other).Shape()


def step(shape: TopoDS_Shape) -> bytes:
    """As STEP, with a neutral header, so that the same shape gives the same bytes."""
    messenger = Message.DefaultMessenger_s()
    for printer in list(messenger.Printers()):
        messenger.RemovePrinter(printer)
    writer = STEPControl_Writer()
    writer.Transfer(shape, STEPControl_StepModelType.STEPControl_AsIs)
    stream = io.BytesIO()
    writer.WriteStream(stream)
    return strip(stream.getvalue())


def _place(vertex: TopoDS_Shape) -> Point:
    point = BRep_Tool.Pnt_s(vertex)
    return round(point.X(), 6), round(point.Y(), 6), round(point.Z(), 6)


def main() -> None:
    """Write every part beside this file."""
    for name, make in PARTS.items():
        Path(__file__).with_name(f"{name}.step").write_bytes(step(make()))


if __name__ == "__main__":
    main()
