"""The picture of a schedule."""

from dataclasses import replace

from node.planner.gantt import gantt
from node.planner.shifts import WEEK, Calendar, Shift
from protocol.units import Seconds, UnixSeconds
from tests.planner.shop import HOUR, a_machine, a_schedule, at, work

MONDAY = 4 * 24 * HOUR
"""1970-01-05T00:00:00Z."""


def test_committed_tentative_free_and_closed_hours_can_be_told_apart() -> None:
    held = replace(work(6, 3, key="slot"), until=UnixSeconds(50))
    opens = (at(0) - MONDAY) % WEEK
    calendar = Calendar(shifts=(Shift(opens=Seconds(opens), closes=Seconds(opens + 10 * HOUR)),))
    schedule = a_schedule(work(1, 4), held, machines=[a_machine(calendar=calendar)])
    row = gantt(schedule, now=at(0), hours=12, width=12).splitlines()[1]
    assert row == "mill-1  .####.???.  "


def test_an_empty_shop_is_drawn_too() -> None:
    assert gantt(a_schedule(), now=at(0), hours=4, width=4).splitlines()[1] == "mill-1  ...."
