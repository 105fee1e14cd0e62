"""The operations that make a part, what each needs of a machine, and which must be done before which."""

from dataclasses import dataclass, replace

from node.design import materials
from node.design.characteristics import characteristics
from node.design.errors import MissingThicknessError, NoRoutingError
from node.design.findings import Finding, findings
from node.design.finish import AS_USUAL, Finish
from node.design.materials import Material
from node.design.part import PartModel
from node.design.reach import ORDINARY
from node.design.suitability import ADDITIVE, METALS, ProcessOption, options
from protocol.ids import Digest, MaterialCode, ProcessCode
from protocol.job import Envelope, Operation
from protocol.params import (
    BENDING,
    COATING,
    GRINDING,
    HEAT_TREATMENT,
    INSPECTION,
    LASER,
    MAX_QUANTITY,
    MILLING,
    PROCESSES,
    TURNING,
)
from protocol.units import CubicMillimetres, Micrometres

MILLING_ALLOWANCE = Micrometres(2_000)
"""What the sawn block is larger than the part, along each edge."""

TURNING_ALLOWANCE = Micrometres(2_000)
"""What the bar is thicker than the part."""

PARTING_ALLOWANCE = Micrometres(4_000)
"""What the bar is longer than the part: facing both ends and parting off."""

HEAT_TREATMENT_TOLERANCE = Micrometres(1_000)
"""A furnace holds no size; this only bounds distortion."""

GRINDING_TOLERANCE = Micrometres(20)
"""Full width below which a hardened part is ground: what the furnace warps, no cutter takes off."""

GRINDING_STOCK = 200
"""Micrometres left on for the grinding wheel."""

MOST_NEST = Micrometres(10_000)
"""Web and margin that a sheet needs around each part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """How the part will be made."""

    part: Digest
    """SHA-256 of the file that was planned from."""

    shape: PartModel
    """What was read from it, which the estimate's times rest on."""

    material: MaterialCode
    quantity: int
    tolerance: Micrometres
    options: tuple[ProcessOption, ...]
    """Every shaping process, best first, those that cannot make it last."""

    operations: tuple[Operation, ...]
    needs: tuple[tuple[int, ...], ...]
    """For each operation those that must be done before it: a graph without cycles, listed in an order that works."""

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
    return options(part, material=materials.find(material), quantity=quantity, tolerance=tolerance)


