"""STL and OBJ to points and triangles; materials, colours, names and everything a line points to are not followed."""

import itertools
import re
from dataclasses import dataclass

import numpy as np

from node.design.errors import Code, IntakeError
from node.design.lengths import Unit
from node.design.tables import Indices, Vectors

_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_HEADER = 84
_NUMBER = rb"[-+]?(?:\d+\.?\d*|\.\d+|nan|inf)(?:[eE][-+]?\d+)?"
_VERTEX = re.compile(rb"\bvertex\s+(%b)\s+(%b)\s+(%b)" % (_NUMBER, _NUMBER, _NUMBER), re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Soup:
    """Triangles as a file holds them, in the file's unit."""

    points: Vectors
    """(n, 3)."""

    triangles: Indices
    """Rows of ``points``, (m, 3)."""

    unit: Unit | None
    """None when the format cannot say."""


def read_stl(data: bytes, *, most: int) -> Soup:
    """Binary or text; ``most`` is the largest number of triangles.

    Raises:
        IntakeError: PARSE_ERROR or TOO_MANY_ENTITIES.
    """
    count = int.from_bytes(data[80:84], "little") if len(data) >= _HEADER else -1
    if len(data) == _HEADER + _RECORD.itemsize * count:
        _bound(count, most)
        corners = np.frombuffer(data, dtype=_RECORD, offset=_HEADER)["corners"].astype(np.float64)
    else:
        found = _VERTEX.findall(data)
        if len(found) % 3:
            raise IntakeError(Code.PARSE_ERROR, "A triangle has no three corners")
        _bound(len(found) // 3, most)
        corners = np.array(found, dtype="S32").astype(np.float64).reshape(-1, 3, 3)
    points = corners.reshape(-1, 3)
    return Soup(points=points, triangles=np.arange(len(points)).reshape(-1, 3), unit=None)


def read_obj(data: bytes, *, most: int) -> Soup:
    """Vertices and faces; polygons become fans, negative indices count from the end.

    Raises:
        IntakeError: PARSE_ERROR or TOO_MANY_ENTITIES.
    """
    vertices: list[list[bytes]] = []
    triangles: list[tuple[int, int, int]] = []
    for line in data.replace(b"\\\n", b" ").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == b"v":
            vertices.append(words[1:4])
        elif words[0] == b"f":
            corners = [_index(word, len(vertices)) for word in words[1:]]
            triangles += [(corners[0], *pair) for pair in itertools.pairwise(corners)]
            _bound(len(triangles), most)
    try:
        points = np.array(vertices, dtype="S32").astype(np.float64).reshape(-1, 3)
    except ValueError as error:
        raise IntakeError(Code.PARSE_ERROR, "A vertex is not three numbers") from error
    corners_of = np.array(triangles, dtype=np.int64).reshape(-1, 3)
    if len(corners_of) and (corners_of.min() < 0 or corners_of.max() >= len(points)):
        raise IntakeError(Code.PARSE_ERROR, "A face names a vertex that does not exist")
    return Soup(points=points, triangles=corners_of, unit=None)


def _index(word: bytes, count: int) -> int:
    try:
        number = int(word.split(b"/", 1)[0])
    except ValueError as error:
        raise IntakeError(Code.PARSE_ERROR, "A face names no vertex") from error
    return number - 1 if number > 0 else count + number


def _bound(count: int, most: int) -> None:
    if count > most:
        raise IntakeError(Code.TOO_MANY_ENTITIES, f"The file has more than {most:,} triangles")
