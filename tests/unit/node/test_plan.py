"""A shop's plan puts work in a better order while nobody asks, and is the same after a restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from node.clock import PlantClock
from node.planner.bidding import answer
from node.planner.holding import reserve
from node.planner.machine import Power
from node.planner.polish import standing_cost, tidied
from node.planner.premises import Premises
from node.planner.schedule import Schedule, idle
from node.store.database import open_database
from node.workflows import plan
from node.workflows.plan import STREAM, Moved, Order, Plan, Rearranged, applied, rearranged
from node.workflows.runner import Runner
from protocol.ids import MachineId
from protocol.units import UnixSeconds
from tests.planner.shop import ALLOY, HERE, HOUR, a_call, a_machine, a_schedule, at, work

MILL = MachineId("mill-1")
FAMILIES = (ALLOY, "EN 1.7225")
LONG_AGO = 1_000


def disordered() -> Schedule:
    tasks = [work(4 * n, 3, earliest=0, due=80, weight=10, family=FAMILIES[n % 2], key=f"own {n}") for n in range(6)]
    return a_schedule(*tasks, machines=[a_machine(changeover=HOUR)])


@dataclass
class Here:
    runner: Runner
    plan: Plan


@asynccontextmanager
async def planning(folder: Path, schedule: Schedule) -> AsyncIterator[Here]:
    """A plan kept in ``folder``; entering again is a restart."""
    clock = PlantClock(wall=lambda: LONG_AGO, epoch_wall=LONG_AGO, epoch_plant=at(-2))
    async with open_database(folder / "node.sqlite") as database:
        runner = Runner(database, (plan.WORKFLOW,), lambda: LONG_AGO)
        runner.bind({})
        async with runner.running():
            yield Here(runner, Plan(schedule, runner=runner, clock=clock, wall=lambda: UnixSeconds(LONG_AGO)))


async def test_work_is_put_in_a_better_order_and_stays_so_after_a_restart(tmp_path: Path) -> None:
    before = disordered()
    async with planning(tmp_path, before) as here:
        await here.plan.rearrange()
        found = await here.plan.current()
        state = here.runner.state(STREAM)
    assert standing_cost(found.roster(MILL)) < standing_cost(before.roster(MILL))
    assert isinstance(state, Order)
    assert state.saved == standing_cost(before.roster(MILL)) - standing_cost(found.roster(MILL))
    async with planning(tmp_path, before) as here:
        assert await here.plan.current() == found


async def test_what_is_in_order_is_left_alone(tmp_path: Path) -> None:
    async with planning(tmp_path, tidied(disordered(), MILL, now=at(-2))) as here:
        await here.plan.rearrange()
        assert here.runner.state(STREAM) is None


async def test_a_window_on_offer_keeps_its_machine_as_it_is(tmp_path: Path) -> None:
    before, call = disordered(), a_call()
    offers = answer(before, call, site=HERE, now=at(-1)).offers
    held = reserve(before, offers, call.job, until=UnixSeconds(LONG_AGO + 1), now=at(-1))
    async with planning(tmp_path, held) as here:
        await here.plan.rearrange()
        assert await here.plan.current() == held


async def test_an_order_that_comes_too_late_is_not_taken(tmp_path: Path) -> None:
    """Something changes on the machine while a better order is looked for."""
    before = disordered()
    last = before.on(MILL)[-1]
    moved = Moved(key=last.key, start=UnixSeconds(last.start + HOUR), finish=UnixSeconds(last.finish + HOUR))
    change = Rearranged(machine=MILL, moves=(moved,), saved=1)
    async with planning(tmp_path, before) as here, trio.open_nursery() as nursery:
        async with here.plan.asked:
            nursery.start_soon(here.plan.rearrange)
            with trio.fail_after(60):
                while not here.plan.asked.statistics().tasks_waiting:
                    await trio.sleep(0.01)
            await here.runner.post(STREAM, "first", change)
        with trio.fail_after(60):
            while here.plan.asked.locked():
                await trio.sleep(0.01)
        assert await here.plan.current() == applied(before, change)


async def test_quiet_is_waited_for_and_a_shop_without_patience_never_tidies(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    autojump_clock.autojump_threshold = 0.05
    async with planning(tmp_path, disordered()) as here, trio.open_nursery() as nursery:
        nursery.start_soon(here.plan.tidy, lambda: False)
        await trio.testing.wait_all_tasks_blocked()
        assert here.runner.state(STREAM) is None
        nursery.start_soon(here.plan.tidy, lambda: True)
        with trio.fail_after(600):
            while here.runner.state(STREAM) is None:
                await trio.sleep(1)
        nursery.cancel_scope.cancel()


def test_a_better_order_that_asks_for_too_much_power_is_not_taken() -> None:
    """Two machines together exceed the premises: what one may not use is full of the other's work."""
    strong = Power(watts=6_000)
    mill, oven = (replace(a_machine(name, changeover=HOUR), power=strong) for name in ("mill-1", "mill-2"))
    tasks = [work(4 * n, 3, earliest=0, due=80, weight=10, family=FAMILIES[n % 2], key=f"own {n}") for n in range(6)]
    busy = [
        replace(work(4 * n + 3, 1, key=f"other {n}", earliest=4 * n + 3, due=4 * n + 4), machine=MachineId("mill-2"))
        for n in range(6)
    ]
    crowded = idle((mill, oven), Premises(watts=10_000)).with_tasks((*tasks, *busy))
    free = idle((mill, oven)).with_tasks((*tasks, *busy))
    assert rearranged(free, tidied(free, MILL, now=at(-1)), MILL) is not None
    assert tidied(crowded, MILL, now=at(-1)) is crowded
