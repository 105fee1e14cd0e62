"""The only module that touches OpenCASCADE: STEP bytes to plain tables, in the jailed reader and nowhere else.

Lengths are millimetres as floats: nothing here leaves the reader before it is rounded to integer units.
"""

import io
import math

import numpy as np
from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Curve2d, BRepAdaptor_Surface
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.BRepGProp import BRepGProp
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher as ShapeMap
from OCP.collections import Sequence_TCollection_AsciiString as Names
from OCP.GeomAbs import GeomAbs_SurfaceType
from OCP.gp import gp_Pnt, gp_Trsf, gp_Vec
from OCP.GProp import GProp_GProps
from OCP.IFSelect import IFSelect_ReturnStatus
from OCP.Message import Message
from OCP.STEPControl import STEPControl_Reader
from OCP.TopAbs import TopAbs_Orientation, TopAbs_ShapeEnum
from OCP.TopExp import TopExp, TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Edge, TopoDS_Face, TopoDS_Shape

from node.design.errors import Code, IntakeError
from node.design.lengths import MILLIMETRES, Unit
from node.design.tables import Body, Edge, Face, Indices, Vectors

SMOOTH = math.radians(5)
"""Faces that meet flatter than this are taken as one surface."""

_DECLARED = {
    "millimet": 1.0,
    "centimet": 10.0,
    "micro": 0.001,
    "met": 1000.0,
    "kilomet": 1e6,
    "inch": 25.4,
    "foot": 304.8,
}
"""Beginnings of the names that the kernel gives to units, and their length in mm."""

KINDS = {
    GeomAbs_SurfaceType.GeomAbs_Plane: "plane",
    GeomAbs_SurfaceType.GeomAbs_Cylinder: "cylinder",
    GeomAbs_SurfaceType.GeomAbs_Cone: "cone",
    GeomAbs_SurfaceType.GeomAbs_Sphere: "sphere",
    GeomAbs_SurfaceType.GeomAbs_Torus: "torus",
}


FINE = 0.01
"""Millimetres from the surface that machine code may be off for its triangles' sake."""


def read(step: bytes, *, unit: Unit | None = None) -> Body:
    """Parse and tabulate the one solid in ``step``; ``unit`` overrides the one that the file declares.

    Raises:
        IntakeError: PARSE_ERROR, NO_SOLID, NOT_CLOSED or ASSEMBLY.
    """
    shape, declared = _transfer(step)
    solids = _mapped(shape, TopAbs_ShapeEnum.TopAbs_SOLID)
    if len(solids) > 1:
        raise IntakeError(Code.ASSEMBLY, f"The file holds {len(solids)} bodies")
    if not solids:
        surfaces = len(_mapped(shape, TopAbs_ShapeEnum.TopAbs_FACE))
        if surfaces:
            raise IntakeError(Code.NOT_CLOSED, f"The file holds {surfaces} surfaces that do not enclose a body")
        raise IntakeError(Code.NO_SOLID, "The file holds no body")
    solid = solids[0] if unit is None else _rescaled(solids[0], declared, unit)
    edges, gaps = _edges(solid)
    faces = tuple(_face(index, face) for index, face in enumerate(_faces(solid)))
    points, triangles, owners, deflection = _triangulate(solid)
    return Body(
        shape=solid,
        unit=declared if unit is None else unit.value,
        bodies=1,
        open_edges=gaps,
        faces=faces,
        edges=edges,
        volume=_volume(solid),
        area=sum(face.area for face in faces),
        points=points,
        triangles=triangles,
        owners=owners,
        deflection=deflection,
    )


def finely(body: Body) -> tuple[Vectors, Indices]:
    """Points and triangles that follow the surface closely enough to be made from."""
    if not isinstance(body.shape, TopoDS_Shape):
        return body.points, body.triangles
    points, triangles, _, _ = _triangulate(body.shape, FINE)
    return points, triangles


def length_of(declared: str) -> float:
    """Millimetres in a unit by the kernel's name for it; a name that it does not know counts as millimetres."""
    return next((factor for name, factor in _DECLARED.items() if declared.lower().startswith(name)), 1.0)


def _rescaled(solid: TopoDS_Shape, declared: str, unit: Unit) -> TopoDS_Shape:
    """The kernel has already converted from the declared unit; undo that and convert from the customer's."""
    factor = MILLIMETRES[unit] / length_of(declared)
    if abs(factor - 1) < 1e-12:
        return solid
    scale = gp_Trsf()
    scale.SetScaleFactor(factor)
    return BRepBuilderAPI_Transform(solid, scale, True).Shape()  # noqa: FBT003


def extents(body: Body, frame: Vectors) -> Vectors:
    """Exact size of the body along the three orthonormal rows of ``frame``."""
    x, y, z = frame
    turn = gp_Trsf()
    turn.SetValues(x[0], x[1], x[2], 0.0, y[0], y[1], y[2], 0.0, z[0], z[1], z[2], 0.0)
    box = Bnd_Box()
    BRepBndLib.AddOptimal_s(BRepBuilderAPI_Transform(body.shape, turn, False).Shape(), box, False, False)  # noqa: FBT003
    low, high = box.CornerMin(), box.CornerMax()
    gap = 2 * float(box.GetGap())
    return np.array([high.X() - low.X() - gap, high.Y() - low.Y() - gap, high.Z() - low.Z() - gap])


