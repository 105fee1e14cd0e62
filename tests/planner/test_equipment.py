"""A shop from its owner's words."""

import pytest
from pydantic import ValidationError

from node.config import ShopConfig
from node.errors import ConfigError
from node.planner.errors import CapacityError
from node.planner.machine import Family
from node.workflows.equipment import equipped
from protocol.ids import MachineId
from protocol.units import UnixSeconds
from tests.planner.shop import HOUR, T0

DAY = 24 * HOUR
MILL = MachineId("mill")
MONDAY = UnixSeconds(T0 - (T0 - 4 * DAY) % (7 * DAY))


def a_shop(**more: object) -> ShopConfig:
    row = {
        "name": "mill",
        "process": "milling",
        "materials": ["EN AW-6082"],
        "envelope_mm": [400, 300, 250],
        "tolerance_um": 20,
        "rate_per_hour": 78,
        **more,
    }
    return ShopConfig.model_validate({"machines": [row], "power_watts": 9000})


def test_shifts_and_closures_make_the_calendar() -> None:
    shift = {"days": ["mon", "tue"], "opens": 6, "closes": 14}
    config = a_shop(shifts=[shift], closures=[{"start_hours": 8, "hours": 2}])
    calendar = equipped(config, MONDAY).machine(MILL).calendar
    assert calendar.worked(UnixSeconds(MONDAY + 7 * DAY)) - calendar.worked(MONDAY) == (16 - 2) * HOUR
    assert calendar.start(calendar.worked(UnixSeconds(MONDAY + 9 * HOUR))) == MONDAY + 10 * HOUR


def test_changeovers_tools_approvals_and_rework_come_from_the_file() -> None:
    config = a_shop(
        changeover_minutes=20,
        changeovers=[{"before": "a", "after": "b", "minutes": 45}],
        drills=[{"diameter_mm": 3, "reach_mm": 25.5}],
        approvals=[{"name": "ISO 10360-2", "until_hours": 100}],
        rework_percent=1.5,
        grade=3,
    )
    machine = equipped(config, MONDAY).machine(MILL)
    assert machine.grade == 3
    assert machine.changeovers.between(Family("a"), Family("b")) == 45 * 60
    assert machine.changeovers.between(Family("b"), Family("a")) == 20 * 60
    assert (machine.tools[0].diameter, machine.tools[0].reach) == (3_000, 25_500)
    assert machine.approved_until == MONDAY + 100 * HOUR
    assert machine.rework == 150


def test_other_work_and_the_shops_limits_come_from_the_file() -> None:
    config = a_shop(work=[{"start_hours": 1, "hours": 2, "due_hours": 9, "material": "EN 1.7225"}])
    schedule = equipped(config, MONDAY)
    (task,) = schedule.tasks
    assert (task.start, task.finish, task.due, task.family) == (
        MONDAY + HOUR,
        MONDAY + 3 * HOUR,
        MONDAY + 9 * HOUR,
        "EN 1.7225",
    )
    assert schedule.premises.watts == 9000


def test_other_work_that_overlaps_stops_the_start() -> None:
    rows = [{"start_hours": 1, "hours": 2, "due_hours": 9}, {"start_hours": 2, "hours": 2, "due_hours": 9}]
    with pytest.raises(CapacityError, match="overlap"):
        equipped(a_shop(work=rows), MONDAY)


def test_a_shift_that_closes_before_it_opens_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="shifts"):
        equipped(a_shop(shifts=[{"days": ["mon"], "opens": 14, "closes": 6}]), MONDAY)


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        a_shop(shifts=[{"days": ["someday"], "opens": 6, "closes": 14}])
