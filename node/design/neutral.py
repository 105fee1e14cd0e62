"""A file with its geometry and nothing else: no names, paths, dates, comments, layers or thumbnails, in any format."""

import io
import re
import zipfile
from itertools import pairwise

from node.design import header
from node.design.dxf import HIDDEN_LAYERS, KINDS, pairs, read_sections
from node.design.formats import Format

MEDIA_TYPES: dict[Format, str] = {
    Format.STEP: "model/step",
    Format.STL: "model/stl",
    Format.THREEMF: "model/3mf",
    Format.OBJ: "model/obj",
    Format.DXF: "image/vnd.dxf",
}
"""As registered with IANA."""

_STL_HEADER = 84
_STL_RECORD = 50
_SOLID = re.compile(rb"^[ \t]*(solid|endsolid)\b[^\r\n]*", re.IGNORECASE | re.MULTILINE)
_METADATA = re.compile(rb"<!--.*?-->|<(?P<tag>(?:\w+:)?metadata(?:group)?)\b[^>]*?(?:/>|>.*?</(?P=tag)\s*>)", re.DOTALL)
_NAMING = re.compile(rb"""\s(?:name|partnumber|thumbnail|xml:lang|(?:\w+:)?UUID)\s*=\s*(?:"[^"]*"|'[^']*')""")
_MODEL_TYPE = b"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
_RELATIONS = b'"http://schemas.openxmlformats.org/package/2006/relationships"'
_CONTENT_TYPES = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    b'<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
)
_KEPT_CODES = {0, 2, 8, 10, 11, 20, 21, 40, 41, 42, 44, 45, 50, 51, 66, 67, 70, 71, 72, 73, 74, 90, 230}
"""What the curves, blocks and their places are made of."""


def neutral(data: bytes, kind: Format) -> bytes:
    """The same geometry without what names anybody; ``data`` has passed the gate. Twice is the same as once."""
    return {
        Format.STEP: header.strip,
        Format.STL: _stl,
        Format.THREEMF: _3mf,
        Format.OBJ: _obj,
        Format.DXF: _dxf,
    }[kind](data)


def names_nobody(data: bytes, kind: Format) -> bool:
    """Whether making it neutral would change nothing but white space around the file."""
    return neutral(data, kind).strip() == data.strip()


def _stl(data: bytes) -> bytes:
    count = int.from_bytes(data[80:84], "little") if len(data) >= _STL_HEADER else -1
    if len(data) != _STL_HEADER + _STL_RECORD * count:
        return _SOLID.sub(rb"\1", data)
    bare = bytearray(data)
    bare[:80] = bytes(80)
    for place in (48, 49):  # the attribute bytes of every triangle, where some programs keep colours
        bare[_STL_HEADER + place :: _STL_RECORD] = bytes(count)
    return bytes(bare)


def _obj(data: bytes) -> bytes:
    """Corners and faces; texture and normal indices go with what they point to."""
    lines = []
    for line in data.replace(b"\\\n", b" ").splitlines():
        words = line.split()
        if words and words[0] == b"v":
            lines.append(b" ".join(words[:4]))
        elif words and words[0] == b"f":
            lines.append(b" ".join([b"f", *(word.split(b"/", 1)[0] for word in words[1:])]))
    return b"\n".join(lines) + b"\n"


def _3mf(data: bytes) -> bytes:
    """Model files under numbers, no attachments; times are 1980, the archive's zero."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [entry.filename for entry in archive.infolist() if entry.filename.lower().endswith(".model")]
        root = next((name for name in names if name.lower() == "3d/3dmodel.model"), names[0])
        names = [root, *(name for name in names if name != root)]
        models = [archive.read(name) for name in names]
    renamed = ["3D/3dmodel.model", *(f"3D/{number}.model" for number in range(1, len(names)))]
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        relations = [_relation(number, path) for number, path in enumerate(renamed[:1])]
        inner = [_relation(number, path) for number, path in enumerate(renamed[1:], start=1)]
        _write(archive, "[Content_Types].xml", _CONTENT_TYPES)
        _write(archive, "_rels/.rels", _wrapped(relations))
        if inner:
            _write(archive, "3D/_rels/3dmodel.model.rels", _wrapped(inner))
        for path, model in zip(renamed, models, strict=True):
            bare = _NAMING.sub(b"", _METADATA.sub(b"", model))
            for old, fresh in zip(names, renamed, strict=True):
                bare = bare.replace(b'path="/' + old.encode() + b'"', b'path="/' + fresh.encode() + b'"')
            _write(archive, path, bare)
    return output.getvalue()


def _relation(number: int, path: str) -> bytes:
    return b'<Relationship Target="/%b" Id="r%d" Type="%b"/>' % (path.encode(), number, _MODEL_TYPE)


def _wrapped(relations: list[bytes]) -> bytes:
    return b"<Relationships xmlns=" + _RELATIONS + b">" + b"".join(relations) + b"</Relationships>"


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _dxf(data: bytes) -> bytes:
    """Curves and blocks under numbers, on one layer; construction points keep theirs, for it hides them."""
    sections = read_sections(pairs(data))
    blocks: dict[str, str] = {}
    tagged = [(0, "SECTION"), (2, "HEADER"), *_dxf_unit(sections.get("HEADER", [])), (0, "ENDSEC")]
    for name in ("BLOCKS", "ENTITIES"):
        tagged += [(0, "SECTION"), (2, name)]
        kept = False
        for code, value in sections.get(name, [])[1:]:
            kept = value in KINDS if code == 0 else kept
            if kept and code in _KEPT_CODES:
                tagged.append((code, _anonymous(code, value, blocks)))
        tagged.append((0, "ENDSEC"))
    tagged.append((0, "EOF"))
    return "".join(f"{code}\n{value}\n" for code, value in tagged).encode()


def _dxf_unit(header_section: list[tuple[int, str]]) -> list[tuple[int, str]]:
    for variable, setting in pairwise(header_section):
        if variable == (9, "$INSUNITS"):
            return [variable, setting]
    return []


def _anonymous(code: int, value: str, blocks: dict[str, str]) -> str:
    if code == 2:
        return blocks.setdefault(value, f"B{len(blocks)}")
    if code == 8:
        return value if value.upper() in HIDDEN_LAYERS else "0"
    return value
