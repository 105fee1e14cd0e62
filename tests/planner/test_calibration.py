"""Planned and taken times of a shop's own jobs."""

from dataclasses import replace
from pathlib import Path

import pytest

from node.config import Home, PaceConfig, PacesConfig, RulesConfig
from node.errors import RequestError
from node.planner.bidding import answer
from node.planner.calibration import FEWEST, calibrated, corrected, taken
from node.planner.machine import Adopted
from node.planner.timing import duration
from node.store.database import open_database
from node.workflows.owner import Owner
from node.workflows.runner import Runner
from protocol.ids import MachineId
from protocol.units import Seconds, UnixSeconds
from tests.planner.shop import HERE, a_call, a_machine, a_schedule, an_operation, at, work

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
    assert row.advice == "plan 120 % of the configured time: guildmark shop calibration --adopt mill"


def test_a_pace_that_holds_is_left_alone() -> None:
    (row,) = calibrated({MILL: [(Seconds(100), Seconds(103))] * FEWEST})
    assert row.advice == "the pace holds"


SLOW, QUICK = Adopted(percent=150, programmes=7), Adopted(percent=50, programmes=9)


@pytest.mark.parametrize(("adopted", "share"), [(SLOW, 1.5), (QUICK, 0.5)])
def test_a_corrected_machine_works_as_long_as_it_really_took_and_is_set_up_as_before(
    adopted: Adopted, share: float
) -> None:
    machine, operation = a_machine(), an_operation()
    bare = replace(machine, pace=replace(machine.pace, setup=Seconds(0)))
    assert corrected(machine, adopted).pace.setup == machine.pace.setup
    after, before = duration(corrected(bare, adopted), operation, 10), duration(bare, operation, 10)
    assert after == pytest.approx(share * before, rel=0.01)


def test_a_bid_rests_on_the_adopted_pace_says_so_and_holds_as_much_more_time() -> None:
    schedule = a_schedule(work(0, 2))
    slower = schedule.with_machines([corrected(a_machine(), SLOW), corrected(a_machine("not-there"), SLOW)])
    assert (slower.tasks, slower.holds, list(slower.rosters)) == (schedule.tasks, (), ["mill-1"])
    before, after = (answer(one, a_call(), site=HERE, now=at(-1)) for one in (schedule, slower))
    assert {row.pace for row in after.bases} == {SLOW}
    assert {row.pace for row in before.bases} == {None}
    assert after.offers[0].duration > before.offers[0].duration
    assert after.bases[0].time > before.bases[0].time


async def test_what_the_owner_adopts_outlives_a_restart_and_is_undone_by_one_word(tmp_path: Path) -> None:
    async with open_database(tmp_path / "node.sqlite") as database:
        runner = Runner(database, (), lambda: 0)
        home, mill = Home(path=tmp_path), a_machine()
        home.paces.write_text(PacesConfig(machines={"mill-1": PaceConfig(percent=150, programmes=7)}).model_dump_json())
        owner = Owner(home, [mill, a_machine("mill-2")], runner)
        assert owner.machines == (corrected(mill, SLOW),)
        owner.put(RulesConfig(paused=True))
        assert Owner(home, [mill], runner).machines == (corrected(mill, SLOW),)
        assert Owner(home, [a_machine("mill-2")], runner).machines == ()
        with pytest.raises(RequestError, match="too few finished programmes"):
            owner.adopt(MachineId("mill-2"))
        owner.restore(MachineId("mill-2"))
        assert owner.machines == (corrected(mill, SLOW),)
        owner.restore(None)
        assert (owner.machines, Owner(home, [mill], runner).machines) == ((), ())
