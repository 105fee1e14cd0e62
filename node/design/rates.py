"""This node's rate card for estimates: what an hour, a kilogram and a kilowatt-hour cost; operators replace it."""

from dataclasses import dataclass, field

from node.design.machine_time import Pace
from node.design.materials import Family
from protocol.ids import ProcessCode
from protocol.params import (
    BENDING,
    COATING,
    EXTRUSION,
    GRINDING,
    HEAT_TREATMENT,
    INSPECTION,
    LASER,
    MILLING,
    POWDER_METAL,
    POWDER_POLYMER,
    TURNING,
    VAT,
)
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


_METALS = (Family.ALUMINIUM, Family.STEEL, Family.STAINLESS)

DEFAULT = Rates(
    machines={
        MILLING: _rate(8_000, 3_600, 4_000, 30),
        TURNING: _rate(7_000, 2_700, 4_000, 30),
        LASER: _rate(12_000, 900, 12_000, 35),
        BENDING: _rate(6_500, 1_200, 4_000, 40),
        EXTRUSION: _rate(400, 600, 120, 35),
        VAT: _rate(800, 900, 150, 40),
        POWDER_POLYMER: _rate(3_500, 1_800, 5_000, 45),
        POWDER_METAL: _rate(9_000, 7_200, 6_000, 50),
        HEAT_TREATMENT: _rate(1_500, 1_800, 6_000, 40),
        GRINDING: _rate(7_500, 2_700, 5_000, 40),
        COATING: _rate(5_000, 1_800, 3_000, 50),
        INSPECTION: _rate(7_000, 1_800, 1_500, 30),
    },
    paces={
        (MILLING, Family.ALUMINIUM): _pace(40_000, 30, 120, "roughing on a small three-axis mill; " + ASSUMED),
        (MILLING, Family.STEEL): _pace(12_000, 45, 120, "roughing on a small three-axis mill; " + ASSUMED),
        (MILLING, Family.STAINLESS): _pace(7_000, 60, 120, "roughing on a small three-axis mill; " + ASSUMED),
        (MILLING, Family.PLASTIC): _pace(60_000, 25, 120),
        (TURNING, Family.ALUMINIUM): _pace(40_000, 20, 60),
        (TURNING, Family.STEEL): _pace(15_000, 25, 60),
        (TURNING, Family.STAINLESS): _pace(9_000, 35, 60),
        (TURNING, Family.PLASTIC): _pace(60_000, 20, 60),
        **{(GRINDING, family): _pace(400, 60, 120) for family in _METALS},
        **{(COATING, family): _pace(0, 0, 300) for family in Family},
        **{(INSPECTION, family): _pace(0, 8, 90) for family in _METALS},
    },
    material={
        Family.ALUMINIUM: Cents(600),
        Family.STEEL: Cents(200),
        Family.STAINLESS: Cents(500),
        Family.POLYMER: Cents(2_500),
        Family.PLASTIC: Cents(900),
        Family.POWDER: Cents(7_000),
        Family.RESIN: Cents(6_000),
    },
    furnace=Grams(50_000),
    grid=GramsCo2(381),
    grid_source="Germany 2023, Our World in Data / Ember: 381 g/kWh",
)
"""Figures of a small European job shop."""
