"""What the other machines of a shop take over of one that broke, and what is given back; no promise is stretched."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from node.planner.bidding import answer, family_of
from node.planner.holding import Won, settle
from node.planner.machine import Approval, Machine
from node.planner.relief import Relief, Stranded, relieved
from node.planner.schedule import Schedule, idle
from node.planner.timing import duration
from protocol.ids import MachineId
from protocol.job import Call
from protocol.params import MILLING, TURNING
from protocol.units import GramsCo2, Micrometres, Seconds, UnixSeconds
from tests.planner.shop import HERE, a_call, a_machine, an_operation, at, work

FIRST, SECOND = MachineId("mill-1"), MachineId("mill-2")
NOW = at(1)


def shop(*others: Machine) -> Schedule:
    return idle((a_machine(), *others))


def promised(schedule: Schedule, call: Call, *, slack: float = 0, first: int = 0, last: int = 0) -> Stranded:
    """Work that was won on the first machine two hours from now, with ``slack`` hours more than it takes."""
    offers = answer(schedule, call, site=HERE, now=at(0)).offers
    one = next(o for o in offers if o.machine == FIRST and (o.first, o.last) == (first, last))
    offer = replace(one, opens=at(3), closes=at(3), duration=Seconds(one.duration + round(slack * 3600)), rises=())
    left = dict.fromkeys(range(first, last + 1), call.quantity)
    return Stranded(call=call, index=0, offer=offer, start=at(3), left=left, bound=False)


def standing(schedule: Schedule, *some: Stranded) -> Schedule:
    for one in some:
        won = Won(offer=one.offer, start=one.start)
        schedule = settle(schedule, one.call.job, (won,), now=at(0), family=family_of(one.call))
    return schedule


def broken(schedule: Schedule, *some: Stranded) -> Relief:
    return relieved(standing(schedule, *some), FIRST, some, now=NOW)


def test_work_moves_to_a_machine_that_keeps_the_promised_finish() -> None:
    schedule = shop(a_machine("mill-2"))
    one = promised(schedule, a_call())
    relief = broken(schedule, one)
    (moved,) = relief.moved
    assert (moved.machine, moved.start, moved.finish) == (SECOND, one.start, one.finish)
    assert relief.left == ()
    assert FIRST not in relief.schedule.rosters
    (task,) = relief.schedule.tasks
    assert (task.machine, task.start, task.finish, task.due) == (SECOND, moved.start, moved.finish, moved.finish)


def test_what_was_promised_to_others_stays_and_the_work_goes_around_it() -> None:
    schedule = shop(a_machine("mill-2")).with_tasks([work(3, 1, machine="mill-2")])
    one = promised(shop(), a_call(), slack=2)
    relief = broken(schedule, one)
    (moved,) = relief.moved
    assert moved.start >= at(4)
    assert moved.finish <= one.finish
    assert [task.start for task in relief.schedule.on(SECOND)] == [at(3), moved.start]
    late = replace(one, offer=replace(one.offer, duration=Seconds(one.offer.duration - 2 * 3600)))
    assert broken(schedule, late).left == (late,)


@pytest.mark.parametrize(
    "changes",
    [
        {"capability": {"process": TURNING}},
        {"capability": {"tolerance": Micrometres(10_000)}},
        {"grade": 3},
        {"approvals": (Approval(name="calibrated", until=at(3.1)),)},
        {"offer": {"co2": GramsCo2(0)}},
        {"bound": True},
        {"start": UnixSeconds(at(-20))},
    ],
    ids=["another process", "too coarse", "a lower class", "not approved for long", "dirtier", "code", "too late"],
)
def test_work_that_no_other_machine_can_keep_the_promise_of_is_given_back(changes: Mapping[str, Any]) -> None:
    spare = a_machine("mill-2")
    own = {name: value for name, value in changes.items() if name in ("grade", "approvals")}
    spare = replace(spare, capability=replace(spare.capability, **changes.get("capability", {})), **own)
    one = promised(shop(), a_call())
    rest = {name: value for name, value in changes.items() if name in ("bound", "start")}
    one = replace(one, offer=replace(one.offer, **changes.get("offer", {})), **rest)
    relief = relieved(shop(spare), FIRST, (one,), now=NOW)
    assert (relief.moved, relief.left) == ((), (one,))


def test_what_is_made_is_not_made_again_so_that_half_of_it_fits_into_half_the_time() -> None:
    call = a_call(quantity=6)
    schedule = shop(a_machine("mill-2"))
    one = promised(schedule, call)
    late = relieved(schedule, FIRST, (one,), now=UnixSeconds(one.finish - one.offer.duration // 2))
    assert late.left == (one,)
    half = replace(one, left={0: 2})
    now = UnixSeconds(one.finish - duration(a_machine("mill-2"), call.operations[0], 2))
    (moved,) = relieved(schedule, FIRST, (half,), now=now).moved
    assert (moved.start, moved.finish) == (now, one.finish)


def test_a_bundle_moves_as_a_whole_to_a_machine_that_makes_all_of_it() -> None:
    operations = (an_operation(0), an_operation(1))
    schedule = shop(a_machine("mill-2"))
    one = promised(schedule, a_call(operations), last=1)
    (moved,) = broken(schedule, one).moved
    assert moved.work.offer.last == 1
    lathe = a_machine("lathe", TURNING)
    mixed = a_call((an_operation(0, MILLING), an_operation(1, TURNING)))
    other = replace(one, call=mixed)
    assert relieved(shop(lathe), FIRST, (other,), now=NOW).left == (other,)


def test_what_is_due_first_chooses_first_and_the_order_of_asking_does_not_matter() -> None:
    schedule = shop(a_machine("mill-2"))
    early = promised(schedule, a_call(job=1))
    later = promised(schedule, a_call(job=2), slack=1)
    for order in ((early, later), (later, early)):
        relief = relieved(schedule, FIRST, order, now=NOW)
        assert [one.work for one in relief.moved] == [early]
        assert relief.left == (later,)
