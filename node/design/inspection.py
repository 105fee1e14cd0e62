"""All that the desk knows of one file and one set of wishes, as one JSON document that identifies nobody."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from node.design import materials
from node.design.engine import ENGINE
from node.design.errors import DesignError, IntakeError, UnitQuestionError
from node.design.estimate import Estimate, Range, estimate
from node.design.findings import Finding
from node.design.finish import AS_USUAL, Finish
from node.design.market import Candidate, Lead
from node.design.part import Feature, PartModel
from node.design.rates import DEFAULT, Rates
from node.design.routing import Routing, plan
from node.design.suitability import FAMILIES, ProcessOption, families, options
from protocol.ids import MaterialCode, ProcessCode
from protocol.params import PROCESSES
from protocol.units import GramsCo2, Micrometres

FEATURES = 60
"""Features that are listed one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the customer adds to the part."""

    material: MaterialCode | None = None
    quantity: int = 1
    tolerance: Micrometres
    process: ProcessCode | None = None
    embodied: GramsCo2 | None = None
    """Grams of CO2 per kilogram, where the table has no figure."""

    finish: Finish = AS_USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What can be said; the parts that need the customer's word first are None."""

    part: PartModel
    options: tuple[ProcessOption, ...]
    routing: Routing | None
    estimate: Estimate | None
    question: str | None
    """What is missing for the rest."""

    candidates: tuple[Candidate, ...] = ()
    """Machines of the network, where one was asked."""


def answer(part: PartModel, wishes: Wishes, rates: Rates = DEFAULT) -> Answer:
    """How the part can be made and what that takes, as far as the wishes go."""
    if wishes.material is None:
        rows = options(part, material=None, quantity=wishes.quantity, tolerance=wishes.tolerance)
        question = "say the material for routing, price and CO2 (--material)"
        return Answer(part=part, options=rows, routing=None, estimate=None, question=question)
    found = Answer(part=part, options=(), routing=None, estimate=None, question=None)
    try:
        row = materials.find(wishes.material)
        rows = options(part, material=row, quantity=wishes.quantity, tolerance=wishes.tolerance)
        found = replace(found, options=rows)
        routing = plan(
            part,
            material=wishes.material,
            quantity=wishes.quantity,
            tolerance=wishes.tolerance,
            process=wishes.process,
            finish=wishes.finish,
        )
        found = replace(found, routing=routing)
        return replace(found, estimate=estimate(routing, wishes.quantity, rates, embodied=wishes.embodied))
    except DesignError as error:
        return replace(found, question=str(error))


def document(found: Answer, wishes: Wishes) -> dict[str, Any]:
    """The answer in plain JSON: lengths in millimetres, volumes in cubic millimetres, money in cents."""
    return {
        "status": "read",
        "engine": ENGINE,
        "wishes": {
            "material": wishes.material,
            "quantity": wishes.quantity,
            "tolerance_mm": wishes.tolerance / 1000,
        },
        "part": _part(found.part),
        "families": list(families(found.part, tolerance=wishes.tolerance)),
        "processes": [_option(option) for option in found.options],
        "findings": [_finding(row) for row in found.routing.findings] if found.routing else [],
        "routing": _routing(found.routing),
        "estimate": _estimate(found.estimate),
        "machines": [_candidate(row) for row in found.candidates],
        "question": found.question,
    }


def refusal(error: IntakeError) -> dict[str, Any]:
    """A refusal, with the answers that it asks for."""
    sizes = error.sizes if isinstance(error, UnitQuestionError) else ()
    return {
        "status": "question" if sizes else "refused",
        "code": error.code.value,
        "text": str(error),
        "units": [{"unit": size.unit.value, "longest_mm": size.longest / 1000} for size in sizes],
    }


