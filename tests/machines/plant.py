"""What the machines' tests run: one controller of each process and programmes for it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from node.clock import PlantClock
from node.machines.gateway import Characteristic, Execution, Gateway, Item, Observation, Program
from node.machines.simulated import open_simulated
from node.machines.trace import Controller
from protocol import params
from protocol.ids import Digest, MachineId, ProcessCode
from protocol.units import Micrometres, Seconds

WALL = 1_800_000_000
FACTOR = 60

Opens = Callable[[], AbstractAsyncContextManager[Gateway]]


def a_clock() -> PlantClock:
    return PlantClock(wall=lambda: WALL, epoch_wall=WALL, epoch_plant=WALL, factor=FACTOR)


def a_controller(process: ProcessCode = params.MILLING, seed: bytes = b"seed") -> Controller:
    return Controller(machine=MachineId("m-1"), process=process, watts=4_000, seed=seed)


def a_program(key: str = "job/0/1", duration: int = 1_800) -> Program:
    return Program(
        key=key,
        digest=Digest(sha256(key.encode()).digest()),
        parts=(1,),
        duration=Seconds(duration),
        characteristics=(),
        deviation=Micrometres(0),
    )


def a_measuring_program(key: str = "job/2/1", deviation: int = 4) -> Program:
    measures = tuple(Characteristic(name=f"D{n}", nominal=Micrometres(10_000 * n)) for n in range(1, 6))
    return replace(a_program(key), characteristics=measures, deviation=Micrometres(deviation))


@dataclass
class Plant:
    """A controller that can be opened again and again, and its clock."""

    clock: PlantClock
    open: Opens


def simulated(folder: Path, clock: PlantClock, process: ProcessCode = params.MILLING) -> Plant:
    return Plant(clock=clock, open=lambda: open_simulated(a_controller(process), folder / "m-1.sqlite", clock))


async def seen(observations: AsyncIterator[Observation]) -> list[Observation]:
    return [observation async for observation in observations]


def states(observations: list[Observation]) -> list[Execution]:
    return [Execution(o.value) for o in observations if o.item == Item.EXECUTION]
