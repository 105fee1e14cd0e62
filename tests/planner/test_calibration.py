"""Planned and taken times of a shop's own jobs."""

from node.planner.calibration import FEWEST, calibrated, taken
from protocol.ids import MachineId
from protocol.units import Seconds, UnixSeconds

MILL, OVEN = MachineId("mill"), MachineId("oven")


def moments(*seconds: int) -> list[UnixSeconds]:
    return [UnixSeconds(second) for second in seconds]


def test_what_follows_each_other_tells_how_long_it_took() -> None:
    assert taken(moments(300, 100, 200)) == (100, 100)
    assert taken(moments(100)) == taken([]) == ()
    assert taken(moments(100, 100, 200)) == (100,)


def test_a_night_between_two_programmes_is_no_cycle() -> None:
    assert taken(moments(100, 200, 300, 60_000, 60_100)) == (100, 100, 100)


def test_the_figure_is_the_median_and_few_programmes_give_none() -> None:
    pairs = [(Seconds(100), Seconds(actual)) for actual in (110, 120, 130, 120, 400)]
    (row,) = calibrated({MILL: pairs, OVEN: pairs[: FEWEST - 1]})
    assert (row.machine, row.programmes, row.likely) == (MILL, 5, 120)
    assert (row.low, row.high) == (110, 400)
    assert "divide removal_cm3_min by 1.20" in row.advice


def test_a_pace_that_holds_is_left_alone() -> None:
    (row,) = calibrated({MILL: [(Seconds(100), Seconds(103))] * FEWEST})
    assert row.advice == "the pace holds"