def plan(
    part: PartModel,
    *,
    material: MaterialCode,
    quantity: int,
    tolerance: Micrometres,
    process: ProcessCode | None = None,
    finish: Finish = AS_USUAL,
) -> Routing:
    """The chain of operations by the best or the named shaping process, and what is asked for after it.

    Raises:
        UnknownMaterialError: the material is not in the table.
        MissingThicknessError: the file is a drawing and nobody said how thick the sheet is.
        NoRoutingError: no process can, the named one cannot, the quantity is out of bounds, or the material has no
            heat treatment although one is asked for.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise NoRoutingError((f"the quantity must be between 1 and {MAX_QUANTITY}",))
    row = materials.find(material)
    if part.profile is not None and part.profile.thickness is None:
        raise MissingThicknessError
    rows = feasible(part, material=material, quantity=quantity, tolerance=tolerance)
    chosen = _choose(rows, process)
    steps = _steps(part, row, chosen, tolerance, finish)
    return Routing(
        part=part.sha256,
        shape=part,
        material=material,
        quantity=quantity,
        tolerance=tolerance,
        options=rows,
        operations=tuple(operation for operation, _ in steps),
        needs=tuple((index - 1,) if index else () for index in range(len(steps))),
        reasons=tuple(reason for _, reason in steps),
        findings=findings(part, chosen.process, tolerance),
    )


def _steps(
    part: PartModel, row: Material, chosen: ProcessOption, tolerance: Micrometres, finish: Finish
) -> list[tuple[Operation, str]]:
    """The shaping operations, then what the material and the wishes ask for, then measuring."""
    if finish.heat_treat and not row.treatment:
        raise NoRoutingError((f"{row.name} has no heat treatment",))
    treated = bool(row.treatment) and (row.hardens if finish.heat_treat is None else finish.heat_treat)
    treated = treated and (chosen.process not in (LASER, BENDING) or bool(finish.heat_treat))
    ground = treated and tolerance < GRINDING_TOLERANCE
    shaped = Micrometres(max(tolerance, ORDINARY[chosen.process].usual)) if ground else tolerance
    steps = [(operation, chosen.reasons[0]) for operation in _shaping(chosen.process, part, row, shaped)]
    if treated:
        steps.append((_treat(part, row, len(steps)), f"{row.name}: {', '.join(s.action for s in row.treatment)}"))
        if ground:
            steps.append((_grind(part, row, tolerance, len(steps)), "what the furnace warps is ground to size"))
    if finish.coat:
        plain = _plain(COATING, part, row, HEAT_TREATMENT_TOLERANCE, len(steps))
        steps.append((replace(plain, features=1), "the customer asks for a coating"))
    if row.family in METALS:
        steps.append((_inspect(part, row, tolerance, len(steps)), "measured before payment is released"))
    return steps


def _choose(rows: tuple[ProcessOption, ...], process: ProcessCode | None) -> ProcessOption:
    wanted = [option for option in rows if process in (None, option.process)]
    if not wanted:
        raise NoRoutingError((f"{process} is not a process that shapes parts",))
    if not wanted[0].feasible:
        raise NoRoutingError(tuple(f"{PROCESSES[o.process]}: {reason}" for o in wanted for reason in o.reasons))
    return wanted[0]


def _shaping(process: ProcessCode, part: PartModel, material: Material, tolerance: Micrometres) -> list[Operation]:
    """One operation, or two where a sheet is cut and then bent."""
    if process != BENDING:
        return [_shape(process, part, material, tolerance)]
    cut = _shape(LASER, part, material, Micrometres(max(tolerance, ORDINARY[LASER].usual)))
    bend = _plain(BENDING, part, material, tolerance, 1)
    return [cut, replace(bend, features=max(1, sum(kind.count for kind in part.bends)))]


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
    elif process == LASER:
        box, stock = _blank(part)
    additive = process in ADDITIVE
    return Operation(
        index=0,
        process=process,
        envelope=box,
        tolerance=tolerance,
        removed=part.volume if additive else CubicMillimetres(max(0, stock - part.volume)),
        mass=material.mass(stock),
        features=_features(process, part),
    )


def _blank(part: PartModel) -> tuple[Envelope, CubicMillimetres]:
    """The rectangle of sheet that a flat part or the flattened part is cut from, with its web."""
    thickness = part.profile.thickness if part.profile and part.profile.thickness else part.sheet or Micrometres(0)
    if part.profile is not None:
        length, width = Micrometres(part.envelope.length + MOST_NEST), Micrometres(part.envelope.width + MOST_NEST)
    else:  # flattened: as long as the part, as wide as its volume says
        length = Micrometres(part.envelope.length + MOST_NEST)
        flat = part.volume * 10**9 // max(1, thickness * part.envelope.length)
        width = Micrometres(max(part.envelope.width, flat) + MOST_NEST)
    edges = sorted((length, width, thickness), reverse=True)
    box = Envelope(length=edges[0], width=edges[1], height=edges[2])
    return box, CubicMillimetres(_up(length * width * thickness, 10**9))


def _features(process: ProcessCode, part: PartModel) -> int:
    if process in ADDITIVE:
        return 1
    if process == LASER:
        return part.profile.contours if part.profile else 1 + part.hole_count
    return 1 + part.hole_count + part.pockets


def _plain(process: ProcessCode, part: PartModel, material: Material, tolerance: Micrometres, index: int) -> Operation:
    """An operation that takes nothing away."""
    return Operation(
        index=index,
        process=process,
        envelope=part.envelope,
        tolerance=tolerance,
        removed=CubicMillimetres(0),
        mass=material.mass(part.volume),
        features=0,
    )


def _treat(part: PartModel, material: Material, index: int) -> Operation:
    return _plain(HEAT_TREATMENT, part, material, HEAT_TREATMENT_TOLERANCE, index)


def _grind(part: PartModel, material: Material, tolerance: Micrometres, index: int) -> Operation:
    bare = _plain(GRINDING, part, material, tolerance, index)
    return replace(bare, removed=CubicMillimetres(part.area * GRINDING_STOCK // 1000), features=1)


def _inspect(part: PartModel, material: Material, tolerance: Micrometres, index: int) -> Operation:
    bare = _plain(INSPECTION, part, material, tolerance, index)
    return replace(bare, features=len(characteristics(part, tolerance)))


def _larger(box: Envelope, length: int, width: int, height: int) -> Envelope:
    return Envelope(
        length=Micrometres(box.length + length),
        width=Micrometres(box.width + width),
        height=Micrometres(box.height + height),
    )


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
