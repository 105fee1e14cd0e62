"""What may change while nobody asks."""

from node.planner.bidding import answer
from node.planner.holding import reserve
from node.planner.polish import polished
from node.planner.schedule import Schedule
from node.planner.solver import Stretch, cost_of
from protocol.ids import MachineId
from protocol.units import UnixSeconds
from tests.planner.shop import ALLOY, HERE, HOUR, a_call, a_machine, a_schedule, at, work

MILL = MachineId("mill-1")
FAMILIES = (ALLOY, "EN 1.7225")


def a_mixed_schedule() -> Schedule:
    tasks = [work(4 * n, 3, earliest=0, due=80, weight=10, family=FAMILIES[n % 2], key=f"own {n}") for n in range(9)]
    return a_schedule(*tasks, machines=[a_machine(changeover=HOUR)])


def cost(schedule: Schedule) -> int:
    timeline = schedule.roster(MILL).lane.timeline
    return cost_of(timeline, Stretch(0, len(timeline.blocks)), {}, rate=schedule.machine(MILL).rates.hour)


def test_work_of_one_family_comes_together_and_every_promise_is_kept() -> None:
    before = a_mixed_schedule()
    after = polished(before, now=at(-1))
    assert cost(after) < cost(before)
    assert {task.key for task in after.tasks} == {task.key for task in before.tasks}
    assert all(task.earliest <= task.start and task.finish <= task.due for task in after.tasks)


def test_started_work_stays() -> None:
    before = a_mixed_schedule()
    after = polished(before, now=at(5))
    assert after.on(MILL)[:2] == before.on(MILL)[:2]


def test_a_machine_with_windows_on_offer_is_left_alone() -> None:
    before = a_mixed_schedule()
    call = a_call()
    offers = answer(before, call, site=HERE, now=at(-1)).offers
    held = reserve(before, offers, call.job, until=UnixSeconds(50), now=at(-1))
    assert polished(held, now=at(-1)) == held
