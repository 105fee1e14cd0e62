"""How a design can be refused: every refusal has a code, says what is wrong and what the customer can do now."""

from enum import StrEnum

from node.design.lengths import Size
from protocol.ids import MaterialCode


class Code(StrEnum):
    """Why a file was not read. The first group is decided before parsing, the second by the jailed reader."""

    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    MISNAMED = "MISNAMED"
    UNKNOWN_FORMAT = "UNKNOWN_FORMAT"
    UNSUPPORTED_FORMAT = "UNSUPPORTED_FORMAT"
    TRUNCATED = "TRUNCATED"
    TOO_DEEP = "TOO_DEEP"
    TOO_MANY_ENTITIES = "TOO_MANY_ENTITIES"
    ARCHIVE = "ARCHIVE"

    PARSE_ERROR = "PARSE_ERROR"
    NO_SOLID = "NO_SOLID"
    NOT_CLOSED = "NOT_CLOSED"
    ASSEMBLY = "ASSEMBLY"
    UNSUPPORTED_EXTENSION = "UNSUPPORTED_EXTENSION"
    UNITS = "UNITS"
    PARSER_CRASH = "PARSER_CRASH"
    CPU_LIMIT = "CPU_LIMIT"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    TIME_LIMIT = "TIME_LIMIT"


_SIMPLIFY = "Simplify the part (drop engraved text, threads and imported meshes) and export it again."
_FORMATS = "This node reads STEP (AP203, AP214, AP242), STL, 3MF, OBJ and DXF. "
_EXPORT = "Export the part again from your CAD program as STEP AP214 or AP242."

ADVICE: dict[Code, str] = {
    Code.EMPTY: _EXPORT,
    Code.TOO_LARGE: _SIMPLIFY,
    Code.MISNAMED: "Give the file the name's ending that belongs to its format. " + _EXPORT,
    Code.UNKNOWN_FORMAT: _FORMATS + _EXPORT,
    Code.UNSUPPORTED_FORMAT: _FORMATS + _EXPORT,
    Code.TRUNCATED: "The upload or the export broke off. Send the whole file again.",
    Code.TOO_DEEP: _EXPORT,
    Code.TOO_MANY_ENTITIES: _SIMPLIFY,
    Code.ARCHIVE: "Save the 3MF again from the program that made it, without thumbnails and with one part.",
    Code.PARSE_ERROR: _EXPORT,
    Code.NO_SOLID: "Export a solid body, not surfaces, wires or an analysis model.",
    Code.NOT_CLOSED: "Close the gaps in your CAD program (stitch the surfaces to one solid), then export again.",
    Code.ASSEMBLY: "Send each part as a file of its own.",
    Code.UNSUPPORTED_EXTENSION: "Export plain triangles: no beam lattices, slices, volumes or encrypted parts.",
    Code.UNITS: "Say which unit the file is in (--unit mm, cm, m, in), or export it again in millimetres.",
    Code.PARSER_CRASH: "The file is damaged, or the reader has a fault. " + _EXPORT,
    Code.CPU_LIMIT: _SIMPLIFY,
    Code.MEMORY_LIMIT: _SIMPLIFY,
    Code.TIME_LIMIT: _SIMPLIFY,
}
"""What the customer can do about each refusal."""


class DesignError(Exception):
    """Base of every error that ``node.design`` raises."""


class IntakeError(DesignError):
    """The customer's file cannot be quoted. ``code`` is for programs, the text for the customer."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(f"{detail}. {ADVICE[code]}")
        self.code = code
        self.detail = detail


class UnitQuestionError(IntakeError):
    """Nobody can know the file's unit. Ask the customer: ``sizes`` says how long the part would be in each."""

    def __init__(self, detail: str, sizes: tuple[Size, ...]) -> None:
        super().__init__(Code.UNITS, detail)
        self.sizes = sizes


class UnknownMaterialError(DesignError):
    """No such designation in the material table. Choose one of ``known``."""

    def __init__(self, material: MaterialCode, known: tuple[MaterialCode, ...]) -> None:
        super().__init__(f"no material {material!r}; this node knows {', '.join(known)}")
        self.material = material
        self.known = known


class MissingFactorError(DesignError):
    """Nobody publishes the material's CO2 figure. Ask for grams per kilogram and its source (--embodied)."""

    def __init__(self, material: MaterialCode) -> None:
        super().__init__(f"there is no open CO2 figure for {material}; say its grams per kilogram (--embodied)")
        self.material = material


class MissingThicknessError(DesignError):
    """A drawing does not say how thick the sheet is. Ask for it (--thickness)."""

    def __init__(self) -> None:
        super().__init__("a drawing does not say how thick the sheet is; say it in millimetres (--thickness)")


class NoRoutingError(DesignError):
    """No process can make the part as asked. ``reasons`` say which demand stands against which process."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
