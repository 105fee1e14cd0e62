"""This node's rate card for estimates: what an hour, a kilogram and a kilowatt-hour cost; operators replace it."""

from dataclasses import dataclass, field

from node.design.machine_time import Pace
from node.design.materials import Family
from protocol.ids import ProcessCode
from protocol.params import EXTRUSION, HEAT_TREATMENT, INSPECTION, MILLING, TURNING
from protocol.units import Cents, Grams, GramsCo2, Seconds

ASSUMED = "rate card assumption, uncalibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a machine of one process costs."""

    hour: Cents
    """Machine, operator and overhead."""

    setup: Seconds
    """Once per order."""

    power: int
    """Mean draw while working, watts."""

    spread: int
    """Per cent by which the estimate may be off either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """All figures that an estimate rests on."""

    machines: dict[ProcessCode, Rate]
    paces: dict[tuple[ProcessCode, Family], Pace]
    material: dict[Family, Cents]
    """Per kilogram of stock."""

    furnace: Grams
    """Mass of one charge."""

    grid: GramsCo2
    """Per kilowatt-hour."""

    grid_source: str
    source: str = field(default=ASSUMED)


def _pace(volume: int, feature: int, load: int, source: str = ASSUMED) -> Pace:
    return Pace(volume=volume, feature=Seconds(feature), load=Seconds(load), source=source)


def _rate(hour: int, setup: int, power: int, spread: int) -> Rate:
    return Rate(hour=Cents(hour), setup=Seconds(setup), power=power, spread=spread)


_PRINT_SOURCE = "0.2 mm layers; volume alone misses a slicer's time by 58 % in the median of 60 parts"
_METALS = (Family.ALUMINIUM, Family.STEEL, Family.STAINLESS)

DEFAULT = Rates(
    machines={
        MILLING: _rate(8_000, 3_600, 4_000, 30),
        TURNING: _rate(7_000, 2_700, 4_000, 30),
        EXTRUSION: _rate(400, 600, 120, 60),
        HEAT_TREATMENT: _rate(1_500, 1_800, 6_000, 40),
        INSPECTION: _rate(7_000, 1_800, 1_500, 30),
    },
    paces={
        (MILLING, Family.ALUMINIUM): _pace(40_000, 30, 120, "roughing on a small three-axis mill; " + ASSUMED),
        (MILLING, Family.STEEL): _pace(12_000, 45, 120, "roughing on a small three-axis mill; " + ASSUMED),
        (MILLING, Family.STAINLESS): _pace(7_000, 60, 120, "roughing on a small three-axis mill; " + ASSUMED),
        (TURNING, Family.ALUMINIUM): _pace(40_000, 20, 60),
        (TURNING, Family.STEEL): _pace(15_000, 25, 60),
        (TURNING, Family.STAINLESS): _pace(9_000, 35, 60),
        (EXTRUSION, Family.POLYMER): _pace(250, 0, 300, _PRINT_SOURCE),
        **{(INSPECTION, family): _pace(0, 8, 90) for family in _METALS},
    },
    material={Family.ALUMINIUM: Cents(600), Family.STEEL: Cents(200), Family.STAINLESS: Cents(500)}
    | {Family.POLYMER: Cents(2_500)},
    furnace=Grams(50_000),
    grid=GramsCo2(381),
    grid_source="Germany 2023, Our World in Data / Ember: 381 g/kWh",
)
"""Figures of a small European job shop."""
