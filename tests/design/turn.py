"""Turns the body in a STEP file about an odd axis: ``turn.py IN OUT DEGREES``. Run by tests in a process of its own."""

import io
import math
import sys
from pathlib import Path

from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.gp import gp_Ax1, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.STEPControl import STEPControl_Reader

from devnet.parts.make_parts import step


def main() -> None:
    source, target, degrees = sys.argv[1:4]
    reader = STEPControl_Reader()
    reader.ReadStream("part", io.BytesIO(Path(source).read_bytes()))
    reader.TransferRoots()
    turn, move = gp_Trsf(), gp_Trsf()
    turn.SetRotation(gp_Ax1(gp_Pnt(1, 2, 3), gp_Dir(0.3, -0.5, 0.8)), math.radians(float(degrees)))
    move.SetTranslation(gp_Vec(120.5, -33.3, 7.25))
    turned = BRepBuilderAPI_Transform(reader.OneShape(), move.Multiplied(turn), True).Shape()
    Path(target).write_bytes(step(turned))


if __name__ == "__main__":
    main()
