"""What makes a part dear or impossible to make by a process, with the measure, the limit and the reason in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from node.design.part import MAX_DISAGREEMENT, PartModel
from protocol.ids import ProcessCode
from protocol.params import EXTRUSION, MILLING, TURNING
from protocol.units import Micrometres


class Severity(StrEnum):
    """What a finding means for the order."""

    BLOCK = "block"
    COST = "cost"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One observation about a part under a process."""

    code: str
    severity: Severity
    measure: int
    limit: int
    unit: str
    """Of both ``measure`` and ``limit``."""

    explanation: str


MAX_DEPTH_RATIO = 10
"""Depth over diameter that a twist drill reaches with pecking; beyond it, gun drilling."""

MIN_HOLE = Micrometres(1_000)
"""Diameter below which drills break too often to be planned for."""

MIN_CUTTER_RADIUS = Micrometres(1_500)
"""Smallest end mill that is run without extra time."""

MIN_WALL: dict[ProcessCode, Micrometres] = {
    MILLING: Micrometres(800),
    TURNING: Micrometres(1_000),
    EXTRUSION: Micrometres(800),
}
"""Metal walls below chatter or bend; a printed wall needs two lines of a 0.4 mm nozzle."""

TIGHTEST: dict[ProcessCode, Micrometres] = {
    MILLING: Micrometres(10),
    TURNING: Micrometres(6),
    EXTRUSION: Micrometres(200),
}
"""Full width below which the process does not get; IT 6 for the small sizes of turning (ISO 286-1)."""

USUAL: dict[ProcessCode, Micrometres] = {
    MILLING: Micrometres(50),
    TURNING: Micrometres(30),
    EXTRUSION: Micrometres(1_000),
}
"""Full width that costs nothing extra; printing shops promise half a millimetre either way."""


def findings(part: PartModel, process: ProcessCode, tolerance: Micrometres) -> tuple[Finding, ...]:
    """All findings for a shaping process, the gravest first."""
    found = [*_tolerance(process, tolerance), *_walls(part, process), *_figures(part)]
    if process != EXTRUSION:
        found += [*_drilling(part), *_corners(part)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _tolerance(process: ProcessCode, tolerance: Micrometres) -> Iterator[Finding]:
    if tolerance < TIGHTEST[process]:
        text = "The process does not hold this tolerance; it needs a finishing process that this node does not plan."
        yield _finding("TOLERANCE_OUT_OF_REACH", Severity.BLOCK, tolerance, TIGHTEST[process], text)
    elif tolerance < USUAL[process]:
        text = "Tighter than usual: slower finishing cuts and more rejects."
        yield _finding("TIGHT_TOLERANCE", Severity.COST, tolerance, USUAL[process], text)


def _walls(part: PartModel, process: ProcessCode) -> Iterator[Finding]:
    limit = MIN_WALL[process]
    if part.min_wall is not None and part.min_wall < limit:
        yield _finding("THIN_WALL", Severity.COST, part.min_wall, limit, "The thinnest wall may bend or break.")
    if part.sheet is not None and process != EXTRUSION:
        text = "The thickness is constant: a shop that cuts and bends sheet would be cheaper."
        yield _finding("SHEET", Severity.NOTE, part.sheet, 0, text)


def _figures(part: PartModel) -> Iterator[Finding]:
    if part.suspect:
        text = "The two ways of computing the volume disagree; the model may have gaps. Have a person look at it."
        yield _finding("SUSPECT_VOLUME", Severity.COST, part.disagreement, MAX_DISAGREEMENT, text, unit="ppm")


def _drilling(part: PartModel) -> Iterator[Finding]:
    for bore in part.holes:
        if bore.depth > MAX_DEPTH_RATIO * bore.diameter:
            text = (
                f"{bore.count} hole(s) of {bore.diameter / 1000:g} mm deeper than ten diameters need a special drill."
            )
            yield _finding("DEEP_HOLE", Severity.COST, bore.depth, MAX_DEPTH_RATIO * bore.diameter, text)
        if bore.diameter < MIN_HOLE:
            text = f"{bore.count} hole(s) are so small that drills break."
            yield _finding("SMALL_HOLE", Severity.COST, bore.diameter, MIN_HOLE, text)


def _corners(part: PartModel) -> Iterator[Finding]:
    radius = part.min_internal_radius
    if radius is not None and radius < MIN_CUTTER_RADIUS:
        text = "An internal corner is tighter than the usual cutter: a small cutter takes much longer."
        yield _finding("SMALL_INTERNAL_RADIUS", Severity.COST, radius, MIN_CUTTER_RADIUS, text)
    if part.sharp_internal_edges:
        text = "Internal edges without a radius: no end mill leaves them; add a radius, or pay for eroding."
        yield _finding("SHARP_INTERNAL_EDGE", Severity.COST, part.sharp_internal_edges, 0, text, unit="edges")


def _finding(code: str, severity: Severity, measure: int, limit: int, text: str, *, unit: str = "um") -> Finding:
    return Finding(code=code, severity=severity, measure=measure, limit=limit, unit=unit, explanation=text)
