"""The picture of a schedule."""

from xml.etree.ElementTree import fromstring

from node.planner.gantt import gantt, svg
from node.planner.schedule import Hold
from node.planner.shifts import WEEK, Calendar, Shift
from protocol.ids import JobId, MachineId
from protocol.units import Seconds, UnixSeconds
from tests.planner.shop import HOUR, a_machine, a_schedule, at, work

MONDAY = 4 * 24 * HOUR
"""1970-01-05T00:00:00Z."""


def test_committed_tentative_free_and_closed_hours_can_be_told_apart() -> None:
    held = Hold(
        job=JobId(bytes(32)),
        first=0,
        last=0,
        machine=MachineId("mill-1"),
        start=at(6),
        finish=at(9),
        until=UnixSeconds(50),
    )
    opens = (at(0) - MONDAY) % WEEK
    calendar = Calendar(shifts=(Shift(opens=Seconds(opens), closes=Seconds(opens + 10 * HOUR)),))
    schedule = a_schedule(work(1, 4), machines=[a_machine(calendar=calendar)]).with_holds(held)
    row = gantt(schedule, now=at(0), hours=12, width=12).splitlines()[1]
    assert row == "mill-1  .####.???.  "


def test_an_empty_shop_is_drawn_too() -> None:
    assert gantt(a_schedule(), now=at(0), hours=4, width=4).splitlines()[1] == "mill-1  ...."


def test_the_picture_is_well_formed_and_names_cannot_break_out_of_it() -> None:
    sly = '<script>alert("1")</script>'
    schedule = a_schedule(work(1, 4, key=sly), work(100, 4, key="far away"))
    picture = svg(schedule, now=at(0))
    assert fromstring(picture).tag.endswith("svg")  # noqa: S314  # our own picture
    assert "<script" not in picture
    assert picture.count('class="task"') == 1
