"""Which CAD format a file is in, from its bytes alone; a name may only contradict, never decide, except for OBJ."""

import re
from enum import StrEnum
from pathlib import PurePath

from node.design.errors import Code, IntakeError


class Format(StrEnum):
    """What this node reads."""

    STEP = "STEP"
    STL = "STL"
    THREEMF = "3MF"
    OBJ = "OBJ"
    DXF = "DXF"


SUFFIXES: dict[str, Format] = {
    ".step": Format.STEP,
    ".stp": Format.STEP,
    ".p21": Format.STEP,
    ".stpnc": Format.STEP,
    ".stl": Format.STL,
    ".3mf": Format.THREEMF,
    ".obj": Format.OBJ,
    ".dxf": Format.DXF,
}

STEP_MAGIC = b"ISO-10303-21;"
_BINARY_DXF = b"AutoCAD Binary DXF"
_DXF = re.compile(rb"\s*(?:999[ \t]*\r?\n[^\n]*\n\s*)*0[ \t]*\r?\n\s*SECTION")
_OBJ = re.compile(rb"^v[ \t]+[-+.\d]", re.MULTILINE)
_STL_RECORD, _STL_HEADER = 50, 84


def recognise(data: bytes, *, name: str) -> Format:
    """The format of ``data``; ``name`` is the file's name or empty.

    Raises:
        IntakeError: MISNAMED, UNSUPPORTED_FORMAT or UNKNOWN_FORMAT.
    """
    named = SUFFIXES.get(PurePath(name).suffix.lower())
    found = _by_content(data)
    if found is None and named is Format.OBJ and _OBJ.search(data, 0, 65_536):
        found = Format.OBJ
    if named is not None and found is not named:
        raise IntakeError(Code.MISNAMED, f"The file is named {named} but holds {found or 'something else'}")
    if found is None:
        if data.startswith(_BINARY_DXF):
            raise IntakeError(Code.UNSUPPORTED_FORMAT, "The file is a binary DXF")
        raise IntakeError(Code.UNKNOWN_FORMAT, "The file is in no format that this node knows")
    return found


def _by_content(data: bytes) -> Format | None:
    head = data[:4096].lstrip()
    if head.startswith(STEP_MAGIC):
        return Format.STEP
    if head.startswith(b"PK\x03\x04"):
        return Format.THREEMF
    if len(data) >= _STL_HEADER and len(data) == _STL_HEADER + _STL_RECORD * int.from_bytes(data[80:84], "little"):
        return Format.STL
    if head[:5].lower() == b"solid" and re.search(rb"\bfacet\b", data[:65_536], re.IGNORECASE):
        return Format.STL
    if _DXF.match(data[:65_536].removeprefix(b"\xef\xbb\xbf")):
        return Format.DXF
    if re.match(rb"(?:[ \t]*(?:#[^\n]*|(?:mtllib|o|g|s|usemtl)\b[^\n]*)?\r?\n)*v[ \t]+[-+.\d]", data[:65_536]):
        return Format.OBJ
    return None
