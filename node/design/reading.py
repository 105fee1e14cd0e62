"""What is asked of a reader and what it sends back: a part with its preview or a refusal, never both."""

from dataclasses import dataclass

from node.design.errors import Code
from node.design.formats import Format
from node.design.lengths import Size, Unit
from node.design.part import PartModel
from protocol.units import Micrometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the customer adds to a file, and what is wanted back; with the file and the engine it decides the answer."""

    unit: Unit | None = None
    """Overrides what the file declares; needed when it declares nothing."""

    thickness: Micrometres | None = None
    """Of the sheet that a drawing is cut from."""

    preview: bool = False
    """Whether to draw it too."""

    shape: bool = False
    """Whether its triangles are wanted, fine enough to be made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One file for one reader."""

    kind: Format
    options: Options
    triangles: int
    """Most of them in a mesh."""

    unpacked: int
    """Most bytes out of an archive."""

    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Pictures of a part."""

    glb: bytes
    """glTF 2.0 binary, metres."""

    png: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A part to be made: millimetres; the third coordinate points away from the plate."""

    triangles: bytes
    """Nine little-endian 32-bit floats each, counter-clockwise from outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the reader read no part."""

    code: Code
    detail: str
    sizes: tuple[Size, ...]
    """Answers to a question about the unit; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The reader's answer, in the wire form of ``protocol.wire``."""

    part: PartModel | None
    preview: Preview | None
    shape: Shape | None
    """None when it was not asked for, or has too many triangles."""

    refusal: Refusal | None
