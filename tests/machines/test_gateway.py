"""What every gateway must do, whatever stands behind it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from node.machines.errors import MachineBusyError, ProgramConflictError, UnknownProgramError
from node.machines.gateway import Execution, Gateway, Observation
from protocol.units import Seconds, UnixSeconds
from tests.machines.plant import Plant, a_clock, a_program, seen, simulated, states

KEY = a_program().key


@pytest.fixture(params=[simulated])
async def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Plant:
    build: Callable[..., Plant] = request.param
    return build(tmp_path, a_clock())


async def after(plant: Plant, seconds: int) -> None:
    await plant.clock.sleep_until(UnixSeconds(plant.clock.now() + seconds))


async def first_active(gateway: Gateway, key: str = KEY) -> Observation:
    async for observation in gateway.observe(key):
        if observation.value == Execution.ACTIVE:
            return observation
    raise AssertionError("the programme never became active")


async def test_a_loaded_programme_is_ready_and_does_nothing(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await after(plant, 10_000)
        status = await gateway.status(KEY)
        assert (status.execution, status.progress) == (Execution.READY, 0)


async def test_a_started_programme_runs_to_its_end(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        said = await seen(gateway.observe(KEY))
        assert [o.sequence for o in said] == list(range(1, len(said) + 1))
        assert all(earlier.at <= later.at for earlier, later in pairwise(said))
        assert states(said)[:2] == [Execution.READY, Execution.ACTIVE]
        assert states(said)[-1] is Execution.PROGRAM_COMPLETED
        assert said[-1].at - said[1].at >= a_program().duration
        assert plant.clock.now() >= said[-1].at
        assert (await gateway.status(KEY)).execution is Execution.PROGRAM_COMPLETED


async def test_an_observation_comes_when_it_happens_and_not_before(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        async for observation in gateway.observe(KEY):
            assert 0 <= plant.clock.now() - observation.at <= 1


async def test_an_observer_waits_for_the_start(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway, trio.open_nursery() as nursery:
        await gateway.load(a_program())
        said: list[Observation] = []

        async def watch() -> None:
            said.extend(await seen(gateway.observe(KEY)))

        nursery.start_soon(watch)
        await after(plant, 600)
        await gateway.start(KEY)
        started = plant.clock.now()
        await after(plant, 4_000)
        assert said[1].at == started
        assert said[-1].value == Execution.PROGRAM_COMPLETED


async def test_loading_and_starting_twice_runs_once(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        for _ in range(2):
            await gateway.load(a_program())
        for _ in range(2):
            await gateway.start(KEY)
            await after(plant, 60)
        said = await seen(gateway.observe(KEY))
        await gateway.load(a_program())
        await gateway.start(KEY)
        assert await seen(gateway.observe(KEY)) == said


async def test_a_key_names_one_programme_for_ever(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        with pytest.raises(ProgramConflictError):
            await gateway.load(replace(a_program(), duration=Seconds(5)))


async def test_an_unknown_programme_is_refused(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        with pytest.raises(UnknownProgramError):
            await gateway.start("nothing")
        with pytest.raises(UnknownProgramError):
            await gateway.abort("nothing")
        with pytest.raises(UnknownProgramError):
            await gateway.status("nothing")
        with pytest.raises(UnknownProgramError):
            await seen(gateway.observe("nothing"))


async def test_a_busy_machine_takes_the_next_programme_only_afterwards(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        for key in ("one", "two"):
            await gateway.load(a_program(key))
        await gateway.start("one")
        with pytest.raises(MachineBusyError, match="one"):
            await gateway.start("two")
        first = await seen(gateway.observe("one"))
        await gateway.start("two")
        second = await seen(gateway.observe("two"))
        assert second[1].at >= first[-1].at


async def test_observing_goes_on_after_any_sequence_number(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        said = await seen(gateway.observe(KEY))
        assert await seen(gateway.observe(KEY, after=7)) == said[7:]
        assert await seen(gateway.observe(KEY, after=len(said))) == []


async def test_all_observers_see_the_same(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        views: list[list[Observation]] = []

        async def watch() -> None:
            views.append(await seen(gateway.observe(KEY)))

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(watch)
        assert views[0] == views[1] == views[2]


async def test_an_aborted_programme_stops_for_good(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        await after(plant, 600)
        for _ in range(2):
            await gateway.abort(KEY)
        stopped = plant.clock.now()
        await gateway.start(KEY)
        await after(plant, 10_000)
        said = await seen(gateway.observe(KEY))
        assert states(said)[-1] is Execution.STOPPED
        assert said[-1].at == stopped
        status = await gateway.status(KEY)
        assert status.execution is Execution.STOPPED
        assert 0 < status.progress < 500_000


async def test_an_observer_sees_an_abort_and_nothing_after_it(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        said = []
        async for observation in gateway.observe(KEY):
            said.append(observation)
            if observation.sequence == 9:
                await gateway.abort(KEY)
                await after(plant, 900)
        assert said[-1].value == Execution.STOPPED
        assert said == await seen(gateway.observe(KEY))


async def test_a_programme_can_be_aborted_before_it_starts(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.abort(KEY)
        await gateway.start(KEY)
        assert states(await seen(gateway.observe(KEY))) == [Execution.READY, Execution.STOPPED]


async def test_aborting_after_the_end_changes_nothing(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        said = await seen(gateway.observe(KEY))
        await gateway.abort(KEY)
        assert await seen(gateway.observe(KEY)) == said


async def test_an_aborted_machine_is_free_for_the_next_programme(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        for key in ("one", "two"):
            await gateway.load(a_program(key))
        await gateway.start("one")
        await gateway.abort("one")
        await gateway.start("two")
        assert states(await seen(gateway.observe("two")))[-1] is Execution.PROGRAM_COMPLETED


async def test_a_programme_goes_on_while_the_node_is_away(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        before = await first_active(gateway)
        await after(plant, 600)
        middle = await gateway.status(KEY)
    await after(plant, 300)
    async with plant.open() as gateway:
        status = await gateway.status(KEY)
        assert status.execution in (Execution.ACTIVE, Execution.FEED_HOLD)
        assert status.progress > middle.progress
        await gateway.load(a_program())
        await gateway.start(KEY)
        said = await seen(gateway.observe(KEY, after=before.sequence))
        assert said[0].sequence == before.sequence + 1
        assert states(said)[-1] is Execution.PROGRAM_COMPLETED
        assert said[-1].at - before.at < 1.05 * a_program().duration


async def test_what_ended_while_the_node_was_away_is_not_run_again(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        began = await first_active(gateway)
    await after(plant, 100_000)
    async with plant.open() as gateway:
        await gateway.start(KEY)
        said = await seen(gateway.observe(KEY))
        assert said[1] == began
        assert said[-1].at - began.at < 1.05 * a_program().duration
        assert states(said).count(Execution.READY) == 1


async def test_what_was_seen_before_the_node_died_is_seen_again(plant: Plant, autojump_clock: MockClock) -> None:
    async with plant.open() as gateway:
        await gateway.load(a_program())
        await gateway.start(KEY)
        said = await seen(gateway.observe(KEY))
    async with plant.open() as gateway:
        assert await seen(gateway.observe(KEY)) == said
