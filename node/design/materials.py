"""The materials this node quotes, each figure with its source; an unknown designation is refused, never guessed at."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from node.design.errors import UnknownMaterialError
from protocol.ids import MaterialCode
from protocol.units import CubicMillimetres, Grams, GramsCo2

KilogramsPerCubicMetre = NewType("KilogramsPerCubicMetre", int)
Celsius = NewType("Celsius", int)
Minutes = NewType("Minutes", int)


class Family(StrEnum):
    """How a material behaves under the cutter."""

    ALUMINIUM = "aluminium"
    STEEL = "steel"
    STAINLESS = "stainless steel"
    POLYMER = "polymer"
    """Filament."""

    PLASTIC = "plastic"
    """Bars and plates to be cut."""

    POWDER = "polymer powder"
    RESIN = "resin"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatStep:
    """One step in the furnace."""

    action: str
    temperature: Celsius
    hold: Minutes
    cooling: str
    """Medium: water, oil or air."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One row of the table."""

    code: MaterialCode
    name: str
    family: Family
    density: KilogramsPerCubicMetre
    density_source: str
    embodied: GramsCo2 | None
    """Per kilogram, cradle to gate; None when no open source is known, and then the customer is asked."""

    embodied_source: str
    treatment: tuple[HeatStep, ...]
    """The usual heat treatment; empty when there is none."""

    hardens: bool
    """Whether parts get the treatment unless the customer says no."""

    def mass(self, volume: CubicMillimetres) -> Grams:
        """Of a body of ``volume``; at least a gram, for scales and capabilities know no zero."""
        return Grams(max(1, round(volume * self.density / 1_000_000)))


def find(code: MaterialCode) -> Material:
    """The material with this designation.

    Raises:
        UnknownMaterialError: it is not in the table.
    """
    if code not in MATERIALS:
        raise UnknownMaterialError(code, tuple(MATERIALS))
    return MATERIALS[code]


def _heat(action: str, temperature: int, hold: int, cooling: str) -> HeatStep:
    return HeatStep(action=action, temperature=Celsius(temperature), hold=Minutes(hold), cooling=cooling)


def _unsourced(code: str, name: str, family: Family, density: int) -> Material:
    """A material whose CO2 figure nobody publishes openly; the customer or the provider has to bring one."""
    return Material(
        code=MaterialCode(code),
        name=name,
        family=family,
        density=KilogramsPerCubicMetre(density),
        density_source="makers' data sheets, nominal",
        embodied=None,
        embodied_source="no open source known",
        treatment=(),
        hardens=False,
    )


_STEEL_SOURCE = "worldsteel, world average of crude steel 2023: 1.92 t/t"

_ROWS = (
    Material(
        code=MaterialCode("EN AW-6082"),
        name="aluminium AlSi1MgMn",
        family=Family.ALUMINIUM,
        density=KilogramsPerCubicMetre(2700),
        density_source="EN 573-3 alloy, nominal",
        embodied=GramsCo2(10_040),
        embodied_source="International Aluminium Institute, primary and recycled 2023: 10.04 t/t",
        treatment=(_heat("solution anneal", 530, 60, "water"), _heat("age to T6", 175, 480, "air")),
        hardens=True,
    ),
    Material(
        code=MaterialCode("EN 1.4301"),
        name="stainless steel X5CrNi18-10 (304)",
        family=Family.STAINLESS,
        density=KilogramsPerCubicMetre(7900),
        density_source="EN 10088-1, nominal",
        embodied=GramsCo2(3_700),
        embodied_source="worldstainless 2023, mill at 50 % scrap: 3.7 t/t (1.95 at 85 %, 6.8 at 30 %)",
        treatment=(_heat("solution anneal", 1050, 60, "water"),),
        hardens=False,
    ),
    Material(
        code=MaterialCode("EN 1.0503"),
        name="steel C45",
        family=Family.STEEL,
        density=KilogramsPerCubicMetre(7850),
        density_source="EN ISO 683-1 grade, nominal",
        embodied=GramsCo2(1_920),
        embodied_source=_STEEL_SOURCE,
        treatment=(_heat("harden", 840, 30, "oil"), _heat("temper", 600, 90, "air")),
        hardens=True,
    ),
    Material(
        code=MaterialCode("EN 1.7225"),
        name="steel 42CrMo4",
        family=Family.STEEL,
        density=KilogramsPerCubicMetre(7850),
        density_source="EN ISO 683-2 grade, nominal",
        embodied=GramsCo2(1_920),
        embodied_source=_STEEL_SOURCE + "; alloying not counted",
        treatment=(_heat("harden", 850, 30, "oil"), _heat("temper", 600, 120, "air")),
        hardens=True,
    ),
    Material(
        code=MaterialCode("ISO 1043:PLA"),
        name="polylactide filament",
        family=Family.POLYMER,
        density=KilogramsPerCubicMetre(1240),
        density_source="filament makers' data sheets, nominal",
        embodied=GramsCo2(750),
        embodied_source="Ingeo resin, C&EN 2009: 0.75 kg/kg; extrusion to filament not counted",
        treatment=(),
        hardens=False,
    ),
    Material(
        code=MaterialCode("ISO 1043:PETG"),
        name="glycol-modified PET filament",
        family=Family.POLYMER,
        density=KilogramsPerCubicMetre(1270),
        density_source="filament makers' data sheets, nominal",
        embodied=GramsCo2(3_400),
        embodied_source="PET in place of PETG, C&EN 2009: 3.4 kg/kg; extrusion to filament not counted",
        treatment=(),
        hardens=False,
    ),
    _unsourced("ISO 1043:ABS", "acrylonitrile butadiene styrene filament", Family.POLYMER, 1040),
    _unsourced("ISO 1043:PA12", "polyamide 12 powder", Family.POWDER, 1010),
    _unsourced("ISO 1043:POM-C", "polyoxymethylene copolymer, bar and plate", Family.PLASTIC, 1410),
    _unsourced("ISO 1043:PMMA", "acrylic glass, plate", Family.PLASTIC, 1190),
    _unsourced("acrylate resin", "standard photopolymer resin", Family.RESIN, 1180),
)

MATERIALS: dict[MaterialCode, Material] = {row.code: row for row in _ROWS}
"""By designation, compared exactly."""
