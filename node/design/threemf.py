"""3MF to points and triangles, core and production parts; document types and foreign extensions are refused."""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np

from node.design.errors import Code, IntakeError
from node.design.lengths import Unit
from node.design.mesh_files import Soup
from node.design.tables import Indices, Vectors

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
HARMLESS = {
    CORE,
    PRODUCTION,
    "http://schemas.microsoft.com/3dmanufacturing/material/2015/02",
}
"""Extensions that a file may require without changing the shape that the core describes."""

UNITS = {
    "micron": Unit.MICROMETRE,
    "millimeter": Unit.MILLIMETRE,
    "centimeter": Unit.CENTIMETRE,
    "inch": Unit.INCH,
    "foot": Unit.FOOT,
    "meter": Unit.METRE,
}

FOREIGN_SHAPES = frozenset({"beamlattice", "slicestack", "volumetricstack", "levelset", "displacementmesh"})
"""Elements of extensions that describe a shape other than by triangles."""

NESTING = 16
"""Components inside components; slicers nest twice."""

_START = re.compile(r"3D/3dmodel\.model\Z", re.IGNORECASE)
_RELATION = re.compile(
    rb'<Relationship\b(?=[^>]*\bType="[^"]*/3dmodel")[^>]*\bTarget="/?([^"]+\.model)"', re.IGNORECASE
)


@dataclass(slots=True)
class _Object:
    """One resource: triangles of its own, and other objects placed in it."""

    vertices: list[float] = field(default_factory=list)
    triangles: list[int] = field(default_factory=list)
    components: list[tuple[str, str, Vectors]] = field(default_factory=list)
    """Model file, object number, placement."""

    support: bool = False


@dataclass(slots=True)
class _Model:
    """One model file of the archive."""

    unit: Unit = Unit.MILLIMETRE
    objects: dict[str, _Object] = field(default_factory=dict)
    items: list[tuple[str, str, Vectors]] = field(default_factory=list)


