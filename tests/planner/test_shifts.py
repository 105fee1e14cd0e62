"""The map between plant time and time worked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import ConfigError
from node.planner.shifts import ALWAYS, WEEK, Calendar, Closure, Shift, merged
from protocol.units import Seconds, UnixSeconds
from tests.planner.shop import HOUR

DAY = 24 * HOUR
MONDAY = UnixSeconds(1_799_625_600 + 4 * DAY - (1_799_625_600 % WEEK))


def shift(day: int, opens: int, closes: int) -> Shift:
    return Shift(opens=Seconds(day * DAY + opens * HOUR), closes=Seconds(day * DAY + closes * HOUR))


WEEKDAYS = Calendar(shifts=tuple(shift(day, 6, 22) for day in range(5)))
TIMES = st.integers(0, 4 * 10**9).map(UnixSeconds)


def test_work_pauses_over_night() -> None:
    begin = WEEKDAYS.worked(UnixSeconds(MONDAY + 20 * HOUR))
    assert WEEKDAYS.start(begin) == MONDAY + 20 * HOUR
    assert WEEKDAYS.finish(begin + 2 * HOUR) == MONDAY + 22 * HOUR
    assert WEEKDAYS.start(begin + 2 * HOUR) == MONDAY + DAY + 6 * HOUR
    assert WEEKDAYS.finish(begin + 4 * HOUR) == MONDAY + DAY + 8 * HOUR


def test_work_pauses_over_the_weekend() -> None:
    friday = UnixSeconds(MONDAY + 4 * DAY + 21 * HOUR)
    assert WEEKDAYS.finish(WEEKDAYS.worked(friday) + 2 * HOUR) == MONDAY + WEEK + 7 * HOUR


@given(TIMES)
def test_round_the_clock_changes_nothing(time: UnixSeconds) -> None:
    assert ALWAYS.start(ALWAYS.worked(time)) == time


@given(TIMES, st.integers(0, 3 * WEEK))
def test_time_worked_never_runs_backwards(time: UnixSeconds, later: int) -> None:
    assert WEEKDAYS.worked(time) <= WEEKDAYS.worked(UnixSeconds(time + later))


@given(st.integers(1, 10**9))
def test_start_and_finish_invert_worked(worked: int) -> None:
    assert WEEKDAYS.worked(WEEKDAYS.start(worked)) == worked
    assert WEEKDAYS.worked(WEEKDAYS.finish(worked)) == worked
    assert WEEKDAYS.finish(worked) <= WEEKDAYS.start(worked)


@pytest.mark.parametrize(
    "shifts",
    [
        (),
        (shift(0, 8, 8),),
        (shift(1, 6, 10), shift(0, 6, 10)),
        (shift(0, 6, 10), shift(0, 9, 12)),
        (shift(6, 20, 30),),
    ],
)
def test_shifts_that_overlap_or_leave_the_week_stop_the_start(shifts: tuple[Shift, ...]) -> None:
    with pytest.raises(ConfigError):
        Calendar(shifts=shifts)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Weekdays with closures around one Monday."""
    edges = sorted(draw(st.sets(st.integers(-200, 400), max_size=6)))
    closures = [
        Closure(begins=UnixSeconds(MONDAY + one * HOUR), ends=UnixSeconds(MONDAY + other * HOUR))
        for one, other in zip(edges[::2], edges[1::2], strict=False)
    ]
    return Calendar(shifts=draw(st.sampled_from([WEEKDAYS.shifts, ALWAYS.shifts])), closures=tuple(closures))


def is_open(calendar: Calendar, at: int) -> bool:
    week = (at - MONDAY) % WEEK
    shift = any(shift.opens <= week < shift.closes for shift in calendar.shifts)
    return shift and not any(closure.begins <= at < closure.ends for closure in calendar.closures)


@given(calendars(), st.integers(-300, 500), st.integers(1, 60))
def test_time_worked_is_open_time_less_closures(calendar: Calendar, hour: int, hours: int) -> None:
    start = MONDAY + hour * HOUR
    by_hand = sum(HOUR * is_open(calendar, start + n * HOUR) for n in range(hours))
    assert calendar.worked(UnixSeconds(start + hours * HOUR)) - calendar.worked(UnixSeconds(start)) == by_hand


@given(calendars(), st.integers(-300 * HOUR, 500 * HOUR))
def test_start_and_finish_invert_worked_around_closures(calendar: Calendar, offset: int) -> None:
    worked = calendar.worked(UnixSeconds(MONDAY + offset)) + 1
    assert calendar.worked(calendar.start(worked)) == worked
    assert calendar.worked(calendar.finish(worked)) == worked
    assert is_open(calendar, calendar.start(worked))
    assert is_open(calendar, calendar.finish(worked) - 1)


@given(calendars(), st.integers(-100, 200), st.integers(0, 60), st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_stretches_cover_every_start_once_and_none_lets_a_closed_hour_in(
    calendar: Calendar, hour: int, more: int, hours: int
) -> None:
    first = calendar.worked(UnixSeconds(MONDAY + hour * HOUR))
    last, length = first + more * HOUR // 2, hours * HOUR // 4
    stretches = list(calendar.stretches(first, last, length))
    assert [stretch.opens for stretch in stretches] == sorted(stretch.opens for stretch in stretches)
    assert sum(stretch.closes - stretch.opens + 1 for stretch in stretches) == last - first + 1
    for stretch in stretches:
        for start in (stretch.opens, stretch.closes):
            assert calendar.start(calendar.worked(start)) == start
            assert calendar.finish(calendar.worked(start) + length) == start + stretch.duration


def test_closures_that_touch_become_one() -> None:
    one, other = (Closure(begins=UnixSeconds(n), ends=UnixSeconds(n + 5)) for n in (0, 4))
    assert merged([other, one]) == (Closure(begins=UnixSeconds(0), ends=UnixSeconds(9)),)


def test_closures_out_of_order_stop_the_start() -> None:
    one, other = (Closure(begins=UnixSeconds(n), ends=UnixSeconds(n + 5)) for n in (10, 0))
    with pytest.raises(ConfigError, match="closures"):
        Calendar(shifts=WEEKDAYS.shifts, closures=(one, other))
