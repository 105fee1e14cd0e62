"""Which shaping processes suit a part: can it be made so, and would anybody; geometry offers, material and number rank.

Milling and printing cannot be told apart by shape (44 % right in a blind trial), so both stay offered until the
material decides; the rest of the set comes from roundness, flatness, constant thickness and reach.
"""

from dataclasses import dataclass

from node.design.findings import Severity, findings
from node.design.materials import Family, Material
from node.design.part import Kind, PartModel
from protocol.ids import ProcessCode
from protocol.params import (
    BENDING,
    EXTRUSION,
    LASER,
    MILLING,
    POWDER_METAL,
    POWDER_POLYMER,
    TURNING,
    VAT,
)
from protocol.units import Micrometres

METALS = frozenset({Family.ALUMINIUM, Family.STEEL, Family.STAINLESS})
WORKS: dict[ProcessCode, frozenset[Family]] = {
    TURNING: METALS | {Family.PLASTIC},
    LASER: METALS | {Family.PLASTIC},
    BENDING: METALS,
    MILLING: METALS | {Family.PLASTIC},
    EXTRUSION: frozenset({Family.POLYMER}),
    VAT: frozenset({Family.RESIN}),
    POWDER_POLYMER: frozenset({Family.POWDER}),
    POWDER_METAL: METALS,
}
"""Materials by process, the preferred process first where a part suits several."""

ADDITIVE = frozenset({EXTRUSION, VAT, POWDER_POLYMER, POWDER_METAL})

FAMILIES: dict[ProcessCode, str] = {
    TURNING: "turning",
    LASER: "laser",
    BENDING: "sheet",
    MILLING: "milling",
    EXTRUSION: "additive",
    VAT: "additive",
    POWDER_POLYMER: "additive",
    POWDER_METAL: "additive",
}
"""Process families that a shape can tell apart; all additive processes are one."""

THIN_PLATE = Micrometres(3_000)
"""Below this nobody mills a flat part."""

THIN_SHEET = Micrometres(6_400)
"""A quarter of an inch: what press brakes bend."""

ADDITIVE_LONGEST = Micrometres(600_000)
"""Longest edge of what is commonly printed in one piece."""

LOOSE = Micrometres(500)
"""Full width that no shaping process but extrusion finds worth a word."""

SERIES = 500
"""Parts from which on printing is questioned in favour of moulding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOption:
    """One shaping process and why it can, would or cannot make the part."""

    process: ProcessCode
    feasible: bool
    """Whether nothing stands against it."""

    offered: bool
    """Whether a shop would choose it for this shape: the feasible set in the narrow sense."""

    reasons: tuple[str, ...]


def families(part: PartModel, *, tolerance: Micrometres = LOOSE) -> tuple[str, ...]:
    """Process families that suit the shape when the material is not known yet, most telling first."""
    suited = [option for option in _all(part, None, 1, tolerance) if option.offered]
    return tuple(dict.fromkeys(FAMILIES[option.process] for option in suited))


def options(
    part: PartModel, *, material: Material | None, quantity: int, tolerance: Micrometres
) -> tuple[ProcessOption, ...]:
    """All shaping processes with reasons: offered, then feasible, then the others, each by preference."""
    rows = _all(part, material, quantity, tolerance)
    return tuple(sorted(rows, key=lambda option: (not option.offered, not option.feasible)))


def _all(part: PartModel, material: Material | None, quantity: int, tolerance: Micrometres) -> list[ProcessOption]:
    order = list(WORKS)
    if part.kind is Kind.MESH and material is None:  # triangles are what printers are sent
        order.sort(key=lambda process: process not in ADDITIVE)
    return [_option(process, part, material, quantity, tolerance) for process in order]


def _option(
    process: ProcessCode, part: PartModel, material: Material | None, quantity: int, tolerance: Micrometres
) -> ProcessOption:
    against = [f.explanation for f in findings(part, process, tolerance) if f.severity is Severity.BLOCK]
    if material is not None and material.family not in WORKS[process]:
        against.insert(0, f"{material.name} is not worked by this process")
    shape = _shape_against(process, part)
    if shape is not None:
        against.append(shape)
    if against:
        return ProcessOption(process=process, feasible=False, offered=False, reasons=tuple(against))
    better = _better(process, part)
    reasons = [_praise(process, part, material), *([better] if better else [])]
    if process in ADDITIVE and quantity >= SERIES:
        reasons.append(f"from {SERIES} parts on, ask a moulder or a caster too")
    return ProcessOption(process=process, feasible=True, offered=better is None, reasons=tuple(reasons))


def _shape_against(process: ProcessCode, part: PartModel) -> str | None:
    """What about the shape rules the process out."""
    if process == LASER:
        return None if part.profile else "the part is not one outline of constant thickness"
    if part.kind is Kind.PROFILE:
        return "a drawing is a flat outline"
    if process == BENDING:
        bent = part.sheet is not None and part.sheet <= THIN_SHEET and part.envelope.height > 2 * part.sheet
        return None if bent else "the part is not a bent sheet of constant thickness"
    if process == TURNING:
        return None if part.turned else "the part is not a body of revolution"
    if process == MILLING and part.solids > 1:
        return "the file holds several bodies"
    return None


def _better(process: ProcessCode, part: PartModel) -> str | None:
    """Why a shop would rather not, or None."""
    if process == MILLING:
        bent = _shape_against(BENDING, part) is None and bool(part.bends)
        if part.turned is not None and part.turned.length > part.turned.diameter:
            return "a lathe makes a long round part faster"
        if part.profile and (part.profile.thickness or 0) < THIN_PLATE:
            return "a beam cuts so thin a plate faster"
        if bent:
            return "bending a sheet wastes less"
    if process in ADDITIVE and part.envelope.length > ADDITIVE_LONGEST:
        return "few machines print so long a part in one piece"
    return None


def _praise(process: ProcessCode, part: PartModel, material: Material | None) -> str:
    name = material.name if material else "the material"
    if process == TURNING:
        return "the part is a body of revolution, which a lathe makes with the least waste"
    if process == LASER:
        return "the part is one outline of constant thickness"
    if process == BENDING:
        return f"the part has one thickness and {sum(bend.count for bend in part.bends)} bends"
    if process == MILLING:
        axes = "three axes do" if part.access.principal else "on five axes, or turned by hand"
        return f"{name} is cut from the solid in {part.access.setups} set-up(s); {axes}"
    return f"{name} is printed without tools"
