"""The map between plant time and time worked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import ConfigError
from node.planner.shifts import ALWAYS, WEEK, Calendar, Shift
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
