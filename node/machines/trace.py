"""What a simulated controller says during one run: a pure function of its seed, the programme and when it started."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256, sha512

from node.machines.gateway import Execution, Item, Observation, Program
from protocol import params
from protocol.ids import MachineId, ProcessCode
from protocol.units import Seconds, UnixSeconds

SAMPLES = 24
"""Readings of each sensor in one run."""

HOLD_ODDS = 4
"""One run in so many is held once."""

HOLD_MOST = 4
"""Longest hold, per cent of the run; the planner's allowance is more."""

HOLD_POWER = 30
"""Drawn while the feed is held, per cent of the mean."""

SOAK = 530
"""Degrees Celsius: solution annealing of a wrought aluminium alloy (EN AW-6082)."""

LAYERS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Which machine is simulated."""

    machine: MachineId
    process: ProcessCode
    watts: int
    """Mean power while it runs."""

    seed: bytes
    """Everything accidental follows from it and the programme's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a controller must remember of a programme, in plant time."""

    program: Program
    loaded: UnixSeconds
    started: UnixSeconds | None = None
    stopped: UnixSeconds | None = None


def trace(controller: Controller, entry: Entry) -> tuple[Observation, ...]:
    """Everything said about a programme from loading to its end, the future of a running one included."""
    said = [(entry.loaded, str(Item.EXECUTION), str(Execution.READY))]
    if entry.started is not None:
        said += sorted(_running(controller, entry.program, entry.started), key=lambda row: row[0])
    if entry.stopped is not None:
        said = [row for row in said if row[0] <= entry.stopped]
        said.append((entry.stopped, str(Item.EXECUTION), str(Execution.STOPPED)))
    return tuple(
        Observation(
            machine=controller.machine, program=entry.program.key, sequence=sequence, at=at, item=item, value=value
        )
        for sequence, (at, item, value) in enumerate(said, start=1)
    )


def end(controller: Controller, program: Program, started: UnixSeconds) -> UnixSeconds:
    """Plant time at which a run is complete, if nobody stops it."""
    return UnixSeconds(started + program.duration + _hold(controller, program)[1])


def _running(controller: Controller, program: Program, started: UnixSeconds) -> Iterator[tuple[UnixSeconds, str, str]]:
    held_at, held_for = _hold(controller, program)

    def moment(active: int) -> UnixSeconds:
        return UnixSeconds(started + active + (held_for if active > held_at else 0))

    yield moment(0), Item.EXECUTION, Execution.ACTIVE
    for number in range(SAMPLES):
        at = moment(program.duration * number // SAMPLES)
        for item, value in _readings(controller, program, number):
            yield at, item, str(value)
    for number, characteristic in enumerate(program.characteristics, start=1):
        at = moment(program.duration * number // (len(program.characteristics) + 1))
        error = _error(controller, program, characteristic.name)
        # A deviation from the nominal place has no sign (ISO 1101).
        value = characteristic.nominal + error if characteristic.nominal else abs(error)
        yield at, f"{Item.MEASURED}{characteristic.name}", str(value)
    if held_for:
        resumes = UnixSeconds(moment(held_at) + held_for)
        yield moment(held_at), Item.EXECUTION, Execution.FEED_HOLD
        yield moment(held_at), Item.WATTAGE, str(controller.watts * HOLD_POWER // 100)
        yield resumes, Item.EXECUTION, Execution.ACTIVE
        yield resumes, Item.WATTAGE, str(controller.watts)
    yield end(controller, program, started), Item.EXECUTION, Execution.PROGRAM_COMPLETED


def _readings(controller: Controller, program: Program, number: int) -> Iterator[tuple[Item, int]]:
    """The sensors' values at sample ``number``; the power's mean over a run is the machine's mean power."""
    scatter = _draw(controller, program.key, f"scatter/{number}") % 21 - 10
    percent = 100 + scatter
    match controller.process:
        case params.HEAT_TREATMENT:
            percent = _furnace(number)
            yield Item.TEMPERATURE, _temperature(number)
        case params.EXTRUSION:
            yield Item.LAYER, 1 + LAYERS * number // SAMPLES
        case params.MILLING | params.TURNING:
            yield Item.LOAD, 55 + 2 * scatter
        case _:
            pass
    yield Item.WATTAGE, controller.watts * percent // 100


def _furnace(number: int) -> int:
    """Per cent of the mean power: heating up, soaking, cooling down; the three average 100."""
    return 300 if number < SAMPLES // 6 else 70 if number < SAMPLES * 5 // 6 else 20


def _temperature(number: int) -> int:
    ramp = SAMPLES // 6
    return 20 + (SOAK - 20) * min(number, ramp, SAMPLES - number) // ramp


def _hold(controller: Controller, program: Program) -> tuple[Seconds, Seconds]:
    """After how much running time the operator holds the feed, and how long; no time at all in most runs."""
    if _draw(controller, program.key, "hold") % HOLD_ODDS:
        return Seconds(0), Seconds(0)
    at = program.duration * (10 + _draw(controller, program.key, "hold/at") % 80) // 100
    share = 1 + _draw(controller, program.key, "hold/for") % HOLD_MOST
    return Seconds(at), Seconds(program.duration * share // 100)


def _error(controller: Controller, program: Program, name: str) -> int:
    """Micrometres off nominal: a bias that all parts share and a scatter of their own, together near one deviation."""
    bias = _normal(controller.seed, name, program.deviation) // 3
    return bias + _normal(controller.seed, f"{program.key}/{name}", program.deviation)


def _draw(controller: Controller, key: str, what: str) -> int:
    """64 uniform bits."""
    return int.from_bytes(sha256(controller.seed + f"/{key}/{what}".encode()).digest()[:8], "big")


def _normal(seed: bytes, label: str, sigma: int) -> int:
    """Normally distributed with mean 0, in integers: the sum of twelve uniforms has variance one (Irwin-Hall)."""
    digest = sha512(seed + label.encode()).digest()
    twelve = sum(int.from_bytes(digest[2 * i : 2 * i + 2], "big") for i in range(12))
    return sigma * (2 * twelve - 12 * 0xFFFF) // (2 * 0x10000)