def _transfer(step: bytes) -> tuple[TopoDS_Shape, str]:
    messenger = Message.DefaultMessenger_s()
    for printer in list(messenger.Printers()):
        messenger.RemovePrinter(printer)
    reader = STEPControl_Reader()
    if reader.ReadStream("part", io.BytesIO(step)) != IFSelect_ReturnStatus.IFSelect_RetDone:
        raise IntakeError(Code.PARSE_ERROR, "The file is not well-formed STEP")
    lengths, angles, solid_angles = Names(), Names(), Names()
    reader.FileUnits(lengths, angles, solid_angles)
    unit = lengths.Value(1).ToCString() if lengths.Length() else "unknown"
    if not reader.TransferRoots() or reader.OneShape().IsNull():
        raise IntakeError(Code.NO_SOLID, "The file holds no geometry")
    return reader.OneShape(), str(unit)[:32]


def _mapped(shape: TopoDS_Shape, kind: TopAbs_ShapeEnum) -> list[TopoDS_Shape]:
    found = ShapeMap()
    TopExp.MapShapes_s(shape, kind, found)
    return [found.FindKey(index) for index in range(1, found.Extent() + 1)]


def _faces(shape: TopoDS_Shape) -> list[TopoDS_Face]:
    return [TopoDS.Face(face) for face in _mapped(shape, TopAbs_ShapeEnum.TopAbs_FACE)]


def _face(index: int, face: TopoDS_Face) -> Face:
    surface = BRepAdaptor_Surface(face, True)  # noqa: FBT003
    kind = KINDS.get(surface.GetType(), "other")
    middle = [
        (surface.FirstUParameter() + surface.LastUParameter()) / 2,
        (surface.FirstVParameter() + surface.LastVParameter()) / 2,
    ]
    point, normal = _frame(surface, *middle)
    if _reversed(face):
        normal = -normal
    axis, origin = _axis(surface, kind)
    radius, narrow, ring = _radii(surface, kind)
    outward = point - origin
    radial = outward - axis * outward.dot(axis)
    outward = outward - ring * _unit(radial) if ring else radial
    properties = GProp_GProps()
    BRepGProp.SurfaceProperties_s(face, properties)
    return Face(
        index=index,
        kind=kind,
        area=abs(float(properties.Mass())),
        centre=_vector(properties.CentreOfMass()),
        normal=normal,
        axis=axis,
        origin=origin,
        radius=radius,
        narrow=narrow,
        span=_span(surface, kind),
        internal=kind not in ("plane", "other") and bool(normal.dot(outward) < 0),
    )


def _axis(surface: BRepAdaptor_Surface, kind: str) -> tuple[Vectors, Vectors]:
    """Direction of the axis and a point on it; for a sphere its centre, for other surfaces nothing but zeros."""
    if kind == "sphere":
        return np.zeros(3), _vector(surface.Sphere().Location())
    if kind not in ("cylinder", "cone", "torus"):
        return np.zeros(3), np.zeros(3)
    axis = getattr(surface, kind.capitalize())().Axis()
    return _vector(axis.Direction()), _vector(axis.Location())


def _radii(surface: BRepAdaptor_Surface, kind: str) -> tuple[float, float, float]:
    """Widest and narrowest radius, and for a torus the radius of its ring."""
    if kind == "torus":
        torus = surface.Torus()
        return float(torus.MinorRadius()), 0.0, float(torus.MajorRadius())
    if kind == "cone":
        cone = surface.Cone()
        ends = [surface.FirstVParameter(), surface.LastVParameter()]
        radii = [abs(float(cone.RefRadius() + end * math.sin(cone.SemiAngle()))) for end in ends]
        return max(radii), min(radii), 0.0
    if kind in ("cylinder", "sphere"):
        radius = float(getattr(surface, kind.capitalize())().Radius())
        return radius, radius, 0.0
    return 0.0, 0.0, 0.0


def _span(surface: BRepAdaptor_Surface, kind: str) -> tuple[float, float]:
    """Extent along the axis of a cylinder or cone."""
    if kind not in ("cylinder", "cone"):
        return 0.0, 0.0
    slope = math.cos(surface.Cone().SemiAngle()) if kind == "cone" else 1.0
    ends = sorted(slope * float(end) for end in (surface.FirstVParameter(), surface.LastVParameter()))
    return ends[0], ends[1]


def _vector(point: object) -> Vectors:
    return np.array([point.X(), point.Y(), point.Z()])  # type: ignore[attr-defined]


def _reversed(shape: TopoDS_Shape) -> bool:
    return bool(shape.Orientation() == TopAbs_Orientation.TopAbs_REVERSED)


