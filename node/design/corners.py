"""What limits the cutter: the smallest hollow radius, and inner edges that no end mill can leave."""

import numpy as np

from node.design.mesh import Mesh
from node.design.tables import Body, Face
from protocol.units import Micrometres


def min_internal_radius(faces: tuple[Face, ...], skip: frozenset[int]) -> Micrometres | None:
    """Smallest concave cylinder that is no hole."""
    radii = [face.radius for face in faces if face.kind == "cylinder" and face.internal and face.index not in skip]
    return Micrometres(round(1000 * min(radii))) if radii else None


def sharp_internal_edges(body: Body, mesh: Mesh, skip: frozenset[int]) -> int:
    """Concave edges without a direction from which a cylindrical cutter makes one side with its end.

    The cutter comes along the normal of one face, which its end cuts, while its flank cuts the other; so the faces
    must stand square or open, and the way out along that normal must be free.
    """
    concave = [edge for edge in body.edges if edge.bend < 0 and skip.isdisjoint(edge.faces)]
    if not concave:
        return 0
    clear = 0.01 + 2 * body.deflection
    starts = np.array([edge.point + clear * (edge.normals[0] + edge.normals[1]) for edge in concave])
    reachable = np.zeros(len(concave), dtype=np.bool_)
    for side in (0, 1):
        ways = np.array([edge.normals[side] for edge in concave])
        distances, _ = mesh.first_hits(starts, ways)
        reachable |= np.isinf(distances)
    square = np.array([float(edge.normals[0].dot(edge.normals[1])) > -0.02 for edge in concave])
    return int((~(reachable & square)).sum())
