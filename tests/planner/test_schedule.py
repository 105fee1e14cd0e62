"""What a schedule lets in."""

from dataclasses import replace

import pytest

from node.planner.errors import CapacityError
from node.planner.schedule import Schedule, Task, prefix
from node.planner.shifts import Calendar, Shift
from protocol.ids import JobId, MachineId
from protocol.units import Seconds, UnixSeconds
from protocol.wire import decode, encode
from tests.planner.shop import HOUR, a_machine, a_schedule, at, work

MILL = MachineId("mill-1")


def test_two_pieces_of_work_do_not_overlap() -> None:
    with pytest.raises(CapacityError, match="overlap"):
        a_schedule(work(0, 4), work(3, 2))


def test_work_may_follow_work_without_a_gap() -> None:
    schedule = a_schedule(work(0, 4), work(4, 2))
    assert [task.start for task in schedule.on(MILL)] == [at(0), at(4)]


def test_slots_of_one_job_may_overlap_each_other_and_nothing_else() -> None:
    slots = [
        replace(work(hour, 4, key=f"{prefix(JobId(bytes(32)))}{hour}"), until=UnixSeconds(50)) for hour in (10, 12)
    ]
    schedule = a_schedule(*slots)
    with pytest.raises(CapacityError, match="overlap"):
        schedule.with_task(work(15, 2))
    with pytest.raises(CapacityError, match="overlap"):
        schedule.with_task(replace(slots[1], until=None))


def test_work_outside_its_bounds_is_refused() -> None:
    with pytest.raises(CapacityError, match="bounds"):
        a_schedule(work(5, 4, due=8))


def test_work_in_a_closed_hour_is_refused() -> None:
    morning = Calendar(shifts=(Shift(opens=Seconds(6 * HOUR), closes=Seconds(12 * HOUR)),))
    free = morning.start(morning.worked(at(0)))
    with pytest.raises(CapacityError, match="closed"):
        a_schedule(work((free - at(0)) / HOUR + 5, 3), machines=[a_machine(calendar=morning)])


def test_work_on_an_unknown_machine_is_refused() -> None:
    with pytest.raises(CapacityError, match="no such machine"):
        a_schedule(work(0, 1, machine="lathe-9"))


def test_a_task_replaces_the_one_with_its_key() -> None:
    schedule = a_schedule(work(0, 4, key="a")).with_task(work(2, 4, key="a"))
    assert [task.start for task in schedule.tasks] == [at(2)]


def test_only_tentative_slots_expire() -> None:
    schedule = a_schedule(work(0, 1, key="kept"), replace(work(2, 1, key="slot"), until=UnixSeconds(50)))
    assert {task.key for task in schedule.without_expired(UnixSeconds(49)).tasks} == {"kept", "slot"}
    assert {task.key for task in schedule.without_expired(UnixSeconds(50)).tasks} == {"kept"}


def test_a_task_survives_being_stored() -> None:
    task = replace(work(0, 1), until=UnixSeconds(50))
    assert decode(Task, encode(task)) == task


def test_time_is_free_where_nothing_is_held() -> None:
    schedule: Schedule = a_schedule(work(2, 2))
    assert schedule.free(MILL, at(0), at(2))
    assert schedule.free(MILL, at(4), at(9))
    assert not schedule.free(MILL, at(1), at(3))
