"""Cheap checks on the bytes before any parser sees them: size, kind of file, completeness, nesting, entity count."""

import re
from dataclasses import dataclass
from pathlib import PurePath

from node.design.errors import Code, IntakeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one file may cost."""

    size: int = 25_000_000
    """Bytes; real parts of a thousand faces have about three million."""

    nesting: int = 64
    """Brackets inside brackets; OCCT recurses on them and its stack overflows at 200 000."""

    entities: int = 500_000
    """Instances in the data section."""

    cpu: int = 15
    """Processor seconds of the reader; real parts up to 3 MB took less than five."""

    wall: float = 30
    """Seconds until an answer must be there; a busy machine may give the reader half a processor."""

    memory: int = 3 << 30
    """Bytes of the reader's address space."""

    answer: int = 1 << 20
    """Bytes of the reader's answer."""


MAGIC = b"ISO-10303-21;"
SUFFIXES = (".step", ".stp", ".p21", ".stpnc")
SCHEMAS = re.compile(rb"CONFIG_CONTROL_DESIGN|AUTOMOTIVE_DESIGN|AP203_|AP214_|AP242_")
"""Beginnings of the schema names of AP203, AP214 and AP242."""

_END = re.compile(rb"END-ISO-10303-21\s*;")
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^']{0,200})")
_QUOTED = re.compile(rb"'[^']*+'?|/\*.*?(?:\*/|\Z)|\"[^\"]*+\"?", re.DOTALL)  # linear, even on what never closes
_INSTANCE = re.compile(rb"#\d++\s*+=")
_NOT_BRACKET = re.compile(rb"[^()]+")


def inspect(data: bytes, *, name: str, limits: Limits) -> None:
    """Refuse what must not reach the parser; ``name`` is the file's name or empty.

    Raises:
        IntakeError: EMPTY, TOO_LARGE, NOT_STEP, UNSUPPORTED_FORMAT, TRUNCATED, TOO_DEEP, TOO_MANY_ENTITIES or
            PARSE_ERROR for brackets that do not match.
    """
    if not data.strip():
        raise IntakeError(Code.EMPTY, "The file is empty")
    if len(data) > limits.size:
        raise IntakeError(Code.TOO_LARGE, f"The file has {len(data):,} bytes, more than {limits.size:,}")
    if not data.lstrip().startswith(MAGIC):
        _refuse_foreign(data, name)
    if not _END.search(data, max(0, len(data) - 4096)):
        raise IntakeError(Code.TRUNCATED, "The file has no end mark")
    schema = _SCHEMA.search(data, 0, 65_536)
    if schema and not SCHEMAS.match(schema[1].strip().upper()):
        declared = schema[1].decode("ascii", "replace")[:60]
        raise IntakeError(Code.UNSUPPORTED_FORMAT, f"The file follows the schema {declared}")
    _refuse_bomb(_QUOTED.sub(b"", data), limits)


def _refuse_foreign(data: bytes, name: str) -> None:
    kind = _foreign(data)
    if PurePath(name).suffix.lower() in SUFFIXES:
        raise IntakeError(Code.NOT_STEP, f"The file is named STEP but holds {kind or 'something else'}")
    if kind:
        raise IntakeError(Code.UNSUPPORTED_FORMAT, f"The file is {kind}")
    raise IntakeError(Code.NOT_STEP, "The file does not begin with ISO-10303-21")


def _foreign(data: bytes) -> str | None:
    """Name of another CAD format, or None when it is not one that we know."""
    head = data[:4096]
    if head.startswith(b"PK\x03\x04"):
        return "3MF or another ZIP archive"
    if head.lstrip().startswith(b"solid") and b"facet" in head:
        return "STL (text)"
    if len(data) >= 84 and len(data) == 84 + 50 * int.from_bytes(data[80:84], "little"):
        return "STL (binary)"
    if head.startswith(b"AutoCAD Binary DXF") or re.match(rb"\s*(999\r?\n.*\r?\n\s*)*0\s*\r?\n\s*SECTION", head):
        return "DXF"
    return None


def _refuse_bomb(bare: bytes, limits: Limits) -> None:
    if sum(1 for _ in _INSTANCE.finditer(bare)) > limits.entities:
        raise IntakeError(Code.TOO_MANY_ENTITIES, f"The file has more than {limits.entities:,} entities")
    brackets = _NOT_BRACKET.sub(b"", bare)
    for _ in range(limits.nesting):  # each round takes the innermost pairs away
        if not brackets:
            return
        brackets = brackets.replace(b"()", b"")
    if b"()" in brackets:
        raise IntakeError(Code.TOO_DEEP, f"Brackets are nested deeper than {limits.nesting}")
    if brackets:
        raise IntakeError(Code.PARSE_ERROR, "Brackets in the file do not match")
