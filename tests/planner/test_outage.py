"""A machine out of order: its work goes elsewhere only where that keeps what was promised."""

from dataclasses import replace

import pytest

from node.planner.bidding import answer, family_of
from node.planner.errors import CapacityError
from node.planner.holding import Won, reserve, settle
from node.planner.outage import Made, out_of_order
from node.planner.polish import polished
from node.planner.schedule import Schedule
from protocol import params
from protocol.ids import MachineId, ProcessCode
from protocol.job import Call
from protocol.units import Seconds, UnixSeconds
from tests.planner.shop import HERE, HOUR, a_call, a_machine, a_schedule, at, work

BROKEN, OTHER = MachineId("mill-1"), MachineId("mill-2")
NOW = at(1)
UNTIL = UnixSeconds(100)
SLOW = replace(a_machine().pace, setup=Seconds(9 * HOUR))


def two_mills(*, second: str = "mill-2", process: ProcessCode = params.MILLING) -> Schedule:
    return a_schedule(machines=[a_machine(), a_machine(second, process)])


def sold(schedule: Schedule, call: Call, *, latest: float | None = None) -> tuple[Schedule, str]:
    """The schedule after an award on the machine that will fail, and the key of its task."""
    offer = next(one for one in answer(schedule, call, site=HERE, now=at(0)).offers if one.machine == BROKEN)
    won = Won(offer=offer, start=offer.opens, latest=None if latest is None else at(latest))
    after = settle(schedule, call.job, [won], now=at(0), family=family_of(call))
    return after, after.on(BROKEN)[-1].key


def made(call: Call, *keys: str) -> dict[str, Made]:
    return {key: Made(call=call, operations=call.operations) for key in keys}


def test_work_goes_to_another_machine_that_keeps_its_promise() -> None:
    call = replace(a_call(), earliest=at(2))
    schedule, key = sold(two_mills(), call)
    done = out_of_order(schedule, BROKEN, begins=NOW, ends=at(40), work=made(call, key))
    (moved,) = done.moved
    assert (moved.key, moved.machine) == (key, OTHER)
    assert NOW <= moved.start < moved.finish <= moved.due == schedule.on(BROKEN)[0].due
    assert done.lost == ()
    assert done.schedule.on(BROKEN) == ()
    assert done.schedule.on(OTHER) == (moved,)


@pytest.mark.parametrize(
    "other",
    [
        two_mills(second="furnace", process=params.HEAT_TREATMENT),
        two_mills().with_tasks([work(0, 100, machine="mill-2")]),
        a_schedule(machines=[a_machine(), replace(a_machine("mill-2"), pace=SLOW)]),
        a_schedule(),
    ],
    ids=["another process", "no time", "too slow", "no other machine"],
)
def test_what_nothing_else_makes_in_time_is_given_back(other: Schedule) -> None:
    call = replace(a_call(), earliest=at(2))
    schedule, key = sold(other, call)
    done = out_of_order(schedule, BROKEN, begins=NOW, ends=at(40), work=made(call, key))
    assert [task.key for task in done.lost] == [key]
    assert done.moved == ()
    assert {task.key for task in done.schedule.tasks} == {task.key for task in other.tasks}


def test_work_waits_for_its_machine_where_its_parts_are_not_wanted_before() -> None:
    call = replace(a_call(), earliest=at(2))
    schedule, key = sold(a_schedule(), call, latest=60)
    done = out_of_order(schedule, BROKEN, begins=NOW, ends=at(40), work=made(call, key))
    (moved,) = done.moved
    assert moved.machine == BROKEN
    assert moved.start == at(40)
    assert moved.finish - moved.start == schedule.on(BROKEN)[0].finish - schedule.on(BROKEN)[0].start


def test_the_owners_own_work_waits_or_is_lost_but_goes_nowhere_else() -> None:
    schedule = two_mills().with_tasks([work(2, 3, due=60, key="waits"), work(6, 3, due=30, key="cannot wait")])
    done = out_of_order(schedule, BROKEN, begins=NOW, ends=at(40), work={})
    assert [(task.key, task.start) for task in done.moved] == [("waits", at(40))]
    assert [task.key for task in done.lost] == ["cannot wait"]
    assert done.schedule.on(OTHER) == ()


def test_the_most_urgent_work_is_placed_first() -> None:
    schedule = a_schedule(work(2, 3, due=70, key="patient"), work(5, 3, due=44, key="urgent"))
    done = out_of_order(schedule, BROKEN, begins=NOW, ends=at(40), work={})
    assert [(task.key, task.start) for task in done.moved] == [("urgent", at(40)), ("patient", at(43))]


def test_work_under_way_is_made_again_in_full_and_finished_work_stays() -> None:
    schedule = a_schedule(work(0, 1, key="over"), work(1, 4, due=80, key="under way"), work(50, 1, key="later"))
    done = out_of_order(schedule, BROKEN, begins=at(3), ends=at(40), work={})
    assert [(task.key, task.start, task.finish) for task in done.moved] == [("under way", at(40), at(44))]
    assert {task.key for task in done.schedule.on(BROKEN)} == {"over", "under way", "later"}


def test_what_others_were_offered_is_not_sold_for_it() -> None:
    """A hold on the other machine stays free; one on the machine that fails is gone."""
    call, rival = replace(a_call(), earliest=at(2)), replace(a_call(job=2, due=30), earliest=at(2))
    schedule, key = sold(two_mills(), call)
    offers = answer(schedule, rival, site=HERE, now=at(0)).offers
    held = reserve(schedule, offers, rival.job, until=UNTIL, now=at(0), family=family_of(rival))
    done = out_of_order(held, BROKEN, begins=NOW, ends=at(40), work=made(call, key))
    kept = {hold for hold in done.schedule.holds if hold.machine == OTHER}
    assert kept == {hold for hold in held.holds if hold.machine == OTHER}
    assert all(hold.machine == OTHER or hold.start >= at(40) for hold in done.schedule.holds)
    assert all(hold.finish <= task.start or hold.start >= task.finish for hold in kept for task in done.moved)


def test_nothing_is_offered_on_it_until_it_is_back_and_then_it_is_offered_at_once() -> None:
    call = a_call()
    done = out_of_order(a_schedule(), BROKEN, begins=NOW, ends=at(40), work={})
    while_down = answer(done.schedule, call, site=HERE, now=NOW).offers
    assert while_down
    assert min(one.opens for one in while_down) == at(40)
    back = done.schedule.with_machines([a_machine()])
    assert min(one.opens for one in answer(back, call, site=HERE, now=at(5)).offers) == at(5)


def test_a_plan_with_an_outage_can_be_polished_and_fails_again() -> None:
    schedule = two_mills().with_tasks([work(2, 3, due=90, key="a"), work(6, 3, due=90, key="b")])
    once = out_of_order(schedule, BROKEN, begins=NOW, ends=at(40), work={})
    again = out_of_order(polished(once.schedule, now=NOW), BROKEN, begins=at(30), ends=at(60), work={})
    assert all(task.start >= at(60) for task in again.moved)
    assert {task.key for task in (*again.moved, *again.lost)} == {"a", "b"}


def test_a_machine_that_there_is_not_cannot_fail() -> None:
    with pytest.raises(CapacityError, match="no such machine"):
        out_of_order(a_schedule(), MachineId("lathe"), begins=NOW, ends=at(2), work={})
