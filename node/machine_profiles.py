"""How an owner describes a machine so that customers can make code for it; what is left out asks for the model."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from protocol.ids import MaterialCode
from protocol.job import Envelope
from protocol.profile import Cutter, Mill, Printer, Profile, Tool
from protocol.units import Micrometres

_STRICT = ConfigDict(extra="forbid", frozen=True)


class FilamentConfig(BaseModel):
    """How hot one material is printed."""

    model_config = _STRICT
    material: str
    nozzle_c: int = Field(ge=150, le=500)
    bed_c: int = Field(ge=0, le=200)


class PrinterConfig(BaseModel):
    """A printer that reads Marlin's G-code; its bed is the machine's envelope, origin at the front left."""

    model_config = _STRICT
    filaments: tuple[FilamentConfig, ...]
    nozzle_mm: float = Field(default=0.4, ge=0.1, le=2)
    layer_mm: float = Field(default=0.2, ge=0.02, le=1.6)
    filament_mm: float = Field(default=1.75, ge=1, le=4)
    walls: int = Field(default=2, ge=1, le=20)
    infill_percent: int = Field(default=15, ge=0, le=100)
    speed_mm_s: int = Field(default=45, ge=5, le=500)


class CutterConfig(BaseModel):
    """A laser or jet that reads DXF."""

    model_config = _STRICT
    sheet_mm: tuple[float, float]
    gap_mm: float = Field(default=3.0, ge=0.1, le=50)


class ToolConfig(BaseModel):
    """One tool, with the figures that its owner trusts in ``materials``."""

    model_config = _STRICT
    number: int = Field(ge=1, le=999)
    kind: Literal["end mill", "drill"]
    materials: tuple[str, ...]
    diameter_mm: float = Field(gt=0, le=200)
    reach_mm: float = Field(gt=0, le=1000)
    rpm: int = Field(ge=10)
    feed_mm_min: int = Field(ge=1)
    plunge_mm_min: int = Field(ge=1)
    step_mm: float = Field(gt=0)


class MillConfig(BaseModel):
    """A three-axis mill that reads RS-274; describing it here asks for programmes, to be proven before they run."""

    model_config = _STRICT
    max_rpm: int = Field(ge=100, le=100_000)
    max_feed_mm_min: int = Field(ge=10, le=100_000)
    tools: tuple[ToolConfig, ...] = Field(min_length=1, max_length=64)


def profile_of(
    envelope: Sequence[float],
    material: MaterialCode,
    *,
    printer: PrinterConfig | None,
    cutter: CutterConfig | None,
    mill: MillConfig | None,
) -> Profile | None:
    """The machine as customers know it for a job in ``material``; None when it is not described for that."""
    length, width, height = (_um(edge) for edge in envelope)
    room = Envelope(length=length, width=width, height=height)
    if printer is not None:
        return _printer(printer, room, material)
    if cutter is not None:
        sheet = tuple(_um(edge) for edge in cutter.sheet_mm)
        return Profile(cutter=Cutter(length=sheet[0], width=sheet[1], gap=_um(cutter.gap_mm)))
    if mill is not None:
        tools = tuple(_tool(tool) for tool in mill.tools if material in tool.materials)
        made = Mill(travel=room, rpm=mill.max_rpm, feed=mill.max_feed_mm_min, tools=tools)
        return Profile(mill=made) if tools else None
    return None


def _printer(printer: PrinterConfig, room: Envelope, material: MaterialCode) -> Profile | None:
    filament = next((row for row in printer.filaments if row.material == material), None)
    if filament is None:
        return None
    return Profile(
        printer=Printer(
            bed=room,
            nozzle=_um(printer.nozzle_mm),
            layer=_um(printer.layer_mm),
            filament=_um(printer.filament_mm),
            hot=filament.nozzle_c,
            warm=filament.bed_c,
            walls=printer.walls,
            infill=printer.infill_percent,
            speed=printer.speed_mm_s,
        )
    )


def _tool(tool: ToolConfig) -> Tool:
    return Tool(
        number=tool.number,
        drill=tool.kind == "drill",
        diameter=_um(tool.diameter_mm),
        reach=_um(tool.reach_mm),
        rpm=tool.rpm,
        feed=tool.feed_mm_min,
        plunge=tool.plunge_mm_min,
        step=_um(tool.step_mm),
    )


def _um(millimetres: float) -> Micrometres:
    return Micrometres(round(1000 * millimetres))
