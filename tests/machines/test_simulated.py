"""What only a simulated controller promises."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from node.machines.gateway import Execution, Item, Observation, Program
from node.machines.run import run_of
from node.machines.simulated import open_simulated
from node.machines.trace import Controller, Entry, end, trace
from node.planner.timing import ALLOWANCE
from protocol import params
from protocol.ids import ProcessCode
from protocol.units import UnixSeconds
from tests.machines.plant import (
    WALL,
    a_clock,
    a_controller,
    a_measuring_program,
    a_program,
    seen,
    simulated,
    states,
)

STARTED = UnixSeconds(WALL)


def told(controller: Controller, program: Program) -> list[Observation]:
    return list(trace(controller, Entry(program=program, loaded=STARTED, started=STARTED)))


def values(said: list[Observation], item: Item) -> list[int]:
    return [int(o.value) for o in said if o.item == item]


def test_the_same_seed_and_key_tell_the_same_story() -> None:
    assert told(a_controller(), a_program()) == told(a_controller(), a_program())


def test_another_seed_or_key_tells_another() -> None:
    stories = [
        values(told(controller, program), Item.WATTAGE)
        for controller in (a_controller(), a_controller(seed=b"other"))
        for program in (a_program("one"), a_program("two"))
    ]
    assert all(one != other for n, one in enumerate(stories) for other in stories[:n])


@given(st.text(max_size=20), st.integers(1, 10**6))
def test_holds_stay_within_what_the_planner_allows(key: str, duration: int) -> None:
    program = a_program(key, duration)
    took = end(a_controller(), program, STARTED) - STARTED
    assert duration <= took <= duration + duration * ALLOWANCE // 10_000
    said = told(a_controller(), program)
    assert said[-1].value == Execution.PROGRAM_COMPLETED
    assert said[-1].at == STARTED + took


def test_some_runs_are_held_and_go_on() -> None:
    stories = [states(told(a_controller(), a_program(str(n)))) for n in range(40)]
    held = [story for story in stories if Execution.FEED_HOLD in story]
    assert 0 < len(held) < 20
    for story in held:
        assert story[2:] == [Execution.FEED_HOLD, Execution.ACTIVE, Execution.PROGRAM_COMPLETED]


@pytest.mark.parametrize("process", list(params.PROCESSES))
def test_energy_comes_to_mean_power_times_time(process: ProcessCode) -> None:
    program = a_program(duration=7_200)
    run = run_of(told(a_controller(process), program))
    assert run.energy == pytest.approx(4_000 * 2, rel=0.07)
    assert run.started == STARTED


def test_a_furnace_heats_soaks_and_cools() -> None:
    heat = values(told(a_controller(params.HEAT_TREATMENT), a_program()), Item.TEMPERATURE)
    peak = heat.index(max(heat))
    assert heat[0] < 50
    assert heat[: peak + 1] == sorted(heat[: peak + 1])
    assert heat.count(max(heat)) > len(heat) // 2
    assert heat[-1] < max(heat)


def test_a_printer_builds_layer_on_layer() -> None:
    layers = values(told(a_controller(params.EXTRUSION), a_program()), Item.LAYER)
    assert layers == sorted(set(layers))
    assert layers[0] == 1


def test_a_measuring_machine_reports_every_characteristic_once() -> None:
    program = a_measuring_program()
    run = run_of(told(a_controller(params.INSPECTION), program))
    assert [m.name for m in run.measured] == [c.name for c in program.characteristics]


def test_measured_values_scatter_by_the_producing_machines_deviation() -> None:
    errors = [
        measured.value - characteristic.nominal
        for n in range(200)
        for program in [a_measuring_program(f"part {n}", deviation=100)]
        for measured, characteristic in zip(
            run_of(told(a_controller(params.INSPECTION), program)).measured, program.characteristics, strict=True
        )
    ]
    mean = sum(errors) / len(errors)
    assert abs(mean) < 60
    assert (sum((error - mean) ** 2 for error in errors) / len(errors)) ** 0.5 == pytest.approx(100, rel=0.15)


def test_a_perfect_machine_makes_perfect_parts() -> None:
    program = a_measuring_program(deviation=0)
    run = run_of(told(a_controller(params.INSPECTION), program))
    assert [m.value for m in run.measured] == [c.nominal for c in program.characteristics]


def test_a_run_with_a_missing_observation_is_not_summed_up() -> None:
    said = told(a_controller(), a_program())
    with pytest.raises(AssertionError, match="missing"):
        run_of(said[:4] + said[5:])


async def test_a_restart_in_mid_programme_tells_the_story_on(tmp_path: Path, autojump_clock: MockClock) -> None:
    plant = simulated(tmp_path, a_clock())
    program = a_program()
    async with plant.open() as gateway:
        await gateway.load(program)
        await gateway.start(program.key)
        started = plant.clock.now()
        heard = []
        async for observation in gateway.observe(program.key):
            heard.append(observation)
            if observation.sequence == 12:
                break
    async with plant.open() as gateway:
        heard += await seen(gateway.observe(program.key, after=heard[-1].sequence))
    entry = Entry(program=program, loaded=heard[0].at, started=started)
    assert heard == list(trace(a_controller(), entry))


_CHILD = """
import sys, time
from pathlib import Path
import trio
from node.clock import PlantClock
from node.machines.simulated import open_simulated
from tests.machines.plant import a_controller, a_program, WALL

async def main():
    clock = PlantClock(wall=lambda: WALL, epoch_wall=WALL, epoch_plant=WALL)
    async with open_simulated(a_controller(), Path(sys.argv[1]), clock) as gateway:
        await gateway.load(a_program())
        await gateway.start(a_program().key)
        print("started", flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


@pytest.mark.slow
async def test_a_killed_node_stops_no_machine(tmp_path: Path, autojump_clock: MockClock) -> None:
    journal = tmp_path / "m-1.sqlite"
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(journal)], stdout=subprocess.PIPE, cwd=root, env={**os.environ}
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"started\n"
        child.send_signal(signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
    async with open_simulated(a_controller(), journal, a_clock()) as gateway:
        assert (await gateway.status(a_program().key)).execution is Execution.ACTIVE
        said = await seen(gateway.observe(a_program().key))
        assert states(said)[-1] is Execution.PROGRAM_COMPLETED