def read_3mf(data: bytes, *, most: int, unpacked: int) -> Soup:
    """All build items as one set of triangles; ``most`` triangles, ``unpacked`` bytes in all.

    Raises:
        IntakeError: PARSE_ERROR, ARCHIVE, UNSUPPORTED_EXTENSION, NO_SOLID or TOO_MANY_ENTITIES.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Archive(archive, most, unpacked).soup()
    except (zipfile.BadZipFile, KeyError, NotImplementedError, EOFError, OSError, zlib.error) as error:
        raise IntakeError(Code.PARSE_ERROR, "The archive is damaged") from error


class _Archive:
    """Model files, read when they are first named, within one budget."""

    def __init__(self, archive: zipfile.ZipFile, most: int, unpacked: int) -> None:
        self._archive = archive
        self._most = most
        self._left = unpacked
        self._models: dict[str, _Model] = {}
        self._points: list[Vectors] = []
        self._triangles: list[Indices] = []
        self._placed = 0
        self._sizes = [0, 0]
        """Points and triangles so far."""

    def soup(self) -> Soup:
        start = self._start()
        root = self._model(start)
        for path, number, placement in root.items:
            self._place(path or start, number, placement, 0)
        if not self._triangles:
            raise IntakeError(Code.NO_SOLID, "The build holds no triangles")
        return Soup(points=np.vstack(self._points), triangles=np.vstack(self._triangles), unit=root.unit)

    def _start(self) -> str:
        names = self._archive.namelist()
        if "_rels/.rels" in names:
            found = _RELATION.search(self._unpack("_rels/.rels"))
            if found:
                return found[1].decode("utf-8", "replace")
        return next((name for name in names if _START.search(name)), "3D/3dmodel.model")

    def _unpack(self, name: str) -> bytes:
        with self._archive.open(name) as packed:
            content = packed.read(self._left + 1)
        if len(content) > self._left:
            raise IntakeError(Code.ARCHIVE, "The archive unpacks to more than it says")
        self._left -= len(content)
        return content

    def _model(self, path: str) -> _Model:
        if path not in self._models:
            self._models[path] = _parse(self._unpack(path))
        return self._models[path]

    def _place(self, path: str, number: str, placement: Vectors, depth: int) -> None:
        if depth > NESTING:
            raise IntakeError(Code.TOO_DEEP, f"Components are nested deeper than {NESTING}")
        found = self._model(path).objects.get(number)
        if found is None:
            raise IntakeError(Code.PARSE_ERROR, "A component names an object that does not exist")
        if found.support:
            return
        if found.triangles:
            self._add(found, placement)
        for inner_path, inner, inner_placement in found.components:
            self._placed += 1
            if self._placed > self._most // 10:
                raise IntakeError(Code.TOO_MANY_ENTITIES, "The file places too many components")
            self._place(inner_path or path, inner, inner_placement @ placement, depth + 1)

    def _add(self, found: _Object, placement: Vectors) -> None:
        points = np.array(found.vertices).reshape(-1, 3)
        triangles = np.array(found.triangles, dtype=np.int64).reshape(-1, 3)
        if self._sizes[1] + len(triangles) > self._most:
            raise IntakeError(Code.TOO_MANY_ENTITIES, f"The file has more than {self._most:,} triangles")
        if triangles.min() < 0 or triangles.max() >= len(points):
            raise IntakeError(Code.PARSE_ERROR, "A triangle names a vertex that does not exist")
        if np.linalg.det(placement[:3, :3]) < 0:
            triangles = triangles[:, ::-1]
        self._triangles.append(triangles + self._sizes[0])
        self._points.append(points @ placement[:3, :3] + placement[3, :3])
        self._sizes = [self._sizes[0] + len(points), self._sizes[1] + len(triangles)]


def _parse(content: bytes) -> _Model:
    """One model file.

    Raises:
        IntakeError: PARSE_ERROR or UNSUPPORTED_EXTENSION.
    """
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartNamespaceDeclHandler = reading.declare
    parser.StartDoctypeDeclHandler = reading.doctype
    parser.StartElementHandler = reading.start
    try:
        parser.Parse(content, True)  # noqa: FBT003
    except (expat.ExpatError, KeyError, ValueError, LookupError) as error:
        raise IntakeError(Code.PARSE_ERROR, "The model is not well-formed 3MF") from error
    return reading.model


class _Reading:
    """What expat calls, element by element."""

    def __init__(self) -> None:
        self.model = _Model()
        self._object = _Object()
        self._spaces: dict[str, str] = {}

    def declare(self, prefix: str | None, address: str | None) -> None:
        self._spaces[prefix or ""] = address or ""

    def doctype(self, *_: object) -> None:
        raise IntakeError(Code.PARSE_ERROR, "The model declares a document type, which 3MF forbids")

    def start(self, name: str, given: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        if tag == "vertex":
            self._object.vertices += (float(given["x"]), float(given["y"]), float(given["z"]))
        elif tag == "triangle":
            self._object.triangles += (int(given["v1"]), int(given["v2"]), int(given["v3"]))
        elif space != CORE:
            if tag in FOREIGN_SHAPES:
                raise IntakeError(Code.UNSUPPORTED_EXTENSION, f"The shape is described by a {tag}")
        elif tag == "component":
            self._object.components.append(_reference(given))
        elif tag == "item":
            self.model.items.append(_reference(given))
        elif tag == "object":
            self._object = self.model.objects.setdefault(given["id"], _Object())
            self._object.support = given.get("type") in ("support", "other")
        elif tag == "model":
            self._begin(given)

    def _begin(self, given: dict[str, str]) -> None:
        self.model.unit = UNITS[given.get("unit", "millimeter").lower()]
        required = given.get("requiredextensions", "").split()
        foreign = [prefix for prefix in required if self._spaces.get(prefix) not in HARMLESS]
        if foreign:
            raise IntakeError(Code.UNSUPPORTED_EXTENSION, f"The file requires the extension {foreign[0][:40]}")


def _reference(given: dict[str, str]) -> tuple[str, str, Vectors]:
    placement = np.eye(4)
    if "transform" in given:
        placement[:, :3] = np.array([float(word) for word in given["transform"].split()]).reshape(4, 3)
    path = given.get(f"{PRODUCTION} path", "")
    return path.lstrip("/"), given["objectid"], placement
