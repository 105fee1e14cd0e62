"""Federations from a seed: shops on a plane, and calls that arrive over days; the same seed makes the same world."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from random import Random

from node.planner.machine import Changeovers, Machine, Pace, Power, Rates
from node.planner.policy import Policy
from node.planner.schedule import Schedule, idle
from node.planner.shifts import ALWAYS, WEEK, Calendar, Shift
from protocol.capability import Capability
from protocol.ids import Address, Digest, EncryptionKey, JobId, MachineId, MaterialCode, PeerId, ProcessCode
from protocol.job import BidView, Call, Envelope, Operation, Site, Weights
from protocol.params import BENDING, EXTRUSION, GRINDING, HEAT_TREATMENT, INSPECTION, LASER, MILLING, TURNING
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

HOUR, DAY = 3600, 24 * 3600
EPOCH = UnixSeconds(1_800_000_000 - (1_800_000_000 - 4 * DAY) % WEEK)
"""A Monday."""

RUSH = 3
"""Days in which a rush order is wanted."""

COMMIT, REVEAL = 30, 10
"""Seconds of the two phases of an auction."""

PROCESSES = (MILLING, TURNING, EXTRUSION, HEAT_TREATMENT, INSPECTION, GRINDING, LASER, BENDING)
BY_FEATURES = (INSPECTION, GRINDING, LASER, BENDING)
"""Processes whose time goes by features, a minute each on a machine of mean speed."""

MATERIALS = tuple(MaterialCode(name) for name in ("EN AW-6082", "EN 1.7225", "EN 1.4301"))
PACES = {MILLING: 10_000, TURNING: 10_000, EXTRUSION: 1_000}
"""Cubic millimetres that a machine of mean speed removes or builds up in a minute."""

_BOX = Envelope(length=Micrometres(100_000), width=Micrometres(100_000), height=Micrometres(100_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What worlds have in common."""

    providers: int
    jobs: int
    load: float = 0.8
    """Work that arrives, as a share of what all machines can do at mean speed."""

    plane: int = 500
    """Edge of the square that everybody stands in, km."""

    processes: int = 5
    """How many of ``PROCESSES`` there are machines and work for."""

    hour: tuple[int, int] = (200, 2_000)
    """Cents that customers give for an hour, from the least to the most patient."""

    days: int = 40
    """From a call to its due date."""

    margin: int = 0
    """Basis points on top of cost; none where efficiency is measured."""

    bursts: float = 0
    """Share of calls that arrive in the same second as the one before."""

    rush: float = 0
    """Share of calls that are wanted within ``RUSH`` days."""

    shifts: bool = False
    """Whether some machines rest at night, and changing the material takes time."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One shop before anything is promised. Not slotted: what its card says is kept."""

    peer: PeerId
    site: Site
    schedule: Schedule
    policy: Policy

    @cached_property
    def processes(self) -> frozenset[ProcessCode]:
        """What its card offers; nobody asks it for anything else."""
        return frozenset(machine.capability.process for machine in self.schedule.machines)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Who is there and what is asked for."""

    providers: tuple[Provider, ...]
    calls: tuple[Call, ...]
    """In order of arrival; work may begin when the call arrives."""


def world(seed: int, kind: Kind) -> World:
    """The world of a seed."""
    rng = Random(f"{seed} {kind}")  # noqa: S311  # a simulation wants the same dice every time
    providers = tuple(_provider(rng, kind, number) for number in range(kind.providers))
    machines = sum(len(provider.schedule.machines) for provider in providers)
    per_hour = kind.load * machines / (4.5 * 3.4)
    calls, at = [], float(EPOCH)
    for number in range(kind.jobs):
        at += 0 if kind.bursts and rng.random() < kind.bursts else rng.expovariate(per_hour) * HOUR
        calls.append(_call(rng, kind, number, UnixSeconds(int(at)), seed))
    return World(providers=providers, calls=tuple(calls))


def is_rush(call: Call) -> bool:
    """Whether a call is wanted so soon that others may have to make room."""
    return call.due - call.earliest <= RUSH * DAY


def name(*words: object) -> bytes:
    """32 bytes that stand for somebody or something."""
    return sha256(" ".join(map(str, words)).encode()).digest()


def _provider(rng: Random, kind: Kind, number: int) -> Provider:
    count = rng.choice((1, 2, 2, 3))
    # Every process is somewhere: the first machines go round, the others are drawn.
    machines = [
        _machine(rng, kind, index, PROCESSES[number % kind.processes] if index == 0 else None) for index in range(count)
    ]
    return Provider(
        peer=PeerId(name("provider", number)),
        site=_site(rng, kind),
        schedule=idle(machines),
        policy=Policy(span=Seconds(kind.days * DAY), patience=False),
    )


def _machine(rng: Random, kind: Kind, index: int, process: ProcessCode | None) -> Machine:
    process = process or rng.choice(PROCESSES[: kind.processes])
    speed = rng.uniform(0.8, 1.3)
    night = kind.shifts and process != HEAT_TREATMENT and rng.random() < 0.5
    early, late = Seconds(6 * HOUR), Seconds(22 * HOUR)
    days = tuple(Shift(opens=Seconds(day * DAY + early), closes=Seconds(day * DAY + late)) for day in range(5))
    return Machine(
        capability=Capability(
            machine=MachineId(f"machine-{index}"),
            process=process,
            materials=MATERIALS,
            envelope=_BOX,
            tolerance=Micrometres(20),
            max_mass=Grams(50_000),
        ),
        pace=Pace(
            setup=Seconds(900),
            volume=CubicMillimetres(round(PACES.get(process, 1) * speed)),
            feature=Seconds(round(60 / speed)),
            cycle=Seconds(round(6 * HOUR / speed)),
        ),
        rates=Rates(
            hour=Cents(round(60 * rng.uniform(60, 120) * speed)),
            setup=Cents(1_000),
            margin=BasisPoints(kind.margin),
        ),
        power=Power(watts=rng.choice((2_000, 5_000, 12_000))),
        calendar=Calendar(shifts=days) if night else ALWAYS,
        changeovers=Changeovers(default=Seconds(1_200 if kind.shifts else 0)),
    )


def _call(rng: Random, kind: Kind, number: int, at: UnixSeconds, seed: int) -> Call:
    processes = [rng.choice(PROCESSES[: kind.processes]) for _ in range(rng.randint(3, 6))]
    operations = tuple(
        Operation(
            index=index,
            process=process,
            envelope=_BOX,
            tolerance=Micrometres(50),
            removed=CubicMillimetres(PACES.get(process, 0) * (minutes := rng.randint(60, 360))),
            mass=Grams(1_000),
            features=minutes if process in BY_FEATURES else 0,
        )
        for index, process in enumerate(processes)
    )
    days = RUSH if kind.rush and rng.random() < kind.rush else kind.days
    return Call(
        chain=1,
        orders=Address(bytes(20)),
        job=JobId(name("job", seed, number)),
        customer=PeerId(name("customer", number)),
        encryption_key=EncryptionKey(bytes(32)),
        addresses=(),
        rule_pack=Digest(bytes(32)),
        design=Digest(bytes(32)),
        part=BidView(
            envelope=_BOX,
            volume=CubicMillimetres(100_000),
            mass=Grams(1_000),
            material=rng.choice(MATERIALS),
            holes=(),
            tolerance=Micrometres(50),
        ),
        operations=operations,
        quantity=1,
        site=_site(rng, kind),
        budget=Cents(100_000_000),
        weights=Weights(hour=Cents(rng.randint(*kind.hour)), co2_tonne=Cents(10_000), kilometre=Cents(12)),
        earliest=at,
        due=UnixSeconds(at + days * DAY),
        commit_by=UnixSeconds(at + COMMIT),
        reveal_by=UnixSeconds(at + COMMIT + REVEAL),
    )


def _site(rng: Random, kind: Kind) -> Site:
    edge = kind.plane * 1_000
    return Site(easting=Metres(rng.randint(0, edge)), northing=Metres(rng.randint(0, edge)))
