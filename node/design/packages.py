"""What each winner gets: its own operation's document, without names, and geometry only where a machine needs it."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from node.design import exposure, materials, neutral
from node.design.characteristics import Characteristic, characteristics
from node.design.exposure import Exposure
from node.design.materials import HeatStep
from node.design.part import PartModel
from node.design.routing import Routing
from protocol import wire
from protocol.ids import MaterialCode
from protocol.job import Envelope, Operation
from protocol.params import HEAT_TREATMENT, INSPECTION
from protocol.units import Grams, Micrometres


class Kind(StrEnum):
    """What a package holds."""

    MODEL = "model"
    MACHINE_CODE = "machine code"
    PROCESS_SHEET = "process sheet"
    INSPECTION_LIST = "inspection list"


MEDIA_TYPES: dict[Kind, str] = {
    Kind.PROCESS_SHEET: "application/vnd.guildmark.process-sheet+msgpack",
    Kind.INSPECTION_LIST: "application/vnd.guildmark.inspection-list+msgpack",
}
"""How ``Package.content`` is to be read: wire forms of the classes below; a model has its own format's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One operation's document in its wire form, which is what is sealed to the winner."""

    kind: Kind
    operation: int
    """Index in the routing."""

    media_type: str
    content: bytes
    notes: tuple[str, ...]
    """What a model without its annotations does not say any more: threads."""

    exposure: Exposure
    """What it still reveals; no package hides the shape from who makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSheet:
    """For the furnace: no geometry at all."""

    material: MaterialCode
    mass: Grams
    """Of one part."""

    count: int
    envelope: Envelope
    steps: tuple[HeatStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionList:
    """For the measuring machine: what to measure and the limits, without the model."""

    count: int
    envelope: Envelope
    tolerance: Micrometres
    characteristics: tuple[Characteristic, ...]


def packages(content: bytes, part: PartModel, routing: Routing) -> tuple[bytes, ...]:
    """One package per operation of ``routing``, in its order; ``content`` is the file that ``part`` was read from.

    The same arguments always give the same bytes, so a commitment to the packages can be made before the award.
    """
    if not hashlib.sha256(content).digest() == part.sha256 == routing.part:
        raise AssertionError("file, part and routing belong together")
    return tuple(wire.encode(_package(operation, content, part, routing)) for operation in routing.operations)


def open_package(data: bytes) -> Package:
    """Parse what a winner received.

    Raises:
        RejectError: not a package in canonical form.
    """
    return wire.decode(Package, data)


def _package(operation: Operation, content: bytes, part: PartModel, routing: Routing) -> Package:
    if operation.process == HEAT_TREATMENT:
        sheet = ProcessSheet(
            material=routing.material,
            mass=operation.mass,
            count=routing.quantity,
            envelope=operation.envelope,
            steps=materials.find(routing.material).treatment,
        )
        return _wrap(Kind.PROCESS_SHEET, operation, MEDIA_TYPES[Kind.PROCESS_SHEET], wire.encode(sheet))
    if operation.process == INSPECTION:
        listing = InspectionList(
            count=routing.quantity,
            envelope=operation.envelope,
            tolerance=routing.tolerance,
            characteristics=characteristics(part, routing.tolerance),
        )
        return _wrap(Kind.INSPECTION_LIST, operation, MEDIA_TYPES[Kind.INSPECTION_LIST], wire.encode(listing))
    bare = neutral.neutral(content, part.format)
    notes = tuple(f"{thread.count} x {thread.designation}" for thread in part.threads)
    return _wrap(Kind.MODEL, operation, neutral.MEDIA_TYPES[part.format], bare, notes)


_EXPOSURES = {
    Kind.MODEL: exposure.MODEL,
    Kind.PROCESS_SHEET: exposure.PROCESS_SHEET,
    Kind.INSPECTION_LIST: exposure.INSPECTION_LIST,
}


def _wrap(kind: Kind, operation: Operation, media_type: str, content: bytes, notes: tuple[str, ...] = ()) -> Package:
    return Package(
        kind=kind,
        operation=operation.index,
        media_type=media_type,
        content=content,
        notes=notes,
        exposure=_EXPOSURES[kind],
    )
