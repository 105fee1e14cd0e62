"""How long printers, lasers and press brakes work on one part, from its measures; each model names what it rests on."""

from dataclasses import dataclass

from node.design.materials import Family
from node.design.part import PartModel
from protocol.ids import ProcessCode
from protocol.job import Envelope, Operation
from protocol.params import BENDING, EXTRUSION, LASER, POWDER_METAL, POWDER_POLYMER, VAT
from protocol.profile import Printer
from protocol.units import Micrometres, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Machine time for one part, without set-up, and the formula in words."""

    seconds: Seconds
    words: str


PRINTER = Printer(
    bed=Envelope(length=Micrometres(250_000), width=Micrometres(210_000), height=Micrometres(210_000)),
    nozzle=Micrometres(400),
    layer=Micrometres(200),
    filament=Micrometres(1_750),
    hot=215,
    warm=60,
    walls=2,
    infill=15,
    speed=45,
)
"""The common desktop printer that the extrusion model stands for."""

PRINT = (0.432, 0.248, 0.633, 0.0573, 1.11, 0.0263)
"""Minutes per cm3 of volume, per cm2 of level and of steep surface, per layer, per cm3 under overhangs, and per layer
that a hole passes, round which the nozzle has to travel: fitted to a slicer's times of real parts.
``python -m benchmarks.design.printing`` gives them, and the error on parts left out."""

BEAM = {Family.ALUMINIUM: 14_000, Family.STEEL: 12_000, Family.STAINLESS: 11_000, Family.PLASTIC: 9_000}
"""Millimetres a minute through 1 mm; a beam is as much slower as the plate is thicker. An assumption, uncalibrated."""

PIERCE = 1.2
"""Seconds per pierce and millimetre of plate, rapid moves included. An assumption, uncalibrated."""

BEND = 45
"""Seconds per bend with handling. An assumption, uncalibrated."""

LAYERS: dict[ProcessCode, tuple[float, float, float]] = {
    VAT: (0.05, 9.0, 0.0),
    POWDER_POLYMER: (0.1, 2.0, 120.0),
    POWDER_METAL: (0.04, 4.0, 400.0),
}
"""Layer in mm, seconds a layer (recoating shared with the rest of the plate), seconds per cm3. Assumptions."""


def model(operation: Operation, part: PartModel, family: Family) -> Model | None:
    """The time model of the operation's process, or None where a pace per volume and feature serves."""
    if operation.process == EXTRUSION:
        return _print(part)
    if operation.process == LASER:
        return _cut(operation, part, family)
    if operation.process == BENDING:
        return Model(seconds=Seconds(BEND * operation.features), words=f"{operation.features} bends of {BEND} s")
    if operation.process in LAYERS:
        return _layers(operation, part)
    return None


def print_terms(part: PartModel) -> tuple[float, ...]:
    """What ``PRINT`` multiplies."""
    volume, level, height = part.volume / 1000, part.build.horizontal / 100, part.build.height / 1000
    steep = max(0.0, part.area / 100 - level)
    passed = sum(bore.count * bore.depth for bore in part.holes) / PRINTER.layer
    return (volume, level, steep, part.build.height / PRINTER.layer, part.build.support * height / 2000, passed)


def _print(part: PartModel) -> Model:
    terms = print_terms(part)
    minutes = sum(rate * term for rate, term in zip(PRINT, terms, strict=True))
    volume, level, steep, layers, *_ = terms
    words = f"{volume:.1f} cm3, {level:.0f} cm2 level and {steep:.0f} cm2 steep surface, {layers:.0f} layers"
    return Model(
        seconds=Seconds(max(60, round(60 * minutes))), words=words + "; model fitted to a slicer's times, 15 % infill"
    )


def _cut(operation: Operation, part: PartModel, family: Family) -> Model:
    thickness = min(operation.envelope.length, operation.envelope.width, operation.envelope.height) / 1000
    length = part.profile.cut if part.profile else 2 * (part.envelope.length + part.envelope.width) // 1000
    speed = BEAM.get(family, min(BEAM.values())) / max(0.5, thickness)
    seconds = 60 * length / speed + PIERCE * max(1.0, thickness) * operation.features
    words = f"{length} mm of cut at {speed:.0f} mm/min, {operation.features} pierces"
    return Model(seconds=Seconds(round(seconds) + 1), words=words + "; uncalibrated")


def _layers(operation: Operation, part: PartModel) -> Model:
    layer, each, per_volume = LAYERS[operation.process]
    layers = part.build.height / 1000 / layer
    seconds = Seconds(round(layers * each + operation.removed / 1000 * per_volume))
    return Model(seconds=seconds, words=f"{layers:.0f} layers of {each:g} s, {per_volume:g} s per cm3; uncalibrated")
