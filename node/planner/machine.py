"""A machine as its owner knows it: what it can do, how fast, at what cost and when. Nothing of this leaves the node."""

from dataclasses import dataclass

from node.errors import ConfigError
from node.planner.shifts import ALWAYS, Calendar
from protocol.capability import Capability
from protocol.ids import MachineId
from protocol.params import EXTRUSION, MILLING, TURNING
from protocol.units import BasisPoints, Cents, CubicMillimetres, Seconds

_NO_TIME = Seconds(0)
_NO_VOLUME = CubicMillimetres(0)
_FREE = Cents(0)
_TARIFF = Cents(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a machine works; what its process does not use may stay 0."""

    setup: Seconds
    """Once per operation and lot."""

    volume: CubicMillimetres = _NO_VOLUME
    """Removed or built up per minute; milling, turning, additive."""

    feature: Seconds = _NO_TIME
    """Per feature made (milling, turning) or characteristic measured (inspection)."""

    cycle: Seconds = _NO_TIME
    """One furnace charge; heat treatment."""

    charge: int = 50
    """Parts in one furnace charge; heat treatment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a machine's work costs its owner, and what is asked on top."""

    hour: Cents
    """One hour of the machine, its operator included."""

    setup: Cents = _FREE
    """Once per operation: programming, fixtures, first-part check."""

    kilowatt_hour: Cents = _TARIFF
    """Electricity; the default is a round figure, not a quotation."""

    margin: BasisPoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What a machine draws while it works."""

    watts: int
    """Mean over a programme."""

    grid: int = 363
    """Grams of CO2 equivalent per kWh; the default is Germany's mix of 2024 (Umweltbundesamt)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine of this provider.

    Raises:
        ConfigError: its pace leaves out what its process needs.
    """

    capability: Capability
    pace: Pace
    rates: Rates
    power: Power
    calendar: Calendar = ALWAYS

    def __post_init__(self) -> None:
        by_volume = self.capability.process in (MILLING, TURNING, EXTRUSION)
        if (by_volume and self.pace.volume < 1) or self.pace.charge < 1:
            raise ConfigError(self.name, "its pace must give a volume per minute and at least one part per charge")

    @property
    def name(self) -> MachineId:
        """Its name in cards and offers."""
        return self.capability.machine
