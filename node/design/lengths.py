"""Units of length that a file may be in; which one it is, is read or asked for, never guessed."""

from dataclasses import dataclass
from enum import StrEnum

from protocol.units import Micrometres


class Unit(StrEnum):
    """What a customer may answer with when the file does not say, or says something unlikely."""

    MICROMETRE = "um"
    MILLIMETRE = "mm"
    CENTIMETRE = "cm"
    METRE = "m"
    INCH = "in"
    FOOT = "ft"


MILLIMETRES: dict[Unit, float] = {
    Unit.MICROMETRE: 0.001,
    Unit.MILLIMETRE: 1.0,
    Unit.CENTIMETRE: 10.0,
    Unit.METRE: 1000.0,
    Unit.INCH: 25.4,
    Unit.FOOT: 304.8,
}
"""How long each is."""

SMALLEST, LARGEST = 0.5, 3000.0
"""Longest edge of a part that is believed, in mm; beyond that the unit is more likely wrong than the part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long the part would be if the file were in ``unit``."""

    unit: Unit
    longest: Micrometres


def believable(longest: float) -> bool:
    """Whether a part may have a longest edge of so many millimetres."""
    return SMALLEST <= longest <= LARGEST


def sizes(longest: float) -> tuple[Size, ...]:
    """All believable answers for a part that is ``longest`` units long."""
    return tuple(
        Size(unit=unit, longest=Micrometres(round(1000 * longest * factor)))
        for unit, factor in MILLIMETRES.items()
        if believable(longest * factor)
    )
