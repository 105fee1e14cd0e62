"""Which processes can make a part, and the chain of operations for the call; geometry alone never decides.

Milling and printing cannot be told apart by shape (44 % right in a blind trial), so the material decides first, then
roundness, tolerance and quantity.
"""

from dataclasses import dataclass

from node.design import materials
from node.design.characteristics import characteristics
from node.design.errors import NoRoutingError
from node.design.findings import Finding, Severity, findings
from node.design.materials import Family, Material
from node.design.part import PartModel
from protocol.ids import Digest, MaterialCode, ProcessCode
from protocol.job import Envelope, Operation
from protocol.params import EXTRUSION, HEAT_TREATMENT, INSPECTION, MAX_QUANTITY, MILLING, PROCESSES, TURNING
from protocol.units import CubicMillimetres, Micrometres

MILLING_ALLOWANCE = Micrometres(2_000)
"""What the sawn block is larger than the part, along each edge."""

TURNING_ALLOWANCE = Micrometres(2_000)
"""What the bar is thicker than the part."""

PARTING_ALLOWANCE = Micrometres(4_000)
"""What the bar is longer than the part: facing both ends and parting off."""

HEAT_TREATMENT_TOLERANCE = Micrometres(1_000)
"""A furnace holds no size; this only bounds distortion."""

SERIES = 500
"""Parts from which on printing is questioned in favour of moulding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOption:
    """One shaping process and why it can or cannot make the part."""

    process: ProcessCode
    feasible: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """How the part will be made."""

    part: Digest
    """SHA-256 of the file that was planned from."""

    material: MaterialCode
    quantity: int
    tolerance: Micrometres
    options: tuple[ProcessOption, ...]
    """Every shaping process, best first, those that cannot make it last."""

    operations: tuple[Operation, ...]
    reasons: tuple[str, ...]
    """Why each operation is there, in their order."""

    findings: tuple[Finding, ...]
    """For the chosen shaping process."""


def feasible(
    part: PartModel, *, material: MaterialCode, quantity: int, tolerance: Micrometres
) -> tuple[ProcessOption, ...]:
    """All shaping processes with reasons, best first; ``tolerance`` is the tightest full width.

    Raises:
        UnknownMaterialError: the material is not in the table.
    """
    row = materials.find(material)
    options = [_option(process, part, row, quantity, tolerance) for process in (TURNING, MILLING, EXTRUSION)]
    return tuple(sorted(options, key=lambda option: not option.feasible))


def plan(
    part: PartModel,
    *,
    material: MaterialCode,
    quantity: int,
    tolerance: Micrometres,
    process: ProcessCode | None = None,
    heat_treat: bool | None = None,
) -> Routing:
    """The chain of operations by the best or the named shaping process.

    ``heat_treat`` overrides whether parts of this material are heat-treated.

    Raises:
        UnknownMaterialError: the material is not in the table.
        NoRoutingError: no process can, the named one cannot, the quantity is out of bounds, or the material has no
            heat treatment although one is asked for.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise NoRoutingError((f"the quantity must be between 1 and {MAX_QUANTITY}",))
    row = materials.find(material)
    options = feasible(part, material=material, quantity=quantity, tolerance=tolerance)
    chosen = _choose(options, process)
    if heat_treat and not row.treatment:
        raise NoRoutingError((f"{row.name} has no heat treatment",))
    steps = [(_shape(chosen.process, part, row, tolerance), chosen.reasons[0])]
    if row.family is not Family.POLYMER:
        if row.hardens if heat_treat is None else heat_treat:
            steps.append((_treat(part, row, len(steps)), f"{row.name}: {', '.join(s.action for s in row.treatment)}"))
        steps.append((_inspect(part, row, tolerance, len(steps)), "measured before payment is released"))
    return Routing(
        part=part.sha256,
        material=material,
        quantity=quantity,
        tolerance=tolerance,
        options=options,
        operations=tuple(operation for operation, _ in steps),
        reasons=tuple(reason for _, reason in steps),
        findings=findings(part, chosen.process, tolerance),
    )


