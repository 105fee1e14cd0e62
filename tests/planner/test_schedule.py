"""What a schedule lets in."""

import pytest

from node.planner.errors import CapacityError
from node.planner.schedule import Hold, Schedule
from node.planner.shifts import Calendar, Shift
from protocol.ids import JobId, MachineId
from protocol.units import Seconds, UnixSeconds
from tests.planner.shop import HOUR, a_machine, a_schedule, at, work

MILL = MachineId("mill-1")


def test_two_pieces_of_work_do_not_overlap() -> None:
    with pytest.raises(CapacityError, match="overlap"):
        a_schedule(work(0, 4), work(3, 2))


def test_work_may_follow_work_without_a_gap() -> None:
    schedule = a_schedule(work(0, 4), work(4, 2))
    assert [task.start for task in schedule.on(MILL)] == [at(0), at(4)]


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


def a_hold(start: float, hours: float, *, until: int = 50, job: int = 1, first: int = 0, last: int = 0) -> Hold:
    return Hold(
        job=JobId(bytes([job]) * 32),
        first=first,
        last=last,
        machine=MILL,
        start=at(start),
        finish=at(start + hours),
        until=UnixSeconds(until),
    )


def test_holds_end_by_themselves_and_tasks_do_not() -> None:
    schedule = a_schedule(work(0, 1)).with_holds(a_hold(2, 1)).with_holds(a_hold(4, 1, until=60, job=2))
    assert schedule.next_expiry == UnixSeconds(50)
    assert schedule.without_expired(UnixSeconds(49)) == schedule
    assert [hold.start for hold in schedule.without_expired(UnixSeconds(50)).holds] == [at(4)]
    assert schedule.without_expired(UnixSeconds(60)) == a_schedule(work(0, 1))


def test_windows_that_share_an_operation_exclude_each_other() -> None:
    hold = a_hold(0, 1, first=1, last=2)
    assert hold.covers(a_hold(5, 1, first=2, last=3))
    assert hold.covers(a_hold(5, 1, first=0, last=1))
    assert not hold.covers(a_hold(5, 1, first=3, last=4))
    assert not hold.covers(a_hold(5, 1, first=1, last=2, job=2))


def test_what_is_over_is_forgotten() -> None:
    schedule = a_schedule(work(0, 1), work(2, 2))
    assert [task.start for task in schedule.without_past(at(1)).tasks] == [at(2)]


def test_a_lane_that_loses_nothing_keeps_its_timeline() -> None:
    schedule = a_schedule(work(0, 1)).with_holds(a_hold(2, 1))
    kept = schedule.without_job(JobId(bytes([1]) * 32))
    assert kept.roster(MILL).lane is schedule.roster(MILL).lane


def test_time_is_free_where_nothing_is_held() -> None:
    schedule: Schedule = a_schedule(work(2, 2))
    assert schedule.free(MILL, at(0), at(2))
    assert schedule.free(MILL, at(4), at(9))
    assert not schedule.free(MILL, at(1), at(3))
