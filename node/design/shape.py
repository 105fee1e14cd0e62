"""A part's triangles as machine code is made from them: stood up as it would be built, corner at the origin."""

import numpy as np

from node.design.mesh import Mesh
from node.design.reading import Shape
from node.design.tables import Vectors
from node.design.walls import upright

MOST = 400_000
"""Triangles that leave the reader; a part with more is handed over as a model."""

_STL_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def placed(mesh: Mesh, frame: Vectors) -> Shape | None:
    """The mesh in ``frame``, with the row up that needs the least support; None when it has too many triangles."""
    if len(mesh.a) > MOST:
        return None
    up = upright(mesh, frame)
    corners = np.stack([mesh.a, mesh.a + mesh.u, mesh.a + mesh.v], axis=1)
    across = max((row for row in frame if abs(float(row @ up)) < 0.5), key=lambda row: float(np.ptp(corners @ row)))
    stood = corners @ np.array([across, np.cross(up, across), up]).T
    stood -= stood.min(axis=(0, 1))
    return Shape(triangles=stood.astype("<f4").tobytes())


def corners_of(shape: Shape) -> Vectors:
    """(m, 3, 3).

    Raises:
        ValueError: not whole triangles, or a coordinate that is no number.
    """
    corners = np.frombuffer(shape.triangles, dtype="<f4").reshape(-1, 3, 3).astype(np.float64)
    if not len(corners) or not np.isfinite(corners).all():
        raise ValueError("the shape holds no triangles, or what is no number")
    return corners


def stl(corners: Vectors) -> bytes:
    """A binary STL file that names nobody."""
    records = np.zeros(len(corners), dtype=_STL_RECORD)
    records["corners"] = corners
    return bytes(80) + len(records).to_bytes(4, "little") + records.tobytes()
