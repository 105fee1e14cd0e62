"""A small shop and small calls for the planner's tests."""

from collections.abc import Sequence

from node.planner.machine import Changeovers, Family, Machine, Pace, Power, Rates
from node.planner.premises import Premises
from node.planner.schedule import Schedule, Task, idle
from node.planner.shifts import ALWAYS, Calendar
from protocol import params
from protocol.capability import Capability
from protocol.ids import Address, Digest, EncryptionKey, JobId, MachineId, MaterialCode, PeerId, ProcessCode
from protocol.job import BidView, Call, Envelope, Operation, Site, Weights
from protocol.units import (
    BasisPoints,
    Cents,
    CubicMillimetres,
    Grams,
    Metres,
    Micrometres,
    Seconds,
    UnixSeconds,
)

HOUR = 3600
T0 = UnixSeconds(1_800_000_000 - 1_800_000_000 % HOUR)
ALLOY = MaterialCode("EN AW-6082")
HERE = Site(easting=Metres(0), northing=Metres(0))
BOX = Envelope(length=Micrometres(300_000), width=Micrometres(200_000), height=Micrometres(100_000))


def at(hours: float) -> UnixSeconds:
    return UnixSeconds(T0 + round(hours * HOUR))


def a_machine(
    name: str = "mill-1",
    process: ProcessCode = params.MILLING,
    calendar: Calendar = ALWAYS,
    hour: int = 6_000,
    changeover: int = 0,
) -> Machine:
    capability = Capability(
        machine=MachineId(name),
        process=process,
        materials=(ALLOY,),
        envelope=BOX,
        tolerance=Micrometres(20),
        max_mass=Grams(20_000),
    )
    pace = Pace(
        setup=Seconds(1800),
        volume=CubicMillimetres(10_000),
        feature=Seconds(60),
        cycle=Seconds(4 * HOUR),
        charge=10,
    )
    rates = Rates(hour=Cents(hour), setup=Cents(2_000), kilowatt_hour=Cents(20), margin=BasisPoints(1_000))
    return Machine(
        capability=capability,
        pace=pace,
        rates=rates,
        power=Power(watts=5_000),
        calendar=calendar,
        changeovers=Changeovers(default=Seconds(changeover)),
    )


def an_operation(
    index: int = 0, process: ProcessCode = params.MILLING, *, tolerance: int = 50, features: int = 10
) -> Operation:
    return Operation(
        index=index,
        process=process,
        envelope=BOX,
        tolerance=Micrometres(tolerance),
        removed=CubicMillimetres(100_000),
        mass=Grams(800),
        features=features,
    )


def a_call(
    operations: Sequence[Operation] = (),
    *,
    due: float = 72,
    hour: int = 0,
    quantity: int = 5,
    job: int = 1,
    site: Site = HERE,
) -> Call:
    return Call(
        chain=1,
        orders=Address(bytes(20)),
        job=JobId(bytes([job]) * 32),
        customer=PeerId(bytes(32)),
        encryption_key=EncryptionKey(bytes(32)),
        addresses=(),
        rule_pack=Digest(bytes(32)),
        design=Digest(bytes(32)),
        part=BidView(
            envelope=BOX,
            volume=CubicMillimetres(500_000),
            mass=Grams(800),
            material=ALLOY,
            holes=(),
            tolerance=Micrometres(50),
        ),
        operations=tuple(operations) or (an_operation(),),
        quantity=quantity,
        site=site,
        budget=Cents(10_000_000),
        weights=Weights(hour=Cents(hour), co2_tonne=Cents(0)),
        earliest=at(0),
        due=at(due),
        commit_by=UnixSeconds(100),
        reveal_by=UnixSeconds(200),
    )


def work(
    start: float,
    hours: float,
    *,
    due: float | None = None,
    earliest: float | None = None,
    weight: int = 0,
    machine: str = "mill-1",
    key: str = "",
    family: str = "",
) -> Task:
    """Own work; without ``due`` and ``earliest`` it cannot be moved."""
    return Task(
        key=key or f"own {start}",
        machine=MachineId(machine),
        earliest=at(start if earliest is None else earliest),
        due=at(start + hours if due is None else due),
        start=at(start),
        finish=at(start + hours),
        weight=Cents(weight),
        family=Family(family),
    )


def a_schedule(*tasks: Task, machines: Sequence[Machine] = (), premises: Premises | None = None) -> Schedule:
    return idle(tuple(machines) or (a_machine(),), premises).with_tasks(tasks)
