"""A shop's machines and premises as the planner knows them, from the owner's configuration; it knows no schedule file.

Times in the configuration count from the plant epoch, as other work does.
"""

from node.config import MachineConfig, ShopConfig
from node.machine_profiles import profile_of
from node.planner.machine import (
    Approval,
    Changeover,
    Changeovers,
    Family,
    Machine,
    Pace,
    Power,
    Rates,
    Stock,
    Tool,
)
from node.planner.premises import Premises
from node.planner.schedule import Schedule, Task, idle
from node.planner.shifts import ALWAYS, Calendar, Closure, Shift, merged
from protocol.capability import Capability
from protocol.ids import MachineId, MaterialCode, ProcessCode
from protocol.job import Envelope
from protocol.params import PROCESSES
from protocol.profile import Profile
from protocol.units import BasisPoints, Cents, CubicMillimetres, Grams, Micrometres, Seconds, UnixSeconds

HOUR = 3600
DAY = 24 * HOUR
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

URGENCY = Cents(2000)
"""What an hour that other work finishes later costs, unless its owner says otherwise."""


def equipped(config: ShopConfig, epoch: UnixSeconds) -> Schedule:
    """The schedule that ``config`` describes before the first call.

    Raises:
        CapacityError: other work overlaps, or does not fit into its bounds or the machine's shifts.
        ConfigError: shifts or closures are out of order, or a machine's pace is incomplete.
    """
    premises = Premises(
        watts=config.power_watts or None,
        stock=tuple(_stock(material, config) for material in sorted({row.material for row in config.stock})),
    )
    machines = (equip(row, config, epoch) for row in config.machines)
    return idle(machines, premises).with_tasks(task for row in config.machines for task in _other_work(row, epoch))


def equip(row: MachineConfig, shop: ShopConfig, epoch: UnixSeconds) -> Machine:
    """A machine as the planner knows it, from its owner's words."""
    length, width, height = (Micrometres(round(edge * 1000)) for edge in row.envelope_mm)
    return Machine(
        capability=Capability(
            machine=MachineId(row.name),
            process=process_of(row),
            materials=tuple(MaterialCode(material) for material in row.materials),
            envelope=Envelope(length=length, width=width, height=height),
            tolerance=Micrometres(row.tolerance_um),
            max_mass=Grams(round(row.max_mass_kg * 1000)),
            hour=Cents(round(row.rate_per_hour * (100 + shop.margin_percent))) if shop.advertise_rates else None,
        ),
        pace=Pace(
            setup=Seconds(round(row.setup_minutes * 60)),
            volume=CubicMillimetres(max(1, round(row.removal_cm3_min * 1000))),
            feature=Seconds(row.feature_seconds),
            cycle=Seconds(round(row.cycle_hours * HOUR)),
        ),
        rates=Rates(hour=Cents(round(row.rate_per_hour * 100)), margin=BasisPoints(round(shop.margin_percent * 100))),
        power=Power(watts=row.power_watts, grid=shop.grid_g_co2_kwh),
        calendar=_calendar(row, epoch),
        changeovers=Changeovers(
            default=Seconds(round(row.changeover_minutes * 60)),
            exceptions=tuple(
                Changeover(before=Family(one.before), after=Family(one.after), time=Seconds(round(one.minutes * 60)))
                for one in row.changeovers
            ),
        ),
        tools=tuple(
            Tool(diameter=Micrometres(round(tool.diameter_mm * 1000)), reach=Micrometres(round(tool.reach_mm * 1000)))
            for tool in row.drills
        ),
        approvals=tuple(Approval(name=one.name, until=_after(epoch, one.until_hours)) for one in row.approvals),
        rework=BasisPoints(round(row.rework_percent * 100)),
        grade=row.grade,
    )


def _stock(material: str, config: ShopConfig) -> Stock:
    """All lots of a material together; one that never runs out has no lead."""
    lots = [row for row in config.stock if row.material == material]
    return Stock(
        material=MaterialCode(material),
        grams=sum(round(row.kg * 1000) for row in lots),
        lead=Seconds(round(max(row.lead_days for row in lots) * DAY)),
    )


def profile_for(shop: ShopConfig, machine: MachineId, material: MaterialCode) -> Profile | None:
    """What a customer may make code from; None where the owner does not describe the machine for ``material``."""
    row = next(row for row in shop.machines if row.name == machine)
    return profile_of(row.envelope_mm, material, printer=row.printer, cutter=row.cutter, mill=row.mill)


def process_of(row: MachineConfig) -> ProcessCode:
    """The code of what a machine does."""
    return next(code for code, label in PROCESSES.items() if label == row.process)


def _calendar(row: MachineConfig, epoch: UnixSeconds) -> Calendar:
    shifts = sorted(
        (WEEKDAYS.index(day) * DAY + round(shift.opens * HOUR), WEEKDAYS.index(day) * DAY + round(shift.closes * HOUR))
        for shift in row.shifts
        for day in shift.days
    )
    closures = [
        Closure(begins=_after(epoch, one.start_hours), ends=_after(epoch, one.start_hours + one.hours))
        for one in row.closures
    ]
    weekly = tuple(Shift(opens=Seconds(opens), closes=Seconds(closes)) for opens, closes in shifts)
    return Calendar(shifts=weekly or ALWAYS.shifts, closures=merged(closures))


def _other_work(row: MachineConfig, epoch: UnixSeconds) -> list[Task]:
    return [
        Task(
            key=f"work {row.name} {number}",
            machine=MachineId(row.name),
            earliest=_after(epoch, work.start_hours),
            due=_after(epoch, work.due_hours),
            start=_after(epoch, work.start_hours),
            finish=_after(epoch, work.start_hours + work.hours),
            weight=URGENCY,
            family=Family(work.material),
        )
        for number, work in enumerate(row.work, start=1)
    ]


def _after(epoch: UnixSeconds, hours: float) -> UnixSeconds:
    return UnixSeconds(epoch + round(hours * HOUR))