def _frame(surface: BRepAdaptor_Surface, u: float, v: float) -> tuple[Vectors, Vectors]:
    """Point and unit normal of the bare surface; the normal is zero where the surface degenerates."""
    point, along_u, along_v = gp_Pnt(), gp_Vec(), gp_Vec()
    surface.D1(u, v, point, along_u, along_v)
    return _vector(point), _unit(_vector(along_u.Crossed(along_v)))


def _unit(vector: Vectors) -> Vectors:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-12 else np.zeros(3)


def _edges(solid: TopoDS_Shape) -> tuple[tuple[Edge, ...], int]:
    """All edges between two faces, and how many edges have a face on one side only."""
    numbers = ShapeMap()
    TopExp.MapShapes_s(solid, TopAbs_ShapeEnum.TopAbs_EDGE, numbers)
    uses: list[list[tuple[int, TopoDS_Face, TopoDS_Edge]]] = [[] for _ in range(numbers.Extent() + 1)]
    for index, face in enumerate(_faces(solid)):
        explorer = TopExp_Explorer(face, TopAbs_ShapeEnum.TopAbs_EDGE)
        while explorer.More():
            edge = TopoDS.Edge(explorer.Current())
            if not BRep_Tool.Degenerated_s(edge):
                uses[numbers.FindIndex(edge)].append((index, face, edge))
            explorer.Next()
    gaps = sum(len(use) == 1 for use in uses)
    pairs = (use for use in uses if len(use) == 2 and use[0][0] != use[1][0])
    return tuple(edge for use in pairs if (edge := _edge(use[0], use[1])) is not None), gaps


def _edge(a: tuple[int, TopoDS_Face, TopoDS_Edge], b: tuple[int, TopoDS_Face, TopoDS_Edge]) -> Edge | None:
    curve = BRepAdaptor_Curve(a[2])
    point, tangent = gp_Pnt(), gp_Vec()
    curve.D1((curve.FirstParameter() + curve.LastParameter()) / 2, point, tangent)
    along = _unit(_vector(tangent)) * (-1 if _reversed(a[2]) else 1)
    left, right = _normal_at(a[1], a[2]), _normal_at(b[1], b[2])
    if not (along.any() and left.any() and right.any()):
        return None  # a degenerate spot has no dihedral angle
    angle = math.acos(float(np.clip(left.dot(right), -1, 1)))
    (a1, a2, a3), (b1, b2, b3) = left.tolist(), right.tolist()
    turn = float(along @ (a2 * b3 - a3 * b2, a3 * b1 - a1 * b3, a1 * b2 - a2 * b1))  # numpy's cross is dear for one row
    bend = 0 if angle < SMOOTH else (1 if turn > 0 else -1)
    return Edge(faces=(a[0], b[0]), bend=bend, point=_vector(point), normals=(left, right))


def _normal_at(face: TopoDS_Face, edge: TopoDS_Edge) -> Vectors:
    trace = BRepAdaptor_Curve2d(edge, face)
    spot = trace.Value((trace.FirstParameter() + trace.LastParameter()) / 2)
    _, normal = _frame(BRepAdaptor_Surface(face, False), spot.X(), spot.Y())  # noqa: FBT003
    return -normal if _reversed(face) else normal


def _volume(solid: TopoDS_Shape) -> float:
    properties = GProp_GProps()
    BRepGProp.VolumeProperties_s(solid, properties)
    return abs(float(properties.Mass()))


def _triangulate(solid: TopoDS_Shape, finest: float = 0.5) -> tuple[Vectors, Indices, Indices, float]:
    """A thousandth of the diagonal from the surface, at most ``finest`` millimetres."""
    box = Bnd_Box()
    BRepBndLib.Add_s(solid, box)
    deflection = max(0.005, min(finest, float(box.CornerMin().Distance(box.CornerMax())) * 1e-3))
    BRepMesh_IncrementalMesh(solid, deflection, False, 0.2, False)  # noqa: FBT003
    points: list[Vectors] = []
    triangles: list[Indices] = []
    owners: list[Indices] = []
    offset = 0
    for index, face in enumerate(_faces(solid)):
        location = TopLoc_Location()
        mesh = BRep_Tool.Triangulation_s(face, location)
        if mesh is None:
            continue
        nodes = [mesh.Node(row + 1) for row in range(mesh.NbNodes())]
        if not location.IsIdentity():
            place = location.Transformation()
            nodes = [node.Transformed(place) for node in nodes]
        corners = np.array([mesh.Triangle(row + 1).Get() for row in range(mesh.NbTriangles())]).reshape(-1, 3)
        if _reversed(face):
            corners = corners[:, ::-1]
        points.append(np.array([node.Coord() for node in nodes]).reshape(-1, 3))
        triangles.append(corners.astype(np.int64) - 1 + offset)
        owners.append(np.full(len(corners), index))
        offset += len(nodes)
    if not offset:
        raise IntakeError(Code.PARSE_ERROR, "The body's surfaces cannot be triangulated")
    return np.vstack(points), np.vstack(triangles), np.concatenate(owners), deflection
