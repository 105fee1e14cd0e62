"""How a design can be refused: every refusal has a code, says what is wrong and what the customer can do now."""

from enum import StrEnum

from protocol.ids import MaterialCode


class Code(StrEnum):
    """Why a file was not read. The first group is decided before parsing, the second by the jailed reader."""

    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    NOT_STEP = "NOT_STEP"
    UNSUPPORTED_FORMAT = "UNSUPPORTED_FORMAT"
    TRUNCATED = "TRUNCATED"
    TOO_DEEP = "TOO_DEEP"
    TOO_MANY_ENTITIES = "TOO_MANY_ENTITIES"

    PARSE_ERROR = "PARSE_ERROR"
    NO_SOLID = "NO_SOLID"
    NOT_CLOSED = "NOT_CLOSED"
    ASSEMBLY = "ASSEMBLY"
    UNITS = "UNITS"
    PARSER_CRASH = "PARSER_CRASH"
    CPU_LIMIT = "CPU_LIMIT"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    TIME_LIMIT = "TIME_LIMIT"


_SIMPLIFY = "Simplify the part (drop engraved text, threads and imported meshes) and export it again."
_EXPORT = "Export the part again from your CAD program as STEP AP214 or AP242."

ADVICE: dict[Code, str] = {
    Code.EMPTY: _EXPORT,
    Code.TOO_LARGE: _SIMPLIFY,
    Code.NOT_STEP: _EXPORT,
    Code.UNSUPPORTED_FORMAT: "This node reads STEP (AP203, AP214, AP242). " + _EXPORT,
    Code.TRUNCATED: "The upload or the export broke off. Send the whole file again.",
    Code.TOO_DEEP: _EXPORT,
    Code.TOO_MANY_ENTITIES: _SIMPLIFY,
    Code.PARSE_ERROR: _EXPORT,
    Code.NO_SOLID: "Export a solid body, not surfaces, wires or an analysis model.",
    Code.NOT_CLOSED: "Close the gaps in your CAD program (stitch the surfaces to one solid), then export again.",
    Code.ASSEMBLY: "Send each part as a file of its own.",
    Code.UNITS: "Check the unit of the export (millimetres are safest) and send the file again.",
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


class UnknownMaterialError(DesignError):
    """No such designation in the material table. Choose one of ``known``."""

    def __init__(self, material: MaterialCode, known: tuple[MaterialCode, ...]) -> None:
        super().__init__(f"no material {material!r}; this node knows {', '.join(known)}")
        self.material = material
        self.known = known


class NoRoutingError(DesignError):
    """No process can make the part as asked. ``reasons`` say which demand stands against which process."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
