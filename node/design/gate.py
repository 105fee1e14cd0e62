"""Cheap checks on the bytes before any parser sees them: size, format, completeness, nesting, what an archive hides."""

import io
import re
import struct
import zipfile
from dataclasses import dataclass

from node.design.errors import Code, IntakeError
from node.design.formats import Format, recognise


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one file may cost."""

    size: int = 25_000_000
    """Bytes of a STEP, DXF or 3MF file; real parts of a thousand faces have about three million."""

    mesh_size: int = 100_000_000
    """Bytes of an STL or OBJ file: two million triangles in binary."""

    triangles: int = 2_000_000
    """Of a mesh, components expanded; three million random ones took 14 s and 2.1 GB elsewhere."""

    unpacked: int = 200_000_000
    """Bytes that a 3MF archive may unpack to."""

    archive_ratio: int = 100
    """Unpacked over packed; XML of real parts shrinks to a tenth."""

    archive_entries: int = 1_000
    """Files in one archive."""

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

    answer: int = 16 << 20
    """Bytes of the reader's answer, previews included."""


SCHEMAS = re.compile(rb"CONFIG_CONTROL_DESIGN|AUTOMOTIVE_DESIGN|AP203_|AP214_|AP242_")
"""Beginnings of the schema names of AP203, AP214 and AP242."""

_END = re.compile(rb"END-ISO-10303-21\s*;")
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^']{0,200})")
_QUOTED = re.compile(rb"'[^']*+'?|/\*.*?(?:\*/|\Z)|\"[^\"]*+\"?", re.DOTALL)  # linear, even on what never closes
_INSTANCE = re.compile(rb"#\d++\s*+=")
_NOT_BRACKET = re.compile(rb"[^()]+")


def inspect(data: bytes, *, name: str, limits: Limits) -> Format:
    """Refuse what must not reach the parser; ``name`` is the file's name or empty.

    Returns:
        The format, found by content.

    Raises:
        IntakeError: EMPTY, TOO_LARGE, MISNAMED, UNKNOWN_FORMAT, UNSUPPORTED_FORMAT, TRUNCATED, TOO_DEEP,
            TOO_MANY_ENTITIES, ARCHIVE, or PARSE_ERROR for brackets that do not match.
    """
    if not data.strip():
        raise IntakeError(Code.EMPTY, "The file is empty")
    if len(data) > max(limits.size, limits.mesh_size):
        raise IntakeError(Code.TOO_LARGE, f"The file has {len(data):,} bytes, more than {limits.mesh_size:,}")
    kind = recognise(data, name=name)
    allowed = limits.mesh_size if kind in (Format.STL, Format.OBJ) else limits.size
    if len(data) > allowed:
        raise IntakeError(Code.TOO_LARGE, f"The file has {len(data):,} bytes, more than {allowed:,}")
    if kind is Format.STEP:
        _inspect_step(data, limits)
    elif kind is Format.THREEMF:
        _inspect_archive(data, limits)
    elif kind is Format.DXF and not re.search(rb"\bEOF\s*\Z", data[-4096:]):
        raise IntakeError(Code.TRUNCATED, "The file has no end mark")
    return kind


def _inspect_step(data: bytes, limits: Limits) -> None:
    if not _END.search(data, max(0, len(data) - 4096)):
        raise IntakeError(Code.TRUNCATED, "The file has no end mark")
    schema = _SCHEMA.search(data, 0, 65_536)
    if schema and not SCHEMAS.match(schema[1].strip().upper()):
        declared = schema[1].decode("ascii", "replace")[:60]
        raise IntakeError(Code.UNSUPPORTED_FORMAT, f"The file follows the schema {declared}")
    _refuse_bomb(_QUOTED.sub(b"", data), limits)


def _inspect_archive(data: bytes, limits: Limits) -> None:
    """Only the directory is read; what it claims is enforced again while unpacking."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as error:
        raise IntakeError(Code.TRUNCATED, "The archive's directory cannot be read") from error
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > limits.archive_entries:
        raise IntakeError(Code.ARCHIVE, f"The archive has {len(entries):,} entries")
    if unpacked > limits.unpacked or unpacked > limits.archive_ratio * len(data):
        raise IntakeError(Code.ARCHIVE, f"The archive of {len(data):,} bytes unpacks to {unpacked:,}")
    if any(entry.flag_bits & 1 for entry in entries):
        raise IntakeError(Code.ARCHIVE, "The archive is encrypted")
    if not any(entry.filename.lower().endswith(".model") for entry in entries):
        raise IntakeError(Code.UNSUPPORTED_FORMAT, "The archive holds no 3MF model")


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
