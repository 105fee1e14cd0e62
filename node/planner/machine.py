"""A machine as its owner knows it: what it can do, how fast, at what cost and when. Nothing of this leaves the node."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NewType

from node.errors import ConfigError
from node.planner.shifts import ALWAYS, Calendar
from protocol.capability import Capability
from protocol.ids import MachineId, MaterialCode
from protocol.job import Hole
from protocol.params import EXTRUSION, GRINDING, MILLING, POWDER_METAL, POWDER_POLYMER, TURNING, VAT
from protocol.units import BasisPoints, Cents, CubicMillimetres, Micrometres, Seconds, UnixSeconds

Family = NewType("Family", str)
"""What a machine is set up for: work of one family follows without changing the machine over."""

ANY = Family("")
"""Work that asks for no particular set-up, such as the owner's own entries without a material."""

BY_VOLUME = frozenset({MILLING, TURNING, EXTRUSION, VAT, POWDER_POLYMER, POWDER_METAL, GRINDING})
"""Processes whose time grows with what is taken away or built up; the others count features or charges."""

_NO_TIME = Seconds(0)
_NO_VOLUME = CubicMillimetres(0)
_FREE = Cents(0)
_NO_REWORK = BasisPoints(0)
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
class Changeover:
    """Time between the last part of one family and the first of another; it may depend on the order."""

    before: Family
    after: Family
    time: Seconds


@dataclass(frozen=True, kw_only=True)
class Changeovers:
    """Sequence-dependent set-ups. Not slotted: its table is kept."""

    default: Seconds = _NO_TIME
    """Between two families that ``exceptions`` does not name."""

    exceptions: tuple[Changeover, ...] = ()

    def between(self, before: Family, after: Family) -> int:
        """Seconds that changing over takes; none within one family."""
        if before == after or ANY in (before, after):
            return 0
        return self._table.get((before, after), self.default)

    @property
    def none(self) -> bool:
        """Whether the order of work never matters."""
        return self.default == 0 and not self.exceptions

    @cached_property
    def _table(self) -> Mapping[tuple[Family, Family], int]:
        return {(one.before, one.after): one.time for one in self.exceptions}


NO_CHANGEOVERS = Changeovers()
"""The order of work never matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool on hand that makes holes."""

    diameter: Micrometres
    reach: Micrometres

    def makes(self, hole: Hole) -> bool:
        """Whether it goes in: a hole may be milled by a thinner tool, never by a thicker one."""
        return self.diameter <= hole.diameter and self.reach >= hole.depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A calibration or approval; work that ends after it runs out is not promised."""

    name: str
    until: UnixSeconds
    """Plant time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What its own jobs taught of a machine's pace, put in force by its owner."""

    percent: int
    """Time that programmes took, of what the configured pace had planned."""

    programmes: int
    """Finished ones that the figure rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Raw material on hand, and how long more of it takes."""

    material: MaterialCode
    grams: int
    lead: Seconds


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
    changeovers: Changeovers = NO_CHANGEOVERS
    tools: tuple[Tool, ...] = ()
    """What makes holes; empty when the owner lists none, and then every hole is taken."""

    grade: int = 0
    """Quality class of its work, 0 the best."""

    approvals: tuple[Approval, ...] = ()
    rework: BasisPoints = _NO_REWORK
    """Share of its work that the twin expects to be done again; part of the price."""

    adopted: Adopted | None = None
    """What ``pace`` was corrected by; None where it stands as configured."""

    def __post_init__(self) -> None:
        by_volume = self.capability.process in BY_VOLUME
        if (by_volume and self.pace.volume < 1) or self.pace.charge < 1:
            raise ConfigError(self.name, "its pace must give a volume per minute and at least one part per charge")

    @property
    def name(self) -> MachineId:
        """Its name in cards and offers."""
        return self.capability.machine

    @property
    def approved_until(self) -> UnixSeconds | None:
        """When the first of its approvals runs out."""
        return min((approval.until for approval in self.approvals), default=None)
