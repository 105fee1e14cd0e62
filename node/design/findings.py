"""What makes a part dear or impossible by a process: measure, limit, place, and what to change."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from node.design.part import MAX_DISAGREEMENT, FeatureKind, Kind, PartModel, Place
from node.design.reach import ORDINARY, Reach
from protocol.ids import ProcessCode
from protocol.params import BENDING, LASER, MILLING, TURNING
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
    remedy: str
    """What the customer can change."""

    place: Place | None
    """Where on the part, in the file's frame; None when it is about the whole."""


SHADED = 30_000
"""Parts per million of the surface that no straight tool sees; below there is shadow at edges, above an undercut."""

UNREACHABLE = 60_000
"""The same from which on there is a cavity, and no cutter for grooves reaches it."""

SUPPORT_SHARE = 4
"""A part needs much support when more than one part in so many of its surface hangs over."""


def findings(
    part: PartModel, process: ProcessCode, tolerance: Micrometres, *, reach: Reach | None = None
) -> tuple[Finding, ...]:
    """All findings for a shaping process, the gravest first; ``reach`` is the provider's, else an ordinary shop's."""
    limits = reach or ORDINARY[process]
    found = [*_tolerance(tolerance, limits), *_size(part, limits), *_walls(part, process, limits), *_figures(part)]
    if process in (MILLING, TURNING):
        found += [*_drilling(part, limits), *_corners(part, limits), *_threads(part), *_access(part, process)]
    elif process in (LASER, BENDING):
        found += [*_plate(part, limits), *_bends(part)]
    else:
        found += [*_printing(part, limits)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _tolerance(tolerance: Micrometres, limits: Reach) -> Iterator[Finding]:
    if tolerance < limits.tightest:
        text = "The process does not hold this tolerance."
        remedy = "Widen the tolerance, or ask for a finishing process such as grinding."
        yield _finding("TOLERANCE_OUT_OF_REACH", Severity.BLOCK, tolerance, limits.tightest, text, remedy)
    elif tolerance < limits.usual:
        text = "Tighter than usual: slower finishing cuts and more rejects."
        remedy = "Ask for this width only where the function needs it."
        yield _finding("TIGHT_TOLERANCE", Severity.COST, tolerance, limits.usual, text, remedy)


def _size(part: PartModel, limits: Reach) -> Iterator[Finding]:
    outer = limits.envelope
    if outer is not None and not part.envelope.fits(outer):
        text = "The part does not fit into the machine."
        remedy = "Split the part, or choose a larger machine."
        yield _finding("TOO_LARGE", Severity.BLOCK, part.envelope.length, outer.length, text, remedy)


def _walls(part: PartModel, process: ProcessCode, limits: Reach) -> Iterator[Finding]:
    if part.min_wall is not None and part.min_wall < limits.wall:
        text, remedy = "The thinnest wall may bend or break.", "Make the wall thicker, or add a rib."
        yield _finding("THIN_WALL", Severity.COST, part.min_wall, limits.wall, text, remedy)
    if part.sheet is not None and process in (MILLING, TURNING):
        text = "The thickness is constant: a shop that cuts and bends sheet would be cheaper."
        remedy = "Ask for laser cutting and bending."
        yield _finding("SHEET", Severity.NOTE, part.sheet, 0, text, remedy)


def _figures(part: PartModel) -> Iterator[Finding]:
    if part.open_edges:
        text = "The surface has gaps, so that volume and walls are uncertain."
        remedy = "Stitch the surfaces in your CAD program and export again."
        yield _finding("OPEN_EDGES", Severity.COST, part.open_edges, 0, text, remedy, unit="edges")
    if part.disagreement > MAX_DISAGREEMENT:
        text = "The two ways of computing the volume disagree; the model may have gaps."
        remedy = "Have a person look at it, or export again with closed solids."
        yield _finding("SUSPECT_VOLUME", Severity.COST, part.disagreement, MAX_DISAGREEMENT, text, remedy, unit="ppm")


def _drilling(part: PartModel, limits: Reach) -> Iterator[Finding]:
    for bore in part.holes:
        place = _place(part, FeatureKind.ROUND_HOLE, bore.diameter)
        if limits.depth_ratio and bore.depth > limits.depth_ratio * bore.diameter:
            text = f"{bore.count} hole(s) of {bore.diameter / 1000:g} mm are deep for their diameter: a special drill."
            remedy = "Widen the hole, or drill from both sides."
            deepest = limits.depth_ratio * bore.diameter
            yield _finding("DEEP_HOLE", Severity.COST, bore.depth, deepest, text, remedy, place=place)
        if bore.diameter < limits.hole:
            text = f"{bore.count} hole(s) are so small that drills break."
            remedy = f"Make the hole {limits.hole / 1000:g} mm or wider."
            yield _finding("SMALL_HOLE", Severity.COST, bore.diameter, limits.hole, text, remedy, place=place)


def _threads(part: PartModel) -> Iterator[Finding]:
    if part.threads:
        called = ", ".join(f"{thread.count} x {thread.designation}" for thread in part.threads)
        text = f"Threads are called for: {called}. The model shows their bores only."
        remedy = "Check that each bore has its tap drill's diameter."
        count = sum(thread.count for thread in part.threads)
        yield _finding("THREADS", Severity.NOTE, count, 0, text, remedy, unit="threads")


def _corners(part: PartModel, limits: Reach) -> Iterator[Finding]:
    radius = part.min_internal_radius
    if radius is not None and radius < limits.radius:
        text = "An internal corner is tighter than the usual cutter: a small cutter takes much longer."
        remedy = f"Round inner corners with {limits.radius / 1000:g} mm or more."
        place = _place(part, FeatureKind.EDGE_ROUND, radius)
        yield _finding("SMALL_INTERNAL_RADIUS", Severity.COST, radius, limits.radius, text, remedy, place=place)
    if part.sharp_internal_edges:
        text = "Internal edges without a radius: no end mill leaves them."
        remedy = "Add a radius or a relief, or pay for eroding."
        yield _finding("SHARP_INTERNAL_EDGE", Severity.COST, part.sharp_internal_edges, 0, text, remedy, unit="edges")


def _access(part: PartModel, process: ProcessCode) -> Iterator[Finding]:
    share = part.access.unreachable
    if share > UNREACHABLE:
        text = "Part of the surface is out of reach of any straight tool."
        remedy = "Open the cavity, split the part, or have it printed."
        yield _finding("UNREACHABLE", Severity.BLOCK, share, UNREACHABLE, text, remedy, unit="ppm")
    elif share > SHADED:
        text = "Undercuts: part of the surface needs a cutter for grooves, or more set-ups."
        remedy = "Open the undercut to a side, or have the part printed."
        yield _finding("UNDERCUT", Severity.COST, share, SHADED, text, remedy, unit="ppm")
    if process == MILLING and not part.access.principal:
        text = "Some features stand at odd angles: five axes, or more set-ups."
        remedy = "Turn oblique features square to the others."
        yield _finding("OBLIQUE_ACCESS", Severity.COST, part.access.setups, 3, text, remedy, unit="set-ups")


def _plate(part: PartModel, limits: Reach) -> Iterator[Finding]:
    thickness = part.profile.thickness if part.profile else part.sheet
    if thickness is not None and limits.thickest and thickness > limits.thickest:
        text, remedy = "The plate is thicker than the process takes.", "Use a thinner plate, or have it milled."
        yield _finding("THICK_PLATE", Severity.BLOCK, thickness, limits.thickest, text, remedy)
    smallest = part.profile.smallest if part.profile else min((b.diameter for b in part.holes), default=None)
    if thickness is not None and smallest is not None and smallest < max(thickness // 2, limits.hole):
        text = "A cut-out is small for the thickness: the beam melts its edge away."
        remedy = "Make the cut-out as wide as half the thickness, or have it drilled."
        place = _place(part, FeatureKind.ROUND_HOLE, smallest)
        limit = max(thickness // 2, limits.hole)
        yield _finding("SMALL_CUT_OUT", Severity.COST, smallest, limit, text, remedy, place=place)


def _bends(part: PartModel) -> Iterator[Finding]:
    for bend in part.bends:
        if part.sheet is not None and bend.radius < part.sheet // 2:
            text = f"{bend.count} bend(s) are so tight that the outside may crack."
            remedy = "Bend with an inside radius of at least half the thickness."
            yield _finding("TIGHT_BEND", Severity.COST, bend.radius, part.sheet // 2, text, remedy)


def _printing(part: PartModel, limits: Reach) -> Iterator[Finding]:
    if part.build.support * SUPPORT_SHARE > part.area:
        text = "Much of the surface hangs over: supports cost time and mark the surface."
        remedy = "Chamfer overhangs to 45 degrees, or split the part."
        most = part.area // SUPPORT_SHARE
        yield _finding("MUCH_SUPPORT", Severity.COST, part.build.support, most, text, remedy, unit="mm2")
    for bore in part.holes:
        if part.kind is not Kind.PROFILE and bore.diameter < limits.hole:
            text = f"{bore.count} hole(s) may close while printing."
            remedy = f"Make the hole {limits.hole / 1000:g} mm or wider, or drill it afterwards."
            place = _place(part, FeatureKind.ROUND_HOLE, bore.diameter)
            yield _finding("SMALL_HOLE", Severity.COST, bore.diameter, limits.hole, text, remedy, place=place)


def _place(part: PartModel, kind: FeatureKind, size: int) -> Place | None:
    """Where the first feature of that kind and size is."""
    sizes = ((f.width if kind is FeatureKind.ROUND_HOLE else f.radius, f) for f in part.features if f.kind is kind)
    return next((feature.place for found, feature in sizes if found == size), None)


def _finding(
    code: str,
    severity: Severity,
    measure: int,
    limit: int,
    text: str,
    remedy: str,
    *,
    unit: str = "um",
    place: Place | None = None,
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        measure=measure,
        limit=limit,
        unit=unit,
        explanation=text,
        remedy=remedy,
        place=place,
    )
