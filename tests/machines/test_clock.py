"""Plant time against wall time."""

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from node.clock import PlantClock
from protocol.units import UnixSeconds

WALL = 1_800_000_000


async def test_plant_time_runs_by_its_factor(autojump_clock: MockClock) -> None:
    clock = PlantClock(wall=lambda: WALL + 10, epoch_wall=WALL, epoch_plant=500, factor=100)
    assert clock.now() == 500 + 10 * 100
    await trio.sleep(2.5)
    assert clock.now() == 500 + 1_250
    assert clock.wall() == WALL + 12


async def test_without_settings_plant_time_is_wall_time(autojump_clock: MockClock) -> None:
    clock = PlantClock(wall=lambda: WALL)
    assert clock.now() == clock.wall() == WALL


@pytest.mark.parametrize("factor", [1, 7, 60, 100_000])
async def test_a_sleeper_wakes_in_its_second_and_never_before(autojump_clock: MockClock, factor: int) -> None:
    clock = PlantClock(wall=lambda: WALL + 0.123, epoch_wall=WALL, epoch_plant=WALL, factor=factor)
    for step in (1, 2, 59, 3_601, 10**6):
        target = UnixSeconds(clock.now() + step)
        await clock.sleep_until(target)
        assert clock.now() == target


async def test_a_moment_that_has_passed_is_not_waited_for(autojump_clock: MockClock) -> None:
    clock = PlantClock(wall=lambda: WALL)
    before = trio.current_time()
    await clock.sleep_until(UnixSeconds(WALL - 100))
    assert trio.current_time() == before


@given(st.integers(0, 10**10), st.integers(1, 100_000))
def test_the_wall_time_of_a_plant_time_is_the_first_that_has_it(plant: int, factor: int) -> None:
    async def check() -> None:
        clock = PlantClock(wall=lambda: WALL, epoch_wall=WALL, epoch_plant=WALL, factor=factor)
        wall = clock.wall_at(UnixSeconds(plant))
        assert clock.at_wall(wall) >= plant > clock.at_wall(UnixSeconds(wall - 1))

    trio.run(check)
