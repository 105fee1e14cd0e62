"""Small files of every format, written by hand, and hostile ones."""

import io
import math
import struct
import zipfile

CUBE = [(x, y, z) for x in (0.0, 10.0) for y in (0.0, 10.0) for z in (0.0, 10.0)]
QUADS = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
SIDES = [triangle for a, b, c, d in QUADS for triangle in ((a, b, c), (a, c, d))]
Corner = tuple[float, float, float]


def stl(corners: list[Corner] = CUBE, sides: list[tuple[int, int, int]] = SIDES, head: bytes = b"") -> bytes:
    rows = [struct.pack("<12fH", 0, 0, 0, *(v for corner in side for v in corners[corner]), 0) for side in sides]
    return head.ljust(80, b"\0") + struct.pack("<I", len(rows)) + b"".join(rows)


def text_stl(corners: list[Corner] = CUBE) -> bytes:
    lines = ["solid made by Jane Doe"]
    for side in SIDES:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += ["vertex {:.6e} {:.6e} {:.6e}".format(*corners[corner]) for corner in side]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, "endsolid Jane Doe"]).encode()


def obj() -> bytes:
    lines = ["# Jane Doe", "mtllib ../../../../etc/passwd", "o secret"]
    lines += ["v {} {} {} 1.0".format(*corner) for corner in CUBE]
    lines += ["f " + " ".join(f"{corner + 1}/1/1" for corner in quad) for quad in QUADS[:3]]
    lines += ["f " + " ".join(str(corner - len(CUBE)) for corner in quad) for quad in QUADS[3:]]
    return "\n".join(lines).encode()


def globe(rings: int) -> bytes:
    """An OBJ sphere of about two rings squared triangles; more work than it looks."""
    lines = ["v 0 0 50", "v 0 0 -50"]
    for ring in range(1, rings):
        for turn in range(rings):
            a, b = math.pi * ring / rings, 2 * math.pi * turn / rings
            x, y, z = math.sin(a) * math.cos(b), math.sin(a) * math.sin(b), math.cos(a)
            lines.append(f"v {50 * x:.6f} {50 * y:.6f} {50 * z:.6f}")
    at = lambda ring, turn: 3 + (ring - 1) * rings + turn % rings  # noqa: E731
    for turn in range(rings):
        lines += [f"f 1 {at(1, turn)} {at(1, turn + 1)}", f"f 2 {at(rings - 1, turn + 1)} {at(rings - 1, turn)}"]
        lines += [
            f"f {at(ring, turn)} {at(ring + 1, turn)} {at(ring + 1, turn + 1)} {at(ring, turn + 1)}"
            for ring in range(1, rings - 1)
        ]
    return "\n".join(lines).encode()


MESH = (
    "<mesh><vertices>"
    + "".join('<vertex x="{}" y="{}" z="{}"/>'.format(*corner) for corner in CUBE)
    + "</vertices><triangles>"
    + "".join('<triangle v1="{}" v2="{}" v3="{}"/>'.format(*side) for side in SIDES)
    + "</triangles></mesh>"
)
BODY = (
    f'<resources><object id="1" type="model" name="secret">{MESH}</object></resources>'
    '<build><item objectid="1"/></build>'
)
CORE = 'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"'


def model(body: str = BODY, *, unit: str = "millimeter", before: str = "", attributes: str = "") -> bytes:
    author = '<metadata name="Designer">Jane Doe</metadata>'
    return f'<?xml version="1.0"?>{before}<model unit="{unit}" {CORE} {attributes}>{author}{body}</model>'.encode()


def threemf(content: bytes | None = None, **others: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("3D/3dmodel.model", model() if content is None else content)
        archive.writestr("Metadata/thumbnail.png", b"Jane Doe")
        for name, data in others.items():
            archive.writestr(f"3D/{name}.model", data)
    return packed.getvalue()


def assembly(count: int, *, cycle: bool = False) -> bytes:
    """A cube in components of components: two to the power of ``count`` copies."""
    objects = f'<object id="1" type="model">{MESH}</object>'
    for number in range(2, count + 2):
        inner = number + 1 if cycle and number == count + 1 else number - 1
        moved = f'transform="1 0 0 0 1 0 0 0 1 {20 * 2 ** (number - 2)} 0 0"'
        parts = f'<component objectid="{inner}"/><component objectid="{inner}" {moved}/>'
        objects += f'<object id="{number}" type="model"><components>{parts}</components></object>'
    if cycle:
        objects += f'<object id="{count + 2}"><components><component objectid="{count + 1}"/></components></object>'
    body = f'<resources>{objects}</resources><build><item objectid="{count + 1}"/></build>'
    return threemf(model(body))


def dxf(*entities: str, unit: int | None = 4, blocks: str = "") -> bytes:
    """Entities as group codes separated by blanks."""
    header = f"0 SECTION 2 HEADER 9 $INSUNITS 70 {unit} 0 ENDSEC" if unit is not None else ""
    inner = " ".join(entities)
    whole = f"999 JaneDoe {header} 0 SECTION 2 BLOCKS {blocks} 0 ENDSEC 0 SECTION 2 ENTITIES {inner} 0 ENDSEC 0 EOF"
    words = whole.split()
    return "\n".join(words).encode() + b"\n"


def circle(x: float, y: float, radius: float) -> str:
    return f"0 CIRCLE 8 SECRET 10 {x} 20 {y} 40 {radius}"


def line(a: tuple[float, float], b: tuple[float, float]) -> str:
    return f"0 LINE 8 SECRET 10 {a[0]} 20 {a[1]} 11 {b[0]} 21 {b[1]}"


def polyline(*corners: tuple[float, float, float]) -> str:
    """Closed; the third number is the bulge."""
    points = " ".join(f"10 {x} 20 {y} 42 {bulge}" for x, y, bulge in corners)
    return f"0 LWPOLYLINE 8 SECRET 90 {len(corners)} 70 1 {points}"