def _choose(options: tuple[ProcessOption, ...], process: ProcessCode | None) -> ProcessOption:
    wanted = [option for option in options if process in (None, option.process)]
    if not wanted:
        raise NoRoutingError((f"{process} is not a process that shapes parts",))
    if not wanted[0].feasible:
        raise NoRoutingError(tuple(f"{PROCESSES[o.process]}: {reason}" for o in wanted for reason in o.reasons))
    return wanted[0]


def _option(
    process: ProcessCode, part: PartModel, material: Material, quantity: int, tolerance: Micrometres
) -> ProcessOption:
    against = [f.explanation for f in findings(part, process, tolerance) if f.severity is Severity.BLOCK]
    if (process == EXTRUSION) != (material.family is Family.POLYMER):
        against.insert(0, f"{material.name} is not worked by {PROCESSES[process]} here")
    if process == TURNING and not part.is_revolution:
        against.append("the part is not a body of revolution")
    if against:
        return ProcessOption(process=process, feasible=False, reasons=tuple(against))
    return ProcessOption(process=process, feasible=True, reasons=tuple(_praise(process, material, quantity)))


def _praise(process: ProcessCode, material: Material, quantity: int) -> list[str]:
    if process == TURNING:
        return ["the part is a body of revolution, which a lathe makes with the least waste"]
    if process == MILLING:
        return [f"{material.name} is cut from the solid"]
    reasons = [f"{material.name} is printed without tools"]
    return reasons if quantity < SERIES else [*reasons, f"from {SERIES} parts on, ask a moulder too"]


def _shape(process: ProcessCode, part: PartModel, material: Material, tolerance: Micrometres) -> Operation:
    box, stock = part.envelope, part.volume
    if process == MILLING:
        box = _larger(part.envelope, MILLING_ALLOWANCE, MILLING_ALLOWANCE, MILLING_ALLOWANCE)
        stock = CubicMillimetres(_up(box.length * box.width * box.height, 10**9))
    elif process == TURNING and part.turned is not None:
        across = Micrometres(part.turned.diameter + TURNING_ALLOWANCE)
        along = Micrometres(part.turned.length + PARTING_ALLOWANCE)
        edges = sorted((across, across, along), reverse=True)
        box = Envelope(length=edges[0], width=edges[1], height=edges[2])
        stock = CubicMillimetres(_up(355 * across * across * along, 452 * 10**9))  # 355/452 is pi/4 to 1e-7
    additive = process == EXTRUSION
    return Operation(
        index=0,
        process=process,
        envelope=box,
        tolerance=tolerance,
        removed=part.volume if additive else CubicMillimetres(max(0, stock - part.volume)),
        mass=material.mass(stock),
        features=1 if additive else 1 + part.hole_count + part.pockets,
    )


def _treat(part: PartModel, material: Material, index: int) -> Operation:
    return Operation(
        index=index,
        process=HEAT_TREATMENT,
        envelope=part.envelope,
        tolerance=HEAT_TREATMENT_TOLERANCE,
        removed=CubicMillimetres(0),
        mass=material.mass(part.volume),
        features=0,
    )


def _inspect(part: PartModel, material: Material, tolerance: Micrometres, index: int) -> Operation:
    return Operation(
        index=index,
        process=INSPECTION,
        envelope=part.envelope,
        tolerance=tolerance,
        removed=CubicMillimetres(0),
        mass=material.mass(part.volume),
        features=len(characteristics(part, tolerance)),
    )


def _larger(box: Envelope, length: int, width: int, height: int) -> Envelope:
    return Envelope(
        length=Micrometres(box.length + length),
        width=Micrometres(box.width + width),
        height=Micrometres(box.height + height),
    )


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