def _part(part: PartModel) -> dict[str, Any]:
    box = part.envelope
    return {
        "sha256": part.sha256.hex(),
        "format": part.format.value,
        "kind": part.kind.value,
        "unit": part.unit,
        "names_nobody": part.header_stripped,
        "bodies": part.solids,
        "faces": part.faces,
        "open_edges": part.open_edges,
        "suspect": part.suspect,
        "volume_mm3": part.volume,
        "volume_exact_mm3": part.brep_volume,
        "volume_mesh_mm3": part.mesh_volume,
        "disagreement_ppm": part.disagreement,
        "area_mm2": part.area,
        "box_mm": [edge / 1000 for edge in (box.length, box.width, box.height)],
        "holes": [
            {
                "diameter_mm": bore.diameter / 1000,
                "depth_mm": bore.depth / 1000,
                "through": bore.through,
                "steps_mm": [step / 1000 for step in bore.steps],
                "count": bore.count,
            }
            for bore in part.holes
        ],
        "threads": [{"designation": thread.designation, "count": thread.count} for thread in part.threads],
        "turned_mm": [part.turned.diameter / 1000, part.turned.length / 1000] if part.turned else None,
        "sheet_mm": _mm(part.sheet),
        "bends": [
            {"radius_mm": b.radius / 1000, "angle_deg": b.angle / 100, "length_mm": b.length / 1000, "count": b.count}
            for b in part.bends
        ],
        "profile": {
            "thickness_mm": _mm(part.profile.thickness),
            "cut_mm": part.profile.cut,
            "contours": part.profile.contours,
            "smallest_mm": _mm(part.profile.smallest),
        }
        if part.profile
        else None,
        "min_wall_mm": _mm(part.min_wall),
        "min_internal_radius_mm": _mm(part.min_internal_radius),
        "sharp_internal_edges": part.sharp_internal_edges,
        "pockets": part.pockets,
        "features": [_feature(feature) for feature in part.features[:FEATURES]],
        "setups": part.access.setups,
        "three_axes_do": part.access.principal,
        "unreachable_ppm": part.access.unreachable,
        "build": {"height_mm": part.build.height / 1000, "support_mm2": part.build.support},
        "freeform_ppm": part.freeform,
    }


def _feature(feature: Feature) -> dict[str, Any]:
    row = {key: _mm(value) for key, value in asdict(feature).items() if key in ("length", "width", "depth", "radius")}
    return {
        "kind": feature.kind.value,
        **{f"{key}_mm": value for key, value in row.items() if value},
        "through": feature.through,
        "at_mm": [feature.place.x / 1000, feature.place.y / 1000, feature.place.z / 1000],
    }


def _option(option: ProcessOption) -> dict[str, Any]:
    return {
        "process": option.process,
        "name": PROCESSES[option.process],
        "family": FAMILIES[option.process],
        "feasible": option.feasible,
        "offered": option.offered,
        "reasons": list(option.reasons),
    }


def _finding(row: Finding) -> dict[str, Any]:
    return {
        "code": row.code,
        "severity": row.severity.value,
        "measure": row.measure,
        "limit": row.limit,
        "unit": row.unit,
        "at_mm": [row.place.x / 1000, row.place.y / 1000, row.place.z / 1000] if row.place else None,
        "explanation": row.explanation,
        "remedy": row.remedy,
    }


def _routing(routing: Routing | None) -> list[dict[str, Any]]:
    if routing is None:
        return []
    return [
        {
            "index": operation.index,
            "process": operation.process,
            "name": PROCESSES[operation.process],
            "needs": list(needs),
            "reason": reason,
            "tolerance_mm": operation.tolerance / 1000,
            "stock_g": operation.mass,
            "removed_mm3": operation.removed,
            "features": operation.features,
        }
        for operation, needs, reason in zip(routing.operations, routing.needs, routing.reasons, strict=True)
    ]


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "price_cents": _range(found.price),
        "seconds": _range(found.seconds),
        "co2_g": _range(found.co2),
        "energy_wh": _range(found.energy),
        "stock_g": found.stock,
        "scrap_g": found.scrap,
        "lead_seconds": _range(found.lead) | {"basis": found.lead.words} if found.lead else None,
        "basis": list(found.basis),
        "operations": [
            {
                "index": row.index,
                "process": row.process,
                "name": PROCESSES[row.process],
                "seconds": _range(row.seconds),
                "price_cents": _range(row.price),
                "co2_g": _range(row.co2),
                "energy_wh": _range(row.energy),
                "basis": row.basis,
            }
            for row in found.operations
        ],
    }


def _candidate(row: Candidate) -> dict[str, Any]:
    return {
        "operation": row.operation,
        "provider": row.provider,
        "machine": row.machine,
        "misfit": row.misfit,
        "hour_cents": row.hour,
        "findings": [_finding(finding) for finding in row.findings],
    }


def _range(found: "Range[Any] | Lead") -> dict[str, int]:
    return {"low": found.low, "likely": found.likely, "high": found.high}


def _mm(length: int | None) -> float | None:
    return None if length is None else length / 1000
